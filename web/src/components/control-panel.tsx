import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Theme } from '../state/theme.ts';
import { usePlayground } from './context.ts';
import { Mark, MoonIcon, NewChatIcon, SettingsIcon, SunIcon } from './icons.tsx';
import { KeyField } from './key-field.tsx';
import { ModelPicker } from './model-picker.tsx';
import { RequestSnippet } from './request-snippet.tsx';
import { Sampling } from './sampling.tsx';

interface ControlPanelProps {
  /** Where the API is, absolute. */
  baseUrl: string;
  theme: Theme;
}

/** Name, model and settings: a column on wide screens; on narrow ones a bar, with the settings behind a button. */
export function ControlPanel({ baseUrl, theme }: ControlPanelProps) {
  const { startNewChat, keyCalls } = usePlayground();
  const isOpen = useSignal(false);
  const calls = keyCalls.value;
  useEffect(() => {
    if (calls > 0) isOpen.value = true;
  }, [calls]);
  const other = theme.name.value === 'dark' ? 'light' : 'dark';

  return (
    <header class="panel">
      <h1 class="brand">
        <Mark />
        <span class="brand-name">Sluice</span>
      </h1>
      <button type="button" class="new-chat" onClick={startNewChat}>
        <NewChatIcon />
        <span class="new-chat-text">New chat</span>
      </button>
      <ModelPicker />
      <button
        type="button"
        class="icon-button settings-toggle"
        aria-label="Settings"
        aria-expanded={isOpen.value}
        aria-controls="settings"
        onClick={() => {
          isOpen.value = !isOpen.value;
        }}
      >
        <SettingsIcon />
      </button>
      <div id="settings" class="settings" role="group" aria-label="Settings" data-open={isOpen.value}>
        <Sampling />
        <KeyField />
        <RequestSnippet baseUrl={baseUrl} />
        <div class="panel-foot">
          <a href={`${baseUrl}/openapi.json`}>API docs</a>
          {servesPages(baseUrl) && <a href="ui/index.html">Dashboard</a>}
          <button type="button" class="text-button theme-toggle" onClick={theme.toggle}>
            {other === 'dark' ? <MoonIcon /> : <SunIcon />}
            {other === 'dark' ? 'Dark theme' : 'Light theme'}
          </button>
        </div>
      </div>
    </header>
  );
}

/** Whether the gateway itself serves this page. One published elsewhere comes without the dashboard, whose routes no edge lets through. */
function servesPages(baseUrl: string): boolean {
  return new URL(baseUrl).origin === location.origin;
}
