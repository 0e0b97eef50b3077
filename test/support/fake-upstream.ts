import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One inference request that reached the fake, and the means to misbehave on it. */
export class UpstreamExchange {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as it came. */
  readonly text: string;
  readonly response: ServerResponse;
  /** When the gateway closed the connection before our answer was whole (`performance.now()`), else null. */
  abortedAtMs: number | null = null;
  /** Resolves when the exchange is over, however it ended. */
  readonly closed: Promise<void>;

  constructor(request: IncomingMessage, response: ServerResponse, text: string) {
    this.method = request.method ?? '';
    this.path = request.url ?? '';
    this.headers = request.headers;
    this.text = text;
    this.response = response;
    this.closed = new Promise((resolve) => {
      response.once('close', () => {
        if (!response.writableFinished) this.abortedAtMs = performance.now();
        resolve();
      });
    });
  }

  get body(): Record<string, unknown> {
    return JSON.parse(this.text) as Record<string, unknown>;
  }

  get socket(): Socket {
    return this.response.socket!;
  }

  /** A whole JSON answer. */
  json(value: unknown, status = 200, headers: Record<string, string> = {}): void {
    this.raw(JSON.stringify(value), status, { 'content-type': 'application/json', ...headers });
  }

  /** Any text with any status. */
  raw(text: string | Buffer, status = 200, headers: Record<string, string> = {}): void {
    this.response.writeHead(status, { 'content-length': String(Buffer.byteLength(text)), ...headers });
    this.response.end(text);
  }

  /** The head of a stream; events follow with `event` or `bytes`. */
  openStream(headers: Record<string, string> = {}): void {
    this.response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
    this.response.flushHeaders();
  }

  event(value: unknown, lineEnd = '\n'): boolean {
    return this.bytes(`data: ${JSON.stringify(value)}${lineEnd}${lineEnd}`);
  }

  bytes(text: string | Buffer): boolean {
    return this.response.write(text);
  }

  /** The last event and the end of the stream. */
  done(): void {
    this.response.end('data: [DONE]\n\n');
  }

  /** Ends the connection with what was written so far, as a crashed process would. */
  cut(): void {
    this.socket.destroy();
  }

  /** Promises `length` bytes, sends `text`, and closes. */
  half(text: string, length: number, contentType = 'application/json'): void {
    this.response.writeHead(200, { 'content-type': contentType, 'content-length': String(length) });
    this.response.write(text, () => this.cut());
  }
}

export type Behaviour = (exchange: UpstreamExchange) => void | Promise<void>;

/** A fake of an OpenAI-shaped engine that does to each request what a test says; records requests and sees aborts. */
export class FakeUpstream {
  /** Inference requests in order; health checks are not among them. */
  readonly exchanges: UpstreamExchange[] = [];
  /** Status with which health checks are answered. */
  healthStatus = 200;
  healthChecks = 0;
  /** What `GET /metrics` answers. */
  metrics = '';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiters: (() => void)[] = [];
  #behaviour: Behaviour;
  readonly #queue: Behaviour[] = [];

  private constructor(behaviour: Behaviour) {
    this.#behaviour = behaviour;
    this.#server = createServer((request, response) => void this.#take(request, response));
    this.#server.keepAliveTimeout = 60_000;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
    });
  }

  static async start(behaviour: Behaviour = answerWell): Promise<FakeUpstream> {
    const fake = new FakeUpstream(behaviour);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** With the version path, as `baseUrl` wants it. */
  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  get abortCount(): number {
    return this.exchanges.filter((exchange) => exchange.abortedAtMs !== null).length;
  }

  /** What is done to every request for which nothing is queued. */
  always(behaviour: Behaviour): void {
    this.#behaviour = behaviour;
  }

  /** What is done to the next requests, in order. */
  next(...behaviours: Behaviour[]): void {
    this.#queue.push(...behaviours);
  }

  /** The exchange of that number, as soon as it has come. */
  async exchange(index: number): Promise<UpstreamExchange> {
    while (this.exchanges[index] === undefined) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    return this.exchanges[index];
  }

  reset(): void {
    this.exchanges.length = 0;
    this.#queue.length = 0;
    this.#behaviour = answerWell;
    this.healthStatus = 200;
    this.metrics = '';
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      return;
    }
    if (request.method === 'GET' && request.url === '/metrics') {
      response.writeHead(this.metrics === '' ? 404 : 200, { 'content-type': 'text/plain' }).end(this.metrics);
      return;
    }
    if (request.method === 'GET') {
      this.healthChecks++;
      response.writeHead(this.healthStatus, { 'content-type': 'application/json' }).end('{"object":"list","data":[]}');
      return;
    }
    const exchange = new UpstreamExchange(request, response, Buffer.concat(parts).toString('utf8'));
    const behaviour = this.#queue.shift() ?? this.#behaviour;
    this.exchanges.push(exchange);
    for (const wake of this.#waiters.splice(0)) wake();
    await behaviour(exchange);
  }
}

/** A good answer to whatever was asked, streamed or whole. */
export const answerWell: Behaviour = (exchange) => {
  const { body, path } = exchange;
  const model = String(body['model']);
  if (body['stream'] === true) {
    exchange.openStream();
    for (const text of ['Hello', ' there']) exchange.event(chunk(model, text));
    exchange.event(chunk(model, null, 'stop'));
    exchange.event({ ...chunk(model, null), choices: [], usage });
    exchange.done();
  } else if (path.endsWith('/embeddings')) {
    exchange.json(embeddings(model));
  } else if (path.endsWith('/chat/completions')) {
    exchange.json(chatAnswer(model));
  } else {
    exchange.json(textAnswer(model));
  }
};

export const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };

export function chatAnswer(model: string, content = 'Hello there'): Record<string, unknown> {
  const message = { role: 'assistant', content, refusal: null };
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    usage,
  };
}

export function textAnswer(model: string, text = 'Hello there'): Record<string, unknown> {
  return {
    id: 'cmpl-1',
    object: 'text_completion',
    created: 1,
    model,
    choices: [{ index: 0, text, logprobs: null, finish_reason: 'stop' }],
    usage,
  };
}

export function embeddings(model: string): Record<string, unknown> {
  return { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.25] }], model, usage };
}

/** One chat stream event. */
export function chunk(model: string, content: string | null, finishReason: string | null = null): Record<string, unknown> {
  const delta = content === null ? {} : { content };
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model,
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  };
}
