import type { ServerResponse } from 'node:http';
import type { Client } from '../core/client.ts';
import type { ErrorCode } from '../errors.ts';
import { addLimitHeaders } from './limit-headers.ts';
import type { FinishedRequest, InferenceRecord } from '../telemetry/record.ts';

interface TraceInput {
  requestId: string;
  method: string;
  path: string;
  startedAtMs: number;
  response: ServerResponse;
  now: () => number;
  /** Set while the gateway shuts down: connections end with the answer under way. */
  isDraining: () => boolean;
  onFinished: (request: FinishedRequest) => void;
}

const traceOfResponse = Symbol('trace');

interface TracedResponse extends ServerResponse {
  [traceOfResponse]?: Trace;
}

/** The trace of the request that a response answers, where it got as far as having one. */
export function traceOf(response: TracedResponse): Trace | undefined {
  return response[traceOfResponse];
}

/**
 * One request from its first hook to its end: its id, the headers that its answer carries whoever writes it, its client, and what is told of
 * it once both the connection is done with it and its work is settled.
 */
export class Trace implements Client {
  readonly requestId: string;
  readonly path: string;
  readonly startedAtMs: number;
  /** Headers of the answer besides its own, in lower case. */
  readonly headers: Record<string, string>;
  route: string | null = null;
  /** How the request failed, once it has. */
  errorCode: ErrorCode | null = null;
  #inference: InferenceRecord | null = null;
  readonly #input: TraceInput;
  readonly #response: TracedResponse;
  #onGone: (() => void) | null = null;
  #isClosed = false;
  #isWorking = false;

  constructor(input: TraceInput) {
    this.#input = input;
    this.#response = input.response;
    this.requestId = input.requestId;
    this.path = input.path;
    this.startedAtMs = input.startedAtMs;
    this.headers = { 'x-request-id': input.requestId };
    this.#response[traceOfResponse] = this;
    this.#response.once('close', () => this.#closed());
  }

  /** From here on the request is over only when `settled` was called too. */
  begin(record: InferenceRecord): void {
    this.#inference = record;
    this.#isWorking = true;
  }

  settled(): void {
    this.#isWorking = false;
    if (this.#isClosed) this.#finished();
  }

  /** The headers of the answer as far as they are known now: its own, and what it says of limits and spend. */
  answerHeaders(): Record<string, string> {
    const headers = { ...this.headers };
    if (this.#inference !== null) addLimitHeaders(headers, this.#inference);
    return headers;
  }

  /** A whole answer, written past the framework: it is the hot path. */
  answer(text: string, contentType: string): void {
    if (this.isGone) return;
    this.#response.shouldKeepAlive &&= !this.#input.isDraining();
    const headers = this.answerHeaders();
    headers['content-type'] = contentType;
    headers['content-length'] = String(Buffer.byteLength(text));
    this.#response.writeHead(200, headers);
    this.#response.end(text);
  }

  get isGone(): boolean {
    return this.#isClosed || this.#response.destroyed;
  }

  onGone(listener: (() => void) | null): void {
    this.#onGone = listener;
  }

  startStream(): void {
    this.#response.shouldKeepAlive &&= !this.#input.isDraining();
    const headers = this.answerHeaders();
    headers['content-type'] = 'text/event-stream; charset=utf-8';
    headers['cache-control'] = 'no-cache';
    headers['x-accel-buffering'] = 'no';
    this.#response.writeHead(200, headers);
  }

  write(bytes: Buffer | string): boolean {
    return this.isGone || this.#response.write(bytes);
  }

  onDrain(listener: () => void): void {
    this.#response.once('drain', listener);
  }

  end(): void {
    this.#response.end();
  }

  destroy(): void {
    this.#response.destroy();
  }

  #closed(): void {
    this.#isClosed = true;
    const listener = this.#onGone;
    this.#onGone = null;
    // Whoever still listens still works on an answer, even where another one was given in its place (a broken body, a timeout).
    listener?.();
    if (!this.#isWorking) this.#finished();
  }

  #finished(): void {
    const { method, now, onFinished } = this.#input;
    onFinished({
      requestId: this.requestId,
      method,
      path: this.path,
      route: this.route,
      status: this.#response.headersSent ? this.#response.statusCode : 499,
      durationMs: now() - this.startedAtMs,
      errorCode: this.errorCode,
      inference: this.#inference,
    });
  }
}
