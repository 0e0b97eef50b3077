import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { json } from 'node:stream/consumers';

/** The policy that the gateway sends with its pages. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

/** The error codes that the tests play, with the status of each. */
const statuses = {
  unauthorized: 401,
  model_access_denied: 403,
  model_not_found: 404,
  rate_limit_exceeded: 429,
  service_unavailable: 503,
  gateway_timeout: 504,
};

/** One chat request that the page has made, and the answer in the test's hands: it is sent piece by piece, when the test says so. */
export class FakeChat {
  readonly body: Record<string, unknown>;
  readonly authorization: string | undefined;
  /** Resolves when the connection is gone, whoever closed it. */
  readonly closed: Promise<void>;
  readonly #response: ServerResponse;
  readonly #model: string;

  constructor(request: IncomingMessage, response: ServerResponse, body: Record<string, unknown>) {
    this.body = body;
    this.authorization = request.headers.authorization;
    this.closed = new Promise((resolve) => response.once('close', () => resolve()));
    this.#response = response;
    this.#model = `${String(body['model'])}-answers`;
  }

  /** Sends one event, with any JSON. */
  event(value: unknown): void {
    this.raw(`data: ${JSON.stringify(value)}\n\n`);
  }

  /** Sends bytes of the stream as they are. */
  raw(text: string): void {
    if (!this.#response.headersSent) this.#response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.#response.write(text);
  }

  /** Sends a piece of the answer. */
  text(content: string): void {
    this.event({ model: this.#model, choices: [{ index: 0, delta: { content }, finish_reason: null }], usage: null });
  }

  /** Ends the answer as a gateway does: finish reason, usage, `[DONE]`. */
  finish(finishReason = 'stop', usage = { prompt_tokens: 12, completion_tokens: 34, total_tokens: 46 }): void {
    this.event({ model: this.#model, choices: [{ index: 0, delta: {}, finish_reason: finishReason }], usage: null });
    this.event({ model: this.#model, choices: [], usage });
    this.raw('data: [DONE]\n\n');
    this.#response.end();
  }

  /** Ends the stream, or the answer, where it stands. */
  end(): void {
    this.#response.end();
  }

  /** Breaks the connection off. */
  cut(): void {
    this.#response.destroy();
  }

  /** Refuses the request in the gateway's envelope. */
  refuse(code: keyof typeof statuses, message: string, retryAfterSeconds?: number): void {
    const headers = { 'content-type': 'application/json', 'x-request-id': 'request-7' };
    this.#response.writeHead(statuses[code], {
      ...headers,
      ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
    });
    this.#response.end(JSON.stringify({ error: { message, type: 'api_error', param: null, code } }));
  }
}

/** A gateway that serves the page and does what the test says. */
export class FakeGateway {
  readonly url: string;
  models = ['small-model', 'sluice-demo-1m'];
  health: 'healthy' | 'loading' | 'unhealthy' = 'healthy';
  /** Where set, `/v1` answers 401 without it. */
  key: string | undefined;
  /** What `config.json` holds; undefined for 404. */
  config: string | undefined = '{"apiBaseUrl": ""}';
  readonly #server: ReturnType<typeof createServer>;
  readonly #arrived: FakeChat[] = [];
  readonly #waiting: ((chat: FakeChat) => void)[] = [];

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  /** Listens on a free port of the loopback; `pageFolder` is the built page. */
  static async start(pageFolder: string): Promise<FakeGateway> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const gateway = new FakeGateway(server);
    server.on('request', (request, response) => {
      gateway.#answer(request, response, pageFolder).catch((error: unknown) => response.destroy(error as Error));
    });
    return gateway;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The next chat request, when it arrives. */
  nextChat(): Promise<FakeChat> {
    const chat = this.#arrived.shift();
    return chat ? Promise.resolve(chat) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse, pageFolder: string): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.url);
    if (pathname === '/health')
      return sendJson(response, this.health === 'healthy' ? 200 : 503, { status: this.health, model: 'small-model' });
    if (pathname === '/config.json') return sendJson(response, this.config === undefined ? 404 : 200, this.config ?? '');
    if (!pathname.startsWith('/v1/')) return sendFile(response, pageFolder, pathname);

    const body = request.method === 'POST' ? ((await json(request)) as Record<string, unknown>) : {};
    const chat = new FakeChat(request, response, body);
    if (this.key !== undefined && chat.authorization !== `Bearer ${this.key}`)
      return chat.refuse('unauthorized', 'send a key of this gateway');
    if (pathname === '/v1/models')
      return sendJson(response, 200, { object: 'list', data: this.models.map((id) => ({ id, object: 'model' })) });
    const waiting = this.#waiting.shift();
    if (waiting) waiting(chat);
    else this.#arrived.push(chat);
  }
}

/** Answers with JSON: a text as it is, anything else as its JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Answers with a file of the built pages, under the policy that the gateway sends with them. */
export async function sendFile(response: ServerResponse, folder: string, pathname: string): Promise<void> {
  const path = join(folder, normalize(pathname.endsWith('/') ? `${pathname}index.html` : pathname));
  const content = await readFile(path).catch(() => undefined);
  if (content === undefined) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    'content-type': contentTypes[extname(path)] ?? 'application/octet-stream',
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
  });
  response.end(content);
}
