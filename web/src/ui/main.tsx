import { render } from 'preact';
import { ConfigError, loadConfig } from '../api/config.ts';
import { createRequester } from '../api/requester.ts';
import { Notice } from '../components/notice.tsx';
import { createTabStorage } from '../state/tab-storage.ts';
import { createTheme } from '../state/theme.ts';
import { createAdminApi } from './api/admin-api.ts';
import { App } from './app.tsx';
import { createRouter } from './state/router.ts';
import { createSession } from './state/session.ts';
import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/brand.css';
import '../styles/controls.css';
import './styles/shell.css';
import './styles/page.css';
import './styles/table.css';
import './styles/form.css';
import './styles/plot.css';

/** Builds the dashboard from the configuration of the pages and shows it. */
async function boot(root: HTMLElement): Promise<void> {
  // The pages share one config.json; this one lies a folder deeper.
  const { apiBaseUrl } = await loadConfig(new URL('../', document.baseURI).href);
  const now = (): number => Date.now();
  const requester = createRequester({
    baseUrl: apiBaseUrl,
    readKey: () => session.readKey(),
    fetch: fetch.bind(window),
    now,
  });
  const api = createAdminApi(requester);
  const session = createSession(
    createTabStorage(() => sessionStorage),
    () => api.me(),
  );
  const router = createRouter(window);
  const theme = createTheme();
  render(<App api={api} session={session} router={router} theme={theme} now={now} />, root);
  await session.resume();
}

/** A page that cannot start says why, to whoever deployed it. */
function showConfigError(root: HTMLElement, error: ConfigError): void {
  render(
    <main class="boot-notice">
      <Notice tone="problem" title="The pages are not set up correctly">
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
