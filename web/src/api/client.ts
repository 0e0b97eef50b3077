import { parseJson } from '../json.ts';
import { FailureError, failureOfEvent, failureOfResponse } from './failure.ts';
import type { Requester } from './requester.ts';
import { readEvents } from './sse-reader.ts';
import { type ChatBody, type ChatChunk, type HealthStatus, parseChunk, parseHealth, parseModels } from './wire.ts';

/** The gateway as the page sees it. Everything throws `FailureError`; an abort throws the signal's own reason. */
export interface Api {
  listModels(): Promise<string[]>;
  readHealth(): Promise<HealthStatus>;
  /** Yields the chunks of an answer. Ends normally only when the answer is whole. */
  streamChat(body: ChatBody, signal: AbortSignal): AsyncGenerator<ChatChunk, void>;
}

/** Makes the client of one gateway. `now` is in milliseconds since 1970. */
export function createApi({ send, sendShort, sendWell }: Requester, now: () => number): Api {
  return {
    async listModels() {
      const models = parseModels((await sendWell('/v1/models')).body);
      if (models === undefined) throw new FailureError({ kind: 'gateway', message: 'What came back is not a list of models.' });
      return models;
    },

    async readHealth() {
      return parseHealth((await sendShort('/health')).body);
    },

    async *streamChat(body, signal) {
      const response = await send('/v1/chat/completions', { method: 'POST', body: JSON.stringify(body), signal });
      if (!response.ok) {
        // The status alone tells enough, should the body break off.
        const text = await response.text().catch(() => '');
        signal.throwIfAborted();
        throw new FailureError(failureOfResponse(response, parseJson(text), now()));
      }
      const type = response.headers.get('content-type') ?? 'no content type';
      if (!type.startsWith('text/event-stream') || response.body === null) {
        throw new FailureError({ kind: 'gateway', message: `The server answered with ${type} instead of an event stream.` });
      }
      yield* readChunks(response.body, signal);
    },
  };
}

/** The chunks of an event stream. A stream without `[DONE]` is whole if a finish reason came, else it was cut. */
async function* readChunks(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<ChatChunk, void> {
  let isFinished = false;
  try {
    for await (const { data } of readEvents(body)) {
      if (data === '[DONE]') return;
      const value = parseJson(data);
      const failure = failureOfEvent(value);
      if (failure) throw new FailureError(failure);
      const chunk = parseChunk(value);
      isFinished ||= chunk.finishReason !== undefined;
      yield chunk;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof FailureError) throw error;
    throw new FailureError(
      { kind: 'interrupted', message: 'The connection was lost before the answer was complete.' },
      { cause: error },
    );
  }
  if (!isFinished) throw new FailureError({ kind: 'interrupted', message: 'The stream ended before the answer was complete.' });
}
