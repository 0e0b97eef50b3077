import { batch, computed, effect, type ReadonlySignal, type Signal, signal, untracked } from '@preact/signals';
import { createApi } from '../api/client.ts';
import { type Failure, FailureError } from '../api/failure.ts';
import type { ChatBody, ChatChunk } from '../api/wire.ts';
import { type Conversation, createConversation } from './conversation.ts';
import { createHealth, type Health } from './health.ts';
import { createModels, type Models } from './models.ts';
import { createSettings, type Settings } from './settings.ts';
import type { TabStorage } from './tab-storage.ts';
import { createTurn, isOpen, toMessages, type Turn, type TurnState } from './turn.ts';

interface PlaygroundOptions {
  apiBaseUrl: string;
  storage: TabStorage;
  fetch: typeof fetch;
  /** Milliseconds since 1970. */
  now: () => number;
  newId: () => string;
}

/** Everything that the page knows and can do. Components read the signals and call the verbs. */
export interface Playground {
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
  /** Whether an answer may still grow: being waited for, held or written. */
  isBusy: ReadonlySignal<boolean>;
  /** What a screen reader is told; changes when an answer starts and when it ends, not for every token. */
  announcement: ReadonlySignal<string>;
  /** Asks for the gateway's readiness and its models. Called at the start and when the page comes back into sight. */
  refresh(): void;
  /** Sends a prompt; does nothing while busy, without a model or without text. */
  send(prompt: string): void;
  stop(): void;
  /** Drops a turn and sends its prompt again, to the model that is chosen now. */
  retry(turn: Turn): void;
  startNewChat(): void;
  setApiKey(key: string): void;
  /** The request that sending this prompt would make; undefined while there is no model. */
  bodyFor(prompt: string): ChatBody | undefined;
}

/** Makes the playground of one gateway. */
export function createPlayground({ apiBaseUrl, storage, fetch, now, newId }: PlaygroundOptions): Playground {
  const apiKey = signal('');
  const wasRefused = signal(false);
  const keyCalls = signal(0);
  const draft = signal('');
  const announcement = signal('');
  const api = createApi({ baseUrl: apiBaseUrl, readKey: () => apiKey.peek(), fetch, now });
  const settings = createSettings(storage);
  const conversation = createConversation(storage);
  const health = createHealth(api);
  const models = createModels(api, settings.model);
  const isBusy = computed(() => conversation.turns.value.some((turn) => isOpen(turn.state.value)));
  let abort = new AbortController();

  /** The model, sampling and messages of a request, the last message being the prompt. */
  function bodyOf(model: string, earlier: readonly Turn[], prompt: string): ChatBody {
    const maxTokens = settings.maxTokens.value;
    return {
      model,
      messages: toMessages(earlier, prompt),
      temperature: settings.temperature.value,
      ...(maxTokens !== undefined && { max_tokens: maxTokens }),
      stream: true,
      stream_options: { include_usage: true },
    };
  }

  function end(turn: Turn, state: TurnState): void {
    turn.state.value = state;
    conversation.keep();
    announcement.value = describeEnd(turn, state);
  }

  /** Sends the turn and follows it to its end. `mayHold`: whether a loading engine is waited for. */
  async function run(turn: Turn, mayHold: boolean): Promise<void> {
    const { signal } = abort;
    const earlier = conversation.turns.value.slice(0, conversation.turns.value.indexOf(turn));
    turn.state.value = { kind: 'waiting' };
    try {
      await write(turn, api.streamChat(bodyOf(turn.requestModel, earlier, turn.prompt), signal), now);
      end(turn, { kind: 'done' });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof FailureError)) throw error;
      await fail(turn, error.failure, mayHold);
    }
  }

  async function fail(turn: Turn, failure: Failure, mayHold: boolean): Promise<void> {
    const { signal } = abort;
    if (failure.kind === 'unavailable' || failure.kind === 'network') {
      const readiness = await health.check();
      if (signal.aborted) return;
      if (mayHold && failure.kind === 'unavailable' && readiness === 'loading') {
        turn.state.value = { kind: 'held' };
        announcement.value = 'The model is loading. Your message is sent when it is ready.';
        return;
      }
    }
    end(turn, { kind: 'failed', failure });
    if (failure.kind === 'unauthorized') callForKey();
    if (failure.kind === 'model-not-found') void models.refresh();
  }

  function callForKey(): void {
    wasRefused.value = true;
    keyCalls.value += 1;
  }

  function begin(turn: Turn): void {
    abort = new AbortController();
    conversation.add(turn);
    announcement.value = 'Sent. Waiting for the answer.';
    void run(turn, true);
  }

  function retry(turn: Turn): void {
    if (isBusy.value && turn.state.value.kind !== 'held') return;
    abort.abort();
    const model = models.current.value ?? turn.requestModel;
    conversation.remove(turn);
    begin(createTurn(newId(), turn.prompt, model));
  }

  // A held prompt goes out once the engine is ready, and only once by itself: should it fail again, the person decides.
  effect(() => {
    const held = conversation.turns.value.find((turn) => turn.state.value.kind === 'held');
    if (!held) return;
    const readiness = health.readiness.value;
    if (readiness === 'loading' || readiness === 'unreachable') return;
    untracked(() => void run(held, false));
  });

  // The list of models comes back with the gateway.
  effect(() => {
    if (health.readiness.value === 'healthy' && models.failure.peek()?.kind === 'network') void models.refresh();
  });

  return {
    settings,
    models,
    health,
    conversation,
    draft,
    apiKey,
    needsKey: computed(() => apiKey.value !== '' || wasRefused.value),
    keyCalls,
    isBusy,
    announcement,
    retry,

    refresh() {
      void health.check();
      void models.refresh().then(() => {
        // Once is enough: the focus is not to jump whenever the tab is shown.
        if (models.failure.value?.kind === 'unauthorized' && !wasRefused.value) callForKey();
      });
    },

    send(prompt) {
      const model = models.current.value;
      if (isBusy.value || model === undefined || prompt.trim() === '') return;
      begin(createTurn(newId(), prompt.trim(), model));
    },

    stop() {
      abort.abort();
      const turn = conversation.turns.value.find((turn) => isOpen(turn.state.value));
      if (turn) end(turn, { kind: 'stopped' });
    },

    startNewChat() {
      abort.abort();
      batch(() => {
        conversation.clear();
        announcement.value = 'New chat.';
      });
    },

    setApiKey(key) {
      apiKey.value = key.trim();
      void models.refresh();
      const last = conversation.turns.value.at(-1);
      if (last?.state.value.kind === 'failed' && last.state.value.failure.kind === 'unauthorized') retry(last);
    },

    bodyFor(prompt) {
      const model = models.current.value;
      return model === undefined ? undefined : bodyOf(model, conversation.turns.value, prompt);
    },
  };
}

/** Writes the chunks of an answer into its turn, with what they tell and how long they took. */
async function write(turn: Turn, chunks: AsyncIterable<ChatChunk>, now: () => number): Promise<void> {
  const sentMs = now();
  let firstMs: number | undefined;
  for await (const { text, model, finishReason, usage } of chunks) {
    batch(() => {
      const time: { firstTokenMs?: number; writingMs?: number } = {};
      if (text !== '') {
        firstMs ??= now();
        time.firstTokenMs = firstMs - sentMs;
        time.writingMs = now() - firstMs;
        turn.answer.value += text;
        if (turn.state.peek().kind !== 'writing') turn.state.value = { kind: 'writing' };
      }
      turn.facts.value = {
        ...turn.facts.peek(),
        ...time,
        ...usage,
        ...(model && { model }),
        ...(finishReason && { finishReason }),
      };
    });
  }
}

/** What a screen reader says when an answer has ended: the text without the marks of Markdown. */
function describeEnd(turn: Turn, state: TurnState): string {
  const text = turn.answer.value.replaceAll(/[*_`#>|]+/g, '').trim();
  if (state.kind === 'failed')
    return text === '' ? `No answer. ${state.failure.message}` : `${text} The answer was cut off. ${state.failure.message}`;
  if (state.kind === 'stopped') return 'Stopped.';
  return text === '' ? 'The model answered with nothing.' : text;
}
