import { parseJson } from '../json.ts';
import { FailureError, failureOfResponse } from './failure.ts';

interface RequesterOptions {
  /** Without a trailing slash; empty for the page's own origin. */
  baseUrl: string;
  /** The key of the moment; empty for none. Asked before every request, never kept. */
  readKey: () => string;
  fetch: typeof fetch;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** An answer with its whole body: JSON as a value, else undefined. */
export interface ShortAnswer {
  response: Response;
  text: string;
  body: unknown;
}

/** Sends requests to one gateway with the key of the moment. Everything throws `FailureError`; an abort throws the signal's own reason. */
export interface Requester {
  /** Sends and returns as soon as the head of the answer is there, whatever its status. */
  send(path: string, init: RequestInit): Promise<Response>;
  /** Like `send`, with a deadline of its own and the whole body, whatever the status. */
  sendShort(path: string, init?: RequestInit): Promise<ShortAnswer>;
  /** Like `sendShort`; an error status throws what the gateway's envelope says. */
  sendWell(path: string, init?: RequestInit): Promise<ShortAnswer>;
}

/** How long the short requests may take. A chat has no deadline here: the gateway has one, and the person has a stop button. */
const shortDeadlineMs = 15_000;

/** Makes the requester of one gateway. */
export function createRequester({ baseUrl, readKey, fetch, now }: RequesterOptions): Requester {
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

  async function sendShort(path: string, init: RequestInit = {}): Promise<ShortAnswer> {
    try {
      const response = await send(path, { ...init, signal: AbortSignal.timeout(shortDeadlineMs) });
      const text = await response.text();
      return { response, text, body: parseJson(text) };
    } catch (error) {
      if (error instanceof FailureError) throw error;
      throw new FailureError({ kind: 'network', message: 'The server did not answer in time.' }, { cause: error });
    }
  }

  return {
    send,
    sendShort,
    async sendWell(path, init) {
      const answer = await sendShort(path, init);
      if (!answer.response.ok) throw new FailureError(failureOfResponse(answer.response, answer.body, now()));
      return answer;
    },
  };
}
