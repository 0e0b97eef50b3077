import { GatewayError } from '../errors.ts';
import type { Client } from './client.ts';
import { deadlinePassed } from './failure.ts';

/** How much one backend takes at once. */
export interface LoadLimits {
  /** Requests that are sent to it at once. */
  maxInFlight: number;
  /** Requests that may wait for one of them to end; null: any number. */
  maxQueue: number | null;
}

/** A place at a backend. Leave it exactly once. */
export interface Slot {
  /** @param isServed whether the backend worked for it to the end, so that its time says something of the next one's */
  leave(isServed: boolean): void;
}

/** Who waits for a place. */
interface Waiter {
  client: Client;
  /** Name of the model, for messages. */
  model: string;
  /** How long it may wait. */
  timeoutMs: number;
}

/** Weight of the newest service time in the average. */
const newestShare = 0.2;
const shortestRetryMs = 1_000;
const longestRetryMs = 60_000;

/** The places at one backend, and the requests that wait for one, first come, first served. */
export class BackendQueue {
  readonly #now: () => number;
  readonly #waiters = new Set<() => void>();
  #limits: LoadLimits;
  #inFlight = 0;
  /** Moving average of how long a place is held; null: none was yet. */
  #serviceMs: number | null = null;

  constructor(limits: LoadLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Requests that wait for a place. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Whether the next request would have to wait. */
  get isBusy(): boolean {
    return this.#inFlight >= this.#limits.maxInFlight;
  }

  /** New limits, from here on: those who wait are let in as far as there is room. */
  configure(limits: LoadLimits): void {
    this.#limits = limits;
    this.#admit();
  }

  /**
   * A place, at once or after waiting for it; null: the client left meanwhile.
   * @throws GatewayError `service_unavailable` with the time after which there may be room, `gateway_timeout` where it waited too long
   */
  enter(waiter: Waiter): Slot | Promise<Slot | null> {
    const { maxQueue } = this.#limits;
    if (!this.isBusy) return this.#take();
    if (maxQueue !== null && this.#waiters.size >= maxQueue) {
      throw new GatewayError(
        'service_unavailable',
        `the queue of model "${waiter.model}" is full (${this.#waiters.size} waiting); try again later`,
        { retryAfterMs: this.#untilRoomMs() },
      );
    }
    return this.#wait(waiter);
  }

  #wait({ client, model, timeoutMs }: Waiter): Promise<Slot | null> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiters.delete(admit);
        clearTimeout(timer);
        client.onGone(null);
      };
      const admit = () => {
        leave();
        resolve(this.#take());
      };
      const timer = setTimeout(() => {
        leave();
        reject(deadlinePassed(model, timeoutMs));
      }, timeoutMs);
      if (client.isGone) {
        clearTimeout(timer);
        resolve(null);
        return;
      }
      client.onGone(() => {
        leave();
        resolve(null);
      });
      this.#waiters.add(admit);
    });
  }

  #take(): Slot {
    const fromMs = this.#now();
    this.#inFlight++;
    return { leave: (isServed) => this.#leave(isServed ? this.#now() - fromMs : null) };
  }

  #leave(heldMs: number | null): void {
    this.#inFlight--;
    if (heldMs !== null)
      this.#serviceMs = this.#serviceMs === null ? heldMs : this.#serviceMs + newestShare * (heldMs - this.#serviceMs);
    this.#admit();
  }

  #admit(): void {
    for (const admit of this.#waiters) {
      if (this.isBusy) return;
      admit();
    }
  }

  /** When those who wait now will have been served. */
  #untilRoomMs(): number {
    const ms = ((this.#serviceMs ?? 0) * (this.#waiters.size + 1)) / this.#limits.maxInFlight;
    return Math.min(Math.max(ms, shortestRetryMs), longestRetryMs);
  }
}
