import { parseJson } from '../json.ts';
import { FailureError, failureOfEvent, failureOfResponse } from './failure.ts';
import { readEvents } from './sse-reader.ts';
import { type ChatBody, type ChatChunk, type HealthStatus, parseChunk, parseHealth, parseModels } from './wire.ts';

interface ApiOptions {
  /** Without a trailing slash; empty for the page's own origin. */
  baseUrl: string;
  /** The key of the moment; empty for none. Asked before every request, never kept. */
  readKey: () => string;
  fetch: typeof fetch;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** The gateway as the page sees it. Everything throws `FailureError`; an abort throws the signal's own reason. */
export interface Api {
  listModels(): Promise<string[]>;
  readHealth(): Promise<HealthStatus>;
  /** Yields the chunks of an answer. Ends normally only when the answer is whole. */
  streamChat(body: ChatBody, signal: AbortSignal): AsyncGenerator<ChatChunk, void>;
}

/** How long the short requests may take. A chat has no deadline here: the gateway has one, and the person has a stop button. */
const shortDeadlineMs = 15_000;

/** Makes the client of one gateway. */
export function createApi({ baseUrl, readKey, fetch, now }: ApiOptions): Api {
  async function send(path: string, init: RequestInit): Promise<Response> {
    const key = readKey();
    const headers = { ...(init.body && { 'content-type': 'application/json' }), ...(key && { authorization: `Bearer ${key}` }) };
    try {
      return await fetch(`${baseUrl}${path}`, { ...init, headers, cache: 'no-store' });
    } catch (error) {
      init.signal?.throwIfAborted();
      throw new FailureError({ kind: 'network', message: 'No answer came back over the network.' }, { cause: error });
    }
  }

  /** Like `send`, with a deadline and the whole body read as JSON. */
  async function sendShort(path: string): Promise<{ response: Response; body: unknown }> {
    const signal = AbortSignal.timeout(shortDeadlineMs);
    try {
      const response = await send(path, { signal });
      return { response, body: parseJson(await response.text()) };
    } catch (error) {
      if (error instanceof FailureError) throw error;
      throw new FailureError({ kind: 'network', message: 'The server did not answer in time.' }, { cause: error });
    }
  }

  return {
    async listModels() {
      const { response, body } = await sendShort('/v1/models');
      if (!response.ok) throw new FailureError(failureOfResponse(response, body, now()));
      const models = parseModels(body);
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
