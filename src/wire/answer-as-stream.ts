import { isObject, type JsonObject } from './parse.ts';
import { doneEvent, formatEvent } from './sse.ts';

/**
 * A whole answer as the stream that a client asked for: the opening, one event with all that each choice says, its end, usage where it is
 * wanted, and `[DONE]`.
 */
export function answerAsStream(answer: JsonObject, wantsUsageEvent: boolean): string {
  const { choices, usage, ...envelope } = answer;
  const isChat = answer['object'] === 'chat.completion';
  const head = { ...envelope, object: isChat ? 'chat.completion.chunk' : answer['object'] };
  const nullUsage = wantsUsageEvent ? { usage: null } : {};
  let output = '';
  for (const choice of Array.isArray(choices) ? choices.filter(isObject) : []) {
    const { message, finish_reason: reason, ...rest } = choice;
    const said = isChat ? { ...rest, delta: toDelta(message) } : rest;
    const end = isChat
      ? { index: choice['index'], delta: {}, logprobs: null }
      : { index: choice['index'], text: '', logprobs: null };
    output += formatEvent({ ...head, choices: [{ ...said, finish_reason: null }], ...nullUsage });
    output += formatEvent({ ...head, choices: [{ ...end, finish_reason: reason ?? 'stop' }], ...nullUsage });
  }
  if (wantsUsageEvent) output += formatEvent({ ...head, choices: [], usage: usage ?? null });
  return output + doneEvent;
}

/** A message as one delta: what it does not say is absent, and calls are numbered. */
function toDelta(message: unknown): JsonObject {
  if (!isObject(message)) return {};
  const { tool_calls: calls, ...rest } = message;
  const delta = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
  if (Array.isArray(calls) && calls.length > 0)
    delta['tool_calls'] = calls.filter(isObject).map((call, index) => ({ index, ...call }));
  return delta;
}
