import { TransportError } from '../../transport/transport-error.ts';
import type { IncomingHeaders, Transport } from '../../transport/transport.ts';

/** What is asked of the endpoint. */
export interface Question {
  method: 'GET' | 'POST' | 'OPTIONS';
  /** Below the base URL, with a slash at its beginning. */
  path: string;
  /** A text is sent as it is, anything else as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Null: none is shown. Default: the endpoint's. */
  key?: string | null;
  timeoutMs?: number;
}

/** A piece of a body as it came from the network. */
export interface Piece {
  /** Since the request was sent. */
  atMs: number;
  text: string;
}

/** A whole answer, with the times at which its parts came. */
export interface Answer {
  /** `POST /v1/completions` */
  question: string;
  method: Question['method'];
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
  pieces: readonly Piece[];
  totalMs: number;
}

interface EndpointOptions {
  /** Without a slash at its end. */
  url: string;
  key: string | null;
  timeoutMs: number;
  /** Of this endpoint alone. */
  transport: Transport;
  /** Milliseconds. */
  now: () => number;
}

const limitBytes = 16 * 1024 * 1024;

/** The endpoint that is looked at. Remembers every answer, since some clauses hold for all of them. */
export class Endpoint {
  readonly url: string;
  readonly key: string | null;
  readonly answers: Answer[] = [];
  readonly #options: EndpointOptions;

  constructor(options: EndpointOptions) {
    this.url = options.url;
    this.key = options.key;
    this.#options = options;
  }

  /** Rejects with a `TransportError` where no whole answer came. */
  async ask(question: Question): Promise<Answer> {
    const answer = await this.#send(question);
    this.answers.push(answer);
    return answer;
  }

  #send({ method, path, body, headers = {}, key = this.key, timeoutMs = this.#options.timeoutMs }: Question): Promise<Answer> {
    const { now, transport } = this.#options;
    const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
    const outgoing: Record<string, string> = {
      'user-agent': 'sluice-doctor',
      accept: 'application/json, text/event-stream',
      ...headers,
    };
    if (text !== null) outgoing['content-type'] ??= 'application/json';
    if (key !== null) outgoing['authorization'] = `Bearer ${key}`;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const pieces: Piece[] = [];
    const decoder = new TextDecoder();
    const startedMs = now();
    let head: Pick<Answer, 'status' | 'headers'> = { status: 0, headers: {} };
    let sizeBytes = 0;
    const exchange = transport.exchange(
      { method, url: this.url + path, headers: outgoing, body: text },
      {
        onHeaders: (status, received) => (head = { status, headers: flat(received) }),
        onData: (chunk) => {
          sizeBytes += chunk.length;
          if (sizeBytes <= limitBytes) pieces.push({ atMs: now() - startedMs, text: decoder.decode(chunk, { stream: true }) });
          else give(new TransportError('too-large', `the answer is larger than ${limitBytes} bytes`));
        },
        onEnd: () => {
          clearTimeout(timer);
          const whole = pieces.map((piece) => piece.text).join('');
          resolve({ question: `${method} ${path}`, method, ...head, text: whole, pieces, totalMs: now() - startedMs });
        },
        onError: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      },
    );
    const timer = setTimeout(
      () => give(new TransportError('timeout', `no whole answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    const give = (error: TransportError) => {
      clearTimeout(timer);
      exchange.abort();
      reject(error);
    };
    return promise;
  }
}

function flat(headers: IncomingHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), [value].flat().join(', ')]],
    ),
  );
}
