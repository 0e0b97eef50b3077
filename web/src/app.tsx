import { useEffect } from 'preact/hooks';
import { Composer } from './components/composer.tsx';
import { PlaygroundProvider } from './components/context.ts';
import { ControlPanel } from './components/control-panel.tsx';
import { ConversationView } from './components/conversation-view.tsx';
import { GatewayNotice } from './components/gateway-notice.tsx';
import type { Playground } from './state/playground.ts';
import type { Theme } from './state/theme.ts';

interface AppProps {
  playground: Playground;
  /** Where the API is, absolute. */
  baseUrl: string;
  theme: Theme;
}

/** The playground page. */
export function App({ playground, baseUrl, theme }: AppProps) {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.key === 'Escape' && playground.isBusy.peek()) playground.stop();
    }
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [playground]);

  return (
    <PlaygroundProvider value={playground}>
      <a class="skip-link" href="#prompt">
        Skip to your message
      </a>
      <div class="page" data-busy={playground.isBusy.value}>
        <ControlPanel baseUrl={baseUrl} theme={theme} />
        <main>
          <ConversationView />
          <GatewayNotice />
          <Composer />
        </main>
      </div>
      <p class="visually-hidden" role="status" aria-live="polite">
        {playground.announcement}
      </p>
    </PlaygroundProvider>
  );
}
