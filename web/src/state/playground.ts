import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { createApi } from '../api/client.ts';
import { createRequester } from '../api/requester.ts';
import { type Conversation, createConversation } from './conversation.ts';
import { createHealth, type Health } from './health.ts';
import { createModels, type Models } from './models.ts';
import { createSender, type Sender } from './sender.ts';
import { createSettings, type Settings } from './settings.ts';
import type { TabStorage } from './tab-storage.ts';

interface PlaygroundOptions {
  apiBaseUrl: string;
  storage: TabStorage;
  fetch: typeof fetch;
  /** Milliseconds since 1970. */
  now: () => number;
  newId: () => string;
}

/** Everything that the page knows and can do. Components read the signals and call the verbs. */
export interface Playground extends Sender {
  settings: Settings;
  models: Models;
  health: Health;
  conversation: Conversation;
  /** The text in the prompt box. */
  draft: Signal<string>;
  /** In memory only: a reload forgets it. */
  apiKey: ReadonlySignal<string>;
  /** Whether the gateway has asked for a key, or one was given. */
  needsKey: ReadonlySignal<boolean>;
  /** Counts up whenever the person should be led to the key field. */
  keyCalls: ReadonlySignal<number>;
  /** Asks for the gateway's readiness and its models. Called at the start and when the page comes back into sight. */
  refresh(): void;
  /** Uses another key; a prompt that was refused for want of one is sent again. */
  setApiKey(key: string): void;
}

/** Makes the playground of one gateway. */
export function createPlayground({ apiBaseUrl, storage, fetch, now, newId }: PlaygroundOptions): Playground {
  const apiKey = signal('');
  const keyCalls = signal(0);
  const onKeyRefused = (): void => {
    keyCalls.value += 1;
  };
  const api = createApi(createRequester({ baseUrl: apiBaseUrl, readKey: () => apiKey.peek(), fetch, now }), now);
  const settings = createSettings(storage);
  const conversation = createConversation(storage);
  const health = createHealth(api);
  const models = createModels(api, settings.model);
  const sender = createSender({ api, settings, models, health, conversation, onKeyRefused, now, newId });

  // The list of models comes back with the gateway.
  effect(() => {
    if (health.readiness.value === 'healthy' && models.failure.peek()?.kind === 'network') void models.refresh();
  });

  return {
    ...sender,
    settings,
    models,
    health,
    conversation,
    draft: signal(''),
    apiKey,
    needsKey: computed(() => apiKey.value !== '' || keyCalls.value > 0),
    keyCalls,

    refresh() {
      void health.check();
      void models.refresh().then(() => {
        // Once is enough: the focus is not to jump whenever the tab is shown.
        if (models.failure.value?.kind === 'unauthorized' && keyCalls.value === 0) onKeyRefused();
      });
    },

    setApiKey(key) {
      if (key.trim() === apiKey.value) return;
      apiKey.value = key.trim();
      void models.refresh();
      const last = conversation.turns.value.at(-1);
      if (last?.state.value.kind === 'failed' && last.state.value.failure.kind === 'unauthorized') sender.retry(last);
    },
  };
}
