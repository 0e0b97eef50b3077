import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { toEnvelope, type GatewayError } from '../../errors.ts';

/** A stream of server-sent events. The head goes out with the first event, so that what fails before still gets a status. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;

  constructor(response: ServerResponse, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
  }

  get hasBegun(): boolean {
    return this.#response.headersSent;
  }

  /** Sends one event; waits while the reader is slower than we are. */
  async send(event: unknown): Promise<void> {
    if (!this.hasBegun) {
      this.#response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
    }
    if (!this.#response.write(`data: ${JSON.stringify(event)}\n\n`))
      await once(this.#response, 'drain', { signal: this.#signal });
  }

  /** Ends the stream as whole. */
  end(): void {
    this.#response.end('data: [DONE]\n\n');
  }

  /** Ends the stream with an error in it, and without the mark of a whole one. */
  fail(error: GatewayError): void {
    this.#response.end(`data: ${JSON.stringify(toEnvelope(error))}\n\n`);
  }
}
