import { type Signal, signal } from '@preact/signals';
import type { Failure, FailureKind } from '../api/failure.ts';
import type { ChatMessage } from '../api/wire.ts';
import { asNumber, asText, isRecord } from '../json.ts';
import type { AnswerFacts } from './facts.ts';

/** Where an answer stands. `held`: the engine is loading, the prompt is sent again by itself when it is ready. */
export type TurnState =
  | { kind: 'waiting' }
  | { kind: 'held' }
  | { kind: 'writing' }
  | { kind: 'done' }
  | { kind: 'stopped' }
  | { kind: 'failed'; failure: Failure };

/** One prompt and its answer. */
export interface Turn {
  id: string;
  prompt: string;
  /** The name that was sent; the model that answered stands in `facts`. */
  requestModel: string;
  answer: Signal<string>;
  state: Signal<TurnState>;
  facts: Signal<AnswerFacts>;
}

/** A turn that was just sent. */
export function createTurn(id: string, prompt: string, requestModel: string): Turn {
  return {
    id,
    prompt,
    requestModel,
    answer: signal(''),
    state: signal<TurnState>({ kind: 'waiting' }),
    facts: signal<AnswerFacts>({}),
  };
}

/** Whether the answer may still grow by itself. */
export function isOpen(state: TurnState): boolean {
  return state.kind === 'waiting' || state.kind === 'held' || state.kind === 'writing';
}

/** The messages that the model gets to see: every ended turn with an answer, then the prompt. */
export function toMessages(turns: readonly Turn[], prompt: string): ChatMessage[] {
  const answered = turns.filter((turn) => !isOpen(turn.state.value) && turn.answer.value !== '');
  return [
    ...answered.flatMap((turn): ChatMessage[] => [
      { role: 'user', content: turn.prompt },
      { role: 'assistant', content: turn.answer.value },
    ]),
    { role: 'user', content: prompt },
  ];
}

/** A turn as plain data, for the tab's storage. */
export function packTurn({ id, prompt, requestModel, answer, state, facts }: Turn): unknown {
  return { id, prompt, requestModel, answer: answer.value, state: state.value, facts: facts.value };
}

const failureKinds: Record<FailureKind, true> = {
  unauthorized: true,
  forbidden: true,
  'model-not-found': true,
  'rate-limited': true,
  'over-budget': true,
  unavailable: true,
  timeout: true,
  network: true,
  interrupted: true,
  refused: true,
  gateway: true,
};

function isFailureKind(value: unknown): value is FailureKind {
  return typeof value === 'string' && Object.hasOwn(failureKinds, value);
}

/** Reads a state that was stored. An answer that was still being written when the page went away was cut by that. */
function unpackState(value: unknown): TurnState {
  const kind = isRecord(value) ? value['kind'] : undefined;
  if (kind === 'done' || kind === 'stopped') return { kind };
  const failure = isRecord(value) ? value['failure'] : undefined;
  if (!isRecord(failure) || !isFailureKind(failure['kind'])) {
    return {
      kind: 'failed',
      failure: { kind: 'interrupted', message: 'The page was reloaded while this answer was being written.' },
    };
  }
  const code = asText(failure['code']);
  const requestId = asText(failure['requestId']);
  const retryAtMs = asNumber(failure['retryAtMs']);
  return {
    kind: 'failed',
    failure: {
      kind: failure['kind'],
      message: asText(failure['message']) ?? '',
      ...(code && { code }),
      ...(requestId && { requestId }),
      ...(retryAtMs !== undefined && { retryAtMs }),
    },
  };
}

function unpackFacts(value: unknown): AnswerFacts {
  if (!isRecord(value)) return {};
  const model = asText(value['model']);
  const finishReason = asText(value['finishReason']);
  const numbers = (['promptTokens', 'completionTokens', 'firstTokenMs', 'writingMs'] as const).flatMap((name) => {
    const number = asNumber(value[name]);
    return number === undefined ? [] : [[name, number] as const];
  });
  return { ...Object.fromEntries(numbers), ...(model && { model }), ...(finishReason && { finishReason }) };
}

/** Reads a turn that `packTurn` made; undefined where it is none. */
export function unpackTurn(value: unknown): Turn | undefined {
  if (!isRecord(value)) return undefined;
  const { id, prompt, requestModel, answer } = value;
  if (typeof id !== 'string' || typeof prompt !== 'string' || typeof requestModel !== 'string' || typeof answer !== 'string')
    return undefined;
  return {
    id,
    prompt,
    requestModel,
    answer: signal(answer),
    state: signal(unpackState(value['state'])),
    facts: signal(unpackFacts(value['facts'])),
  };
}
