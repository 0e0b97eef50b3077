import { asObject, describe, firstOf, objectOf, requireStatus, seconds, shorten, type JsonObject } from '../answers.ts';
import { pass, Unmet, type Check, type Finding } from '../check.ts';
import type { Answer } from '../endpoint.ts';
import { readEvents, type StreamEvent } from '../read-events.ts';
import { chatPath, chatRequest, textPath, textRequest } from '../requests.ts';

/**
 * Less than this between the first event and the last means that somebody held them back: an engine takes longer for that many tokens, and
 * what is held back comes at once.
 */
const leastSpreadMs = 15;

/**
 * Tokens asked for, until an answer comes bit by bit. A machine that is busy takes what came in the meantime at once, which a longer answer
 * tells from an endpoint that holds streams back: that one does so whatever the length.
 */
const lengths = [24, 96, 256];

/** An answer all of whose events came at once. */
class HeldBack extends Unmet {}

/** A stream of completions comes bit by bit, and ends with `[DONE]`. */
export const completionStreamCheck: Check = {
  id: 'completion-stream',
  needsAccess: true,
  run: ({ endpoint, model }) =>
    comesBitByBit(async (max_tokens) => {
      const answer = await endpoint.ask({
        method: 'POST',
        path: textPath,
        body: textRequest(model, { stream: true, max_tokens }),
      });
      return judge(answer, (choice) => choice['text']);
    }),
};

/** A streamed conversation comes bit by bit, and ends with `[DONE]`. */
export const chatStreamCheck: Check = {
  id: 'chat-stream',
  needsAccess: true,
  run: ({ endpoint, model }) =>
    comesBitByBit(async (max_tokens) => {
      const answer = await endpoint.ask({
        method: 'POST',
        path: chatPath,
        body: chatRequest(model, { stream: true, max_tokens }),
      });
      return judge(answer, (choice) => asObject(choice['delta'])?.['content']);
    }),
};

/** `once` with longer and longer answers, while they come at once. Rejects with the last `HeldBack`, or with what else is wrong. */
async function comesBitByBit(once: (tokens: number) => Promise<Finding>): Promise<Finding> {
  let held: unknown;
  for (const tokens of lengths) {
    try {
      return await once(tokens);
    } catch (error) {
      if (!(error instanceof HeldBack)) throw error;
      held = error;
    }
  }
  throw held;
}

function judge(answer: Answer, textIn: (choice: JsonObject) => unknown): Finding {
  requireStatus(answer, 200, 'the gateway’s log has the reason under the request id');
  if (!/^text\/event-stream\b/.test(answer.headers['content-type'] ?? '')) {
    throw new Unmet({
      expected: 'content type text/event-stream',
      came: describe(answer),
      advice: 'what stands in front of the gateway does not pass streams',
    });
  }
  const events = readEvents(answer.pieces);
  const ends = events.map(({ data }) => data).indexOf('[DONE]');
  const content = (ends === -1 ? events : events.slice(0, ends)).filter(({ data }) => hasText(data, textIn));
  requireWhole(answer, events, ends);
  const [first] = content;
  const last = content.at(-1);
  if (first === undefined || last === undefined || content.length < 2) {
    throw new Unmet({
      expected: 'more than one event with text',
      came: `${content.length} of ${events.length} events`,
      advice: 'does the model answer a simple request with text at all? Try it with curl',
    });
  }
  const spreadMs = last.atMs - first.atMs;
  if (spreadMs < leastSpreadMs) {
    throw new HeldBack({
      expected: 'events one after another',
      came: `all ${content.length} within ${spreadMs.toFixed(1)} ms, after ${seconds(first.atMs)}`,
      advice:
        'something in front holds streams back: on API Gateway the integration’s responseTransferMode must be STREAM, in nginx proxy_buffering off',
    });
  }
  return pass(`first token after ${seconds(first.atMs)}, ${content.length} events within ${seconds(spreadMs)}`);
}

function requireWhole(answer: Answer, events: readonly StreamEvent[], ends: number): void {
  const failure = events.map(({ data }) => asObject(objectOf(data)?.['error'])).find((error) => error !== undefined);
  if (ends !== -1 && failure === undefined) return;
  const tail =
    failure === undefined ? `…${shorten(answer.text.slice(-80))}` : `${String(failure['code'])}: ${String(failure['message'])}`;
  throw new Unmet({
    expected: 'a stream that ends with data: [DONE]',
    came: `${events.length} events, then ${failure === undefined ? 'the end' : 'an error'}: ${tail}`,
    advice: 'the engine broke off, or a time limit in front of it did: the gateway’s log has the reason under the request id',
  });
}

function hasText(data: string, textIn: (choice: JsonObject) => unknown): boolean {
  const choice = firstOf(objectOf(data)?.['choices']);
  const text = choice === undefined ? undefined : textIn(choice);
  return typeof text === 'string' && text !== '';
}
