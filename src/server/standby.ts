import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorHeaders, GatewayError, toEnvelope } from '../errors.ts';
import { admits, corsHeaders, preflightHeaders } from '../http/hooks/guard-origin.ts';
import type { FinishedRequest } from '../telemetry/record.ts';
import type { HealthAnswer } from '../wire/health.ts';

/** What a standby responder is started with. */
export interface StandbyInput {
  host: string;
  port: number;
  /** Origins of web pages that may read its answers. */
  corsOrigins: readonly string[];
  /** How long answers under way may take once it is told to stop. */
  shutdownTimeoutMs: number;
  newRequestId: () => string;
  /** Milliseconds. */
  now: () => number;
  onFinished: (request: FinishedRequest) => void;
}

/** A responder that listens. */
export interface RunningStandby {
  /** `http://127.0.0.1:8000` */
  url: string;
  /** Stops listening and lets answers under way end. Returns how many were cut off. */
  close(): Promise<number>;
}

const retryAfterMs = 30_000;
const largestHeaderBytes = 16 * 1024;
/** Above the idle time of the load balancer in front, as the gateway's. */
const keepAliveTimeoutMs = 130_000;
const requestIdPattern = /^[\w.:/=+-]{1,128}$/;

const health: HealthAnswer = {
  status: 'unhealthy',
  model: null,
  gpu_memory_used: null,
  requests_in_queue: 0,
  detail: 'standby: no host serves the model',
};

/**
 * Starts what answers while no host serves a model: health checks get 503, so that a load balancer prefers any other target, and everything
 * else 503 with `Retry-After` and the usual envelope, which load balancers cannot give by themselves. It needs no configuration, database or model, and loads
 * none of the gateway, so that the smallest machine holds it.
 * @throws the socket's own error when the port is taken
 */
export async function startStandby(input: StandbyInput): Promise<RunningStandby> {
  const standby = new Standby(input);
  await standby.listen();
  return standby;
}

class Standby implements RunningStandby {
  url = '';
  readonly #input: StandbyInput;
  readonly #server: Server;
  #open = 0;
  #isClosing = false;

  constructor(input: StandbyInput) {
    this.#input = input;
    this.#server = createServer(
      { maxHeaderSize: largestHeaderBytes, keepAliveTimeout: keepAliveTimeoutMs },
      (request, response) => this.#answer(request, response),
    );
  }

  async listen(): Promise<void> {
    const { host, port } = this.#input;
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    const address = this.#server.address() as AddressInfo;
    this.url = `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
  }

  async close(): Promise<number> {
    this.#isClosing = true;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeIdleConnections();
    let cutOff = 0;
    const timer = setTimeout(() => {
      cutOff = this.#open;
      this.#server.closeAllConnections();
    }, this.#input.shutdownTimeoutMs);
    await closed;
    clearTimeout(timer);
    return cutOff;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { now, newRequestId, onFinished } = this.#input;
    const startedAtMs = now();
    const given = request.headers['x-request-id'];
    const requestId = typeof given === 'string' && requestIdPattern.test(given) ? given : newRequestId();
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    this.#open++;
    response.once('close', () => {
      this.#open--;
      const status = response.headersSent ? response.statusCode : 499;
      const common = { requestId, method: request.method ?? '', path, route: null, status, inference: null };
      const errorCode = status === 503 && !isHealth(path) ? 'service_unavailable' : null;
      onFinished({ ...common, durationMs: now() - startedAtMs, errorCode });
    });
    response.setHeaders(new Headers({ 'x-request-id': requestId, 'cache-control': 'no-store', ...this.#corsHeaders(request) }));
    if (this.#isClosing) response.setHeader('connection', 'close');
    // What is not read of a body is dropped with the answer.
    if (isPreflight(request)) preflight(request, response);
    else respond(path, response);
  }

  #corsHeaders({ headers: { origin } }: IncomingMessage): Record<string, string> {
    return origin !== undefined && admits(this.#input.corsOrigins, origin) ? corsHeaders(origin) : {};
  }
}

function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

function preflight({ headers }: IncomingMessage, response: ServerResponse): void {
  const allowed = response.hasHeader('access-control-allow-origin');
  response.writeHead(204, allowed ? preflightHeaders(headers['access-control-request-headers']) : {}).end();
}

function respond(path: string, response: ServerResponse): void {
  if (path === '/health/liveliness' || path === '/health/liveness') {
    send(response, 200, "I'm alive!");
    return;
  }
  const error = new GatewayError('service_unavailable', 'no host serves the model now; one is being started, try again', {
    retryAfterMs,
  });
  for (const [name, value] of Object.entries(errorHeaders(error))) response.setHeader(name, value);
  send(response, error.status, isHealth(path) ? health : toEnvelope(error));
}

function isHealth(path: string): boolean {
  // With or without what a proxy puts before each path.
  return /(^|\/)health(\/readiness)?$/.test(path);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
