import { Pool, ProxyAgent, type Dispatcher } from 'undici';
import { noAddress, noProxies, proxyAddress, proxySettingFor, type Proxies } from './proxies.ts';
import { TransportError } from './transport-error.ts';

export type IncomingHeaders = Record<string, string | string[] | undefined>;

/** One outbound request. */
export interface OutboundRequest {
  method: 'GET' | 'POST' | 'OPTIONS';
  url: string;
  headers: Record<string, string>;
  body: string | null;
}

/** What happens to an exchange, in order: at most one `onHeaders`, any number of `onData`, then exactly one of `onEnd` and `onError`. */
export interface ExchangeHandler {
  onHeaders(status: number, headers: IncomingHeaders): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onError(error: TransportError): void;
}

/** A request under way. */
export interface Exchange {
  /** Closes the connection, so that the upstream stops working for nobody. The handler hears nothing more. */
  abort(): void;
  pause(): void;
  resume(): void;
}

/** A whole answer. */
export interface CollectedAnswer {
  status: number;
  headers: IncomingHeaders;
  body: Buffer;
}

/** A whole answer on its way. */
export interface Collection {
  readonly answer: Promise<CollectedAnswer>;
  abort(): void;
}

interface TransportOptions {
  connectTimeoutMs?: number;
  /** How the network is left; default: directly. This machine itself is always reached directly. */
  proxies?: Proxies;
}

/**
 * The only way out over HTTP: undici's `dispatch` on one pool for each origin, without the streams and promises of its higher interfaces
 * (they cost 2 to 17 times the CPU; docs/decisions/002). Deadlines are the caller's: nothing here times out but the connection itself.
 */
export class Transport {
  readonly #origins = new Map<string, Origin>();
  /** URLs seen, taken apart: there are a few for each backend, and parsing them anew costs a microsecond a request. */
  readonly #places = new Map<string, Place>();
  readonly #options: Required<TransportOptions>;

  constructor({ connectTimeoutMs = 5_000, proxies = noProxies }: TransportOptions = {}) {
    this.#options = { connectTimeoutMs, proxies };
  }

  /** Sends a request and reports to `handler`. Never throws; a bad URL is reported like an unreachable host. */
  exchange(request: OutboundRequest, handler: ExchangeHandler): Exchange {
    const running = new RunningExchange(handler);
    try {
      const { dispatcher, proxy, origin, path } = this.#place(request.url);
      running.proxy = proxy;
      dispatcher.dispatch({ origin, method: request.method, path, headers: request.headers, body: request.body }, running);
    } catch (cause) {
      // Later, as everything else is reported: the caller may not be ready yet.
      queueMicrotask(() => running.onResponseError(undefined, cause instanceof Error ? cause : new Error(String(cause))));
    }
    return running;
  }

  /**
   * Sends a request and collects its whole answer. The promise rejects with a `TransportError`: `timeout` after `timeoutMs`, `too-large` over
   * `limitBytes`, `aborted` after `abort`, and whatever else an exchange may meet.
   */
  collect(request: OutboundRequest, { timeoutMs, limitBytes }: { timeoutMs: number; limitBytes: number }): Collection {
    const collector = new Collector(timeoutMs, limitBytes);
    collector.start(this.exchange(request, collector));
    return collector;
  }

  /** Closes the pools of origins that are no longer used, once their last request has ended. */
  retain(origins: ReadonlySet<string>): void {
    this.#places.clear();
    for (const [origin, { dispatcher }] of this.#origins) {
      if (origins.has(origin)) continue;
      this.#origins.delete(origin);
      // Requests of that origin that still run keep their sockets until they end; a failure to close harms nobody.
      dispatcher.close().catch(() => undefined);
    }
  }

  /** Drops every connection. */
  async close(): Promise<void> {
    const origins = [...this.#origins.values()];
    this.#origins.clear();
    this.#places.clear();
    await Promise.all(origins.map(({ dispatcher }) => dispatcher.destroy()));
  }

  #place(address: string): Place {
    let place = this.#places.get(address);
    if (place === undefined) {
      const { origin, pathname, search } = new URL(address);
      place = { ...this.#reach(origin), origin, path: pathname + search };
      this.#places.set(address, place);
    }
    return place;
  }

  #reach(origin: string): Origin {
    let reached = this.#origins.get(origin);
    if (reached === undefined) {
      reached = this.#open(origin);
      this.#origins.set(origin, reached);
    }
    return reached;
  }

  #open(origin: string): Origin {
    const { connectTimeoutMs, proxies } = this.#options;
    const options = { connections: null, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 };
    const setting = proxySettingFor(new URL(origin), proxies);
    if (setting === '') {
      return { dispatcher: new Pool(origin, { ...options, connect: { timeout: connectTimeoutMs } }), proxy: undefined };
    }
    const uri = proxyAddress(setting);
    if (uri === undefined) throw new TransportError('unreachable', noAddress(origin.startsWith('https:') ? 'https' : 'http'));
    // What the agent opens towards a proxy that forwards would have time limits of its own.
    const factory = (to: URL | string, given: object) => new Pool(to, { ...given, ...options });
    return { dispatcher: new ProxyAgent({ uri, connectTimeout: connectTimeoutMs, factory }), proxy: new URL(uri).host };
  }
}

/** How an origin is reached. */
interface Origin {
  dispatcher: Dispatcher;
  /** Host and port of the proxy on the way. */
  proxy: string | undefined;
}

/** Where a URL leads. */
interface Place extends Origin {
  origin: string;
  path: string;
}

/** Between undici's callbacks and ours: remembers whether we gave up, and says each thing once. */
class RunningExchange implements Exchange, Dispatcher.DispatchHandler {
  /** On the way, once it is known. */
  proxy: string | undefined;
  readonly #handler: ExchangeHandler;
  #controller: Dispatcher.DispatchController | null = null;
  #isOver = false;
  #hasHeaders = false;

  constructor(handler: ExchangeHandler) {
    this.#handler = handler;
  }

  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller?.abort(new TransportError('aborted', 'given up by the gateway'));
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new TransportError('aborted', 'given up by the gateway'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHeaders): void {
    // 1xx answers only announce the real one.
    if (this.#isOver || status < 200) return;
    this.#hasHeaders = true;
    this.#handler.onHeaders(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isOver) this.#handler.onData(chunk);
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handler.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, cause: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handler.onError(TransportError.from(cause, this.#hasHeaders, this.proxy));
  }
}

/** Collects an answer within a time and a size. */
class Collector implements ExchangeHandler, Collection {
  readonly answer: Promise<CollectedAnswer>;
  readonly #limitBytes: number;
  readonly #timer: NodeJS.Timeout;
  readonly #parts: Buffer[] = [];
  #resolve: (answer: CollectedAnswer) => void = () => undefined;
  #reject: (error: TransportError) => void = () => undefined;
  #exchange: Exchange | null = null;
  #sizeBytes = 0;
  #status = 0;
  #headers: IncomingHeaders = {};

  constructor(timeoutMs: number, limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timer = setTimeout(
      () => this.#fail(new TransportError('timeout', `no whole answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
  }

  start(exchange: Exchange): void {
    this.#exchange = exchange;
  }

  abort(): void {
    this.#fail(new TransportError('aborted', 'given up by the gateway'));
  }

  onHeaders(status: number, headers: IncomingHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onData(chunk: Buffer): void {
    this.#sizeBytes += chunk.length;
    if (this.#sizeBytes <= this.#limitBytes) this.#parts.push(chunk);
    else this.#fail(new TransportError('too-large', `the answer is larger than ${this.#limitBytes} bytes`));
  }

  onEnd(): void {
    clearTimeout(this.#timer);
    const [first] = this.#parts;
    const body = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  onError(error: TransportError): void {
    clearTimeout(this.#timer);
    this.#reject(error);
  }

  #fail(error: TransportError): void {
    clearTimeout(this.#timer);
    this.#exchange?.abort();
    this.#reject(error);
  }
}
