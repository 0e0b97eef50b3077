import { GatewayError, toEnvelope } from '../errors.ts';
import type { StreamDecoder, UpstreamAnswer } from '../providers/provider.ts';
import type { Exchange, ExchangeHandler, IncomingHeaders, OutboundRequest, Transport } from '../transport/transport.ts';
import type { TransportError } from '../transport/transport-error.ts';
import { doneEvent, formatEvent, heartbeatComment } from '../wire/sse.ts';
import type { Client } from './client.ts';
import { deadlinePassed, fromTransport, pauseTooLong, type Deadline } from './failure.ts';

/** Everything one relayed stream needs. */
export interface RelayInput {
  transport: Transport;
  request: OutboundRequest;
  decoder: StreamDecoder;
  client: Client;
  /** Name of the model, for messages. */
  model: string;
  /** An upstream's refusal as one of our errors. */
  toError: (answer: UpstreamAnswer) => GatewayError;
  /** To the first event. */
  deadline: Deadline;
  /** Longest pause between two events. */
  idleMs: number;
  /** Idle time after which a comment is written; 0: never. */
  heartbeatMs: number;
  now: () => number;
  onFirstByte: () => void;
}

/** How a stream ended after its first byte. */
export interface RelayOutcome {
  endedBy: 'upstream' | 'client' | 'failure';
  error: GatewayError | null;
  /** When the upstream's last bytes came. */
  lastDataAtMs: number;
}

const longestRefusalBytes = 64 * 1024;
const lingerMs = 2_000;

/**
 * Relays one upstream stream to the client. Rejects with a `GatewayError` as long as nothing was sent, so that another backend may be tried;
 * after the first byte it always resolves, having told the client of a failure by an error event without `[DONE]`.
 */
export function relayStream(input: RelayInput): Promise<RelayOutcome> {
  return new Promise((resolve, reject) => {
    new Relay(input, resolve, reject).start();
  });
}

class Relay implements ExchangeHandler {
  readonly #input: RelayInput;
  readonly #resolve: (outcome: RelayOutcome) => void;
  readonly #reject: (error: GatewayError) => void;
  #exchange: Exchange | null = null;
  #state: 'waiting' | 'refused' | 'streaming' | 'over' = 'waiting';
  #status = 0;
  #headers: IncomingHeaders = {};
  #refusal: Buffer[] = [];
  #refusalBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastDataAtMs = 0;
  #isPaused = false;
  /** Comments written since the last data. */
  #heartbeats = 0;

  constructor(input: RelayInput, resolve: (outcome: RelayOutcome) => void, reject: (error: GatewayError) => void) {
    this.#input = input;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    const { transport, request, client, deadline, model } = this.#input;
    this.#timer = setTimeout(() => this.#fail(deadlinePassed(model, deadline.timeoutMs)), deadline.leftMs);
    client.onGone(() => this.#clientLeft());
    this.#exchange = transport.exchange(request, this);
    // The handler may have failed before the exchange was known, or the client may be gone already.
    if (this.#state === 'over') this.#exchange.abort();
    else if (client.isGone) this.#clientLeft();
  }

  onHeaders(status: number, headers: IncomingHeaders): void {
    if (status < 200 || status > 299) {
      this.#state = 'refused';
      this.#status = status;
      this.#headers = headers;
    } else if (!String(headers['content-type'] ?? '').includes('text/event-stream')) {
      const cause = new Error(`a stream was asked for; content-type is ${String(headers['content-type'])}`);
      this.#fail(new GatewayError('bad_gateway', `the backend of model "${this.#input.model}" does not stream`, { cause }));
    }
  }

  onData(chunk: Buffer): void {
    if (this.#state === 'refused') {
      if (this.#refusalBytes < longestRefusalBytes) this.#refusal.push(chunk);
      this.#refusalBytes += chunk.length;
      return;
    }
    if (this.#state === 'over') return;
    const { decoder, now } = this.#input;
    const before = decoder.facts.outputEvents;
    const output = decoder.push(chunk);
    // An upstream's own heartbeats keep no stream alive: bytes that pass without an event of the answer do not count.
    if (typeof output === 'string' || decoder.facts.outputEvents !== before) this.#lastDataAtMs = now();
    this.#forward(output);
  }

  onEnd(): void {
    if (this.#state === 'over') {
      clearTimeout(this.#timer);
      return;
    }
    if (this.#state === 'refused') {
      this.#fail(this.#input.toError({ status: this.#status, headers: this.#headers, body: Buffer.concat(this.#refusal) }));
      return;
    }
    const { decoder, model } = this.#input;
    this.#forward(decoder.end());
    if (this.#isOver()) return;
    // Some servers leave out the [DONE] after their last chunk; without a finish reason the answer is half.
    if (decoder.facts.finishReason !== null && this.#state === 'streaming') {
      this.#input.client.write(doneEvent);
      this.#finish('upstream', null);
    } else {
      this.#fail(new GatewayError('bad_gateway', `the answer of model "${model}" ended before it was complete; try again`));
    }
  }

  onError(error: TransportError): void {
    if (this.#state === 'over') return;
    this.#fail(fromTransport(error, this.#input.model, this.#input.deadline.timeoutMs));
  }

  #isOver(): boolean {
    return this.#state === 'over';
  }

  #forward(output: Buffer | string | null): void {
    const { client, decoder } = this.#input;
    if (output !== null) {
      if (this.#state === 'waiting') this.#begin();
      if (!client.write(output)) this.#pause();
    }
    if (decoder.facts.failure !== null) this.#fail(decoder.facts.failure);
    else if (decoder.facts.isDone) this.#finish('upstream', null);
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#state = 'streaming';
    this.#input.onFirstByte();
    this.#input.client.startStream();
    this.#watch();
  }

  /** One timer guards the pause limit and writes heartbeats; it looks at the clock instead of being set anew for every chunk. */
  #watch(): void {
    const { idleMs, heartbeatMs, now, client, model } = this.#input;
    const quietMs = now() - this.#lastDataAtMs;
    if (quietMs >= idleMs) {
      if (this.#isPaused) {
        client.destroy();
        this.#clientLeft();
      } else {
        this.#fail(pauseTooLong(model, idleMs));
      }
      return;
    }
    // Timers may fire a fraction of a millisecond early: what is due is counted, so that no comment is written twice.
    const due = heartbeatMs === 0 ? 0 : Math.floor((quietMs + 1) / heartbeatMs);
    if (due > this.#heartbeats && !this.#isPaused) client.write(heartbeatComment);
    this.#heartbeats = due;
    const untilHeartbeatMs = heartbeatMs === 0 ? idleMs : (due + 1) * heartbeatMs - quietMs;
    this.#timer = setTimeout(() => this.#watch(), Math.max(1, Math.min(idleMs - quietMs, untilHeartbeatMs)));
  }

  #pause(): void {
    if (this.#isPaused || this.#state !== 'streaming') return;
    this.#isPaused = true;
    this.#exchange?.pause();
    this.#input.client.onDrain(() => {
      this.#isPaused = false;
      // The time for which the client held us up is not the upstream's.
      this.#lastDataAtMs = this.#input.now();
      this.#exchange?.resume();
    });
  }

  #clientLeft(): void {
    if (this.#state === 'over') return;
    this.#exchange?.abort();
    this.#finish('client', null);
  }

  #fail(error: GatewayError): void {
    if (this.#state === 'over') return;
    this.#exchange?.abort();
    if (this.#state !== 'streaming') {
      this.#close();
      this.#reject(error);
      return;
    }
    this.#input.client.write(formatEvent(toEnvelope(error)));
    this.#finish('failure', error);
  }

  #finish(endedBy: RelayOutcome['endedBy'], error: GatewayError | null): void {
    this.#close();
    if (endedBy === 'upstream') {
      // The upstream has said all but may be slow to end its answer; its connection is worth keeping for a moment.
      this.#timer = setTimeout(() => this.#exchange?.abort(), lingerMs).unref();
    }
    if (endedBy !== 'client') this.#input.client.end();
    this.#resolve({ endedBy, error, lastDataAtMs: this.#lastDataAtMs });
  }

  #close(): void {
    this.#state = 'over';
    clearTimeout(this.#timer);
    this.#input.client.onGone(null);
  }
}
