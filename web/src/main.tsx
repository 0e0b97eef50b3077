import { render } from 'preact';
import { ConfigError, loadConfig } from './api/config.ts';
import { App } from './app.tsx';
import { Notice } from './components/notice.tsx';
import { createPlayground } from './state/playground.ts';
import { createTabStorage } from './state/tab-storage.ts';
import { createTheme } from './state/theme.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/brand.css';
import './styles/controls.css';
import './styles/layout.css';
import './styles/panel.css';
import './styles/conversation.css';
import './styles/markdown.css';
import './styles/composer.css';

/** Builds the page's one playground from its configuration and shows it. */
async function boot(root: HTMLElement): Promise<void> {
  const { apiBaseUrl } = await loadConfig(document.baseURI);
  const playground = createPlayground({
    apiBaseUrl,
    storage: createTabStorage(() => sessionStorage),
    fetch: fetch.bind(window),
    // Steady, unlike `Date.now`, and on the same scale.
    now: () => performance.timeOrigin + performance.now(),
    newId: () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`,
  });
  addEventListener('pagehide', () => playground.conversation.keep());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') playground.refresh();
  });
  playground.refresh();
  render(<App playground={playground} baseUrl={apiBaseUrl || location.origin} theme={createTheme()} />, root);
}

/** A page that cannot start says why, to whoever deployed it. */
function showConfigError(root: HTMLElement, error: ConfigError): void {
  render(
    <main class="boot-notice">
      <Notice tone="problem" title="This playground is not set up correctly">
        <p>{error.message}</p>
      </Notice>
    </main>,
    root,
  );
}

const root = document.getElementById('app');
if (!root) throw new Error('index.html has no element with the id "app"');
boot(root).catch((error: unknown) => {
  if (!(error instanceof ConfigError)) throw error;
  showConfigError(root, error);
});
