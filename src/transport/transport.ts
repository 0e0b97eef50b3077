import { Pool, type Dispatcher } from 'undici';
import { TransportError } from './transport-error.ts';

export type IncomingHeaders = Record<string, string | string[] | undefined>;

/** One outbound request. */
export interface OutboundRequest {
  method: 'GET' | 'POST';
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

interface TransportOptions {
  connectTimeoutMs: number;
}

/**
 * The only way out over HTTP: undici's `dispatch` on one pool for each origin, without the streams and promises of its higher interfaces
 * (they cost 2 to 17 times the CPU; docs/decisions/002). Deadlines are the caller's: nothing here times out but the connection itself.
 */
export class Transport {
  readonly #pools = new Map<string, Pool>();
  readonly #options: TransportOptions;

  constructor(options: TransportOptions = { connectTimeoutMs: 5_000 }) {
    this.#options = options;
  }

  /** Sends a request and reports to `handler`. Never throws; a bad URL is reported like an unreachable host. */
  exchange(request: OutboundRequest, handler: ExchangeHandler): Exchange {
    const running = new RunningExchange(handler);
    try {
      const url = new URL(request.url);
      this.#pool(url.origin).dispatch(
        { method: request.method, path: url.pathname + url.search, headers: request.headers, body: request.body },
        running,
      );
    } catch (cause) {
      running.onResponseError(undefined, cause instanceof Error ? cause : new Error(String(cause)));
    }
    return running;
  }

  /**
   * Sends a request and collects its whole answer.
   * @throws TransportError `timeout` after `timeoutMs`, `too-large` over `limitBytes`, and whatever `exchange` reports
   */
  collect(
    request: OutboundRequest,
    { timeoutMs, limitBytes }: { timeoutMs: number; limitBytes: number },
  ): Promise<CollectedAnswer> {
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      let sizeBytes = 0;
      let status = 0;
      let headers: IncomingHeaders = {};
      const fail = (error: TransportError) => {
        clearTimeout(timer);
        exchange.abort();
        reject(error);
      };
      const timer = setTimeout(() => fail(new TransportError('timeout', `no whole answer within ${timeoutMs} ms`)), timeoutMs);
      const exchange = this.exchange(request, {
        onHeaders: (answerStatus, answerHeaders) => {
          status = answerStatus;
          headers = answerHeaders;
        },
        onData: (chunk) => {
          sizeBytes += chunk.length;
          if (sizeBytes > limitBytes) fail(new TransportError('too-large', `the answer is larger than ${limitBytes} bytes`));
          else parts.push(chunk);
        },
        onEnd: () => {
          clearTimeout(timer);
          resolve({ status, headers, body: Buffer.concat(parts) });
        },
        onError: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }

  /** Closes the pools of origins that are no longer used, once their last request has ended. */
  retain(origins: ReadonlySet<string>): void {
    for (const [origin, pool] of this.#pools) {
      if (origins.has(origin)) continue;
      this.#pools.delete(origin);
      // Requests of that origin that still run keep their sockets until they end; a failure to close harms nobody.
      pool.close().catch(() => undefined);
    }
  }

  /** Drops every connection. */
  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #pool(origin: string): Pool {
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      pool = new Pool(origin, {
        connections: null,
        pipelining: 1,
        headersTimeout: 0,
        bodyTimeout: 0,
        connect: { timeout: this.#options.connectTimeoutMs },
      });
      this.#pools.set(origin, pool);
    }
    return pool;
  }
}

/** Between undici's callbacks and ours: remembers whether we gave up, and says each thing once. */
class RunningExchange implements Exchange, Dispatcher.DispatchHandler {
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
    this.#handler.onError(TransportError.from(cause, this.#hasHeaders));
  }
}
