import { batch, computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import type { Api } from '../api/client.ts';
import { type Failure, FailureError } from '../api/failure.ts';
import type { ChatBody, ChatChunk } from '../api/wire.ts';
import type { Conversation } from './conversation.ts';
import type { Health } from './health.ts';
import type { Models } from './models.ts';
import type { Settings } from './settings.ts';
import { createTurn, isOpen, toMessages, type Turn, type TurnState } from './turn.ts';

interface SenderOptions {
  api: Api;
  settings: Settings;
  models: Models;
  health: Health;
  conversation: Conversation;
  /** Called when the gateway wants a key, or another one. */
  onKeyRefused: () => void;
  /** Milliseconds since 1970. */
  now: () => number;
  newId: () => string;
}

/** Sends prompts and follows their answers, one at a time. */
export interface Sender {
  /** Whether an answer may still grow: being waited for, held or written. */
  isBusy: ReadonlySignal<boolean>;
  /** What a screen reader is told; changes when an answer starts and when it ends, not for every token. */
  announcement: ReadonlySignal<string>;
  /** Sends a prompt; does nothing while busy, without a model or without text. */
  send(prompt: string): void;
  /** Drops a turn and sends its prompt again, to the model that is chosen now. */
  retry(turn: Turn): void;
  stop(): void;
  /** Stops and forgets everything. */
  startNewChat(): void;
  /** The request that sending this prompt would make; undefined while there is no model. */
  bodyFor(prompt: string): ChatBody | undefined;
}

/** Makes the sender of one conversation. */
export function createSender({ api, settings, models, health, conversation, onKeyRefused, now, newId }: SenderOptions): Sender {
  const announcement = signal('');
  const isBusy = computed(() => conversation.turns.value.some((turn) => isOpen(turn.state.value)));
  let abort = new AbortController();

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
      await write(turn, api.streamChat(toBody(settings, turn.requestModel, toMessages(earlier, turn.prompt)), signal), now);
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
    if (failure.kind === 'unauthorized') onKeyRefused();
    if (failure.kind === 'model-not-found') void models.refresh();
  }

  function begin(prompt: string, model: string): void {
    const turn = createTurn(newId(), prompt, model);
    abort = new AbortController();
    conversation.add(turn);
    announcement.value = 'Sent. Waiting for the answer.';
    void run(turn, true);
  }

  // A held prompt goes out once the engine is ready, and only once by itself: should it fail again, the person decides.
  effect(() => {
    const held = conversation.turns.value.find((turn) => turn.state.value.kind === 'held');
    if (!held) return;
    const readiness = health.readiness.value;
    if (readiness === 'loading' || readiness === 'unreachable') return;
    untracked(() => void run(held, false));
  });

  return {
    isBusy,
    announcement,

    send(prompt) {
      const model = models.current.value;
      if (isBusy.value || model === undefined || prompt.trim() === '') return;
      begin(prompt.trim(), model);
    },

    retry(turn) {
      if (isBusy.value && turn.state.value.kind !== 'held') return;
      abort.abort();
      conversation.remove(turn);
      begin(turn.prompt, models.current.value ?? turn.requestModel);
    },

    stop() {
      abort.abort();
      const turn = conversation.turns.value.find((turn) => isOpen(turn.state.value));
      if (turn) end(turn, { kind: 'stopped' });
    },

    startNewChat() {
      abort.abort();
      conversation.clear();
      announcement.value = 'New chat.';
    },

    bodyFor(prompt) {
      const model = models.current.value;
      return model === undefined ? undefined : toBody(settings, model, toMessages(conversation.turns.value, prompt));
    },
  };
}

function toBody({ temperature, maxTokens }: Settings, model: string, messages: ChatBody['messages']): ChatBody {
  return {
    model,
    messages,
    temperature: temperature.value,
    ...(maxTokens.value !== undefined && { max_tokens: maxTokens.value }),
    stream: true,
    stream_options: { include_usage: true },
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
    return `${text === '' ? 'No answer.' : `${text} The answer was cut off.`} ${state.failure.message}`;
  if (state.kind === 'stopped') return 'Stopped.';
  return text === '' ? 'The model answered with nothing.' : text;
}
