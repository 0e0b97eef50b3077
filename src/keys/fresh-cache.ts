import { LRUCache } from 'lru-cache';

/** How often something is loaded again because it changed meanwhile; then the answer is given and not kept. */
const mostRounds = 5;

/** How long what was loaded is good, in milliseconds, and how much of it is kept. */
export interface FreshCacheOptions<Value> {
  max: number;
  /** So long it is given without a second thought. */
  freshMs: number;
  /** So long it may still be given while it is loaded anew. */
  keepMs: number;
  /** Between two tries to load it anew in the background. */
  retryMs: number;
  now(): number;
  /** Hears of what is kept from now on, after `onDrop` of what it replaces. */
  onKeep(id: string, value: Value): void;
  /** Hears of what is no longer kept. */
  onDrop(id: string, value: Value): void;
}

interface Entry<Value> {
  value: Value;
  loadedAtMs: number;
  retryAtMs: number;
  epoch: number;
}

interface Flight<Value> {
  promise: Promise<Value | undefined>;
  isOutdated: boolean;
}

/** What is kept of an id. `unconfirmed`: too old, or something may have changed unseen; good only while nobody can be asked. */
export interface Found<Value> {
  value: Value;
  freshness: 'fresh' | 'stale' | 'unconfirmed';
}

/** Keeps what was loaded, knows how far it can be trusted, and loads everything once however many ask. */
export class FreshCache<Value extends object> {
  readonly #entries: LRUCache<string, Entry<Value>>;
  readonly #flights = new Map<string, Flight<Value>>();
  readonly #options: FreshCacheOptions<Value>;
  #epoch = 0;
  #staleAtMs = -Infinity;

  constructor(options: FreshCacheOptions<Value>) {
    this.#options = options;
    this.#entries = new LRUCache({ max: options.max, dispose: ({ value }, id) => options.onDrop(id, value) });
  }

  find(id: string): Found<Value> | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    const ageMs = this.#options.now() - entry.loadedAtMs;
    const isTrusted = entry.epoch === this.#epoch && ageMs < this.#options.keepMs;
    const isFresh = ageMs < this.#options.freshMs && entry.loadedAtMs > this.#staleAtMs;
    return { value: entry.value, freshness: !isTrusted ? 'unconfirmed' : isFresh ? 'fresh' : 'stale' };
  }

  set(id: string, value: Value): void {
    this.#entries.set(id, { value, loadedAtMs: this.#options.now(), retryAtMs: 0, epoch: this.#epoch });
    this.#options.onKeep(id, value);
  }

  /** Loads and keeps. Who asks while it is being loaded gets the same answer. `undefined` from `read`: there is no such thing. */
  load(id: string, read: () => Promise<Value | undefined>): Promise<Value | undefined> {
    const running = this.#flights.get(id);
    if (running !== undefined) return running.promise;
    const flight: Flight<Value> = { promise: Promise.resolve(undefined), isOutdated: false };
    flight.promise = this.#fly(id, flight, read).finally(() => this.#flights.delete(id));
    this.#flights.set(id, flight);
    return flight.promise;
  }

  /** Loads anew behind the back of those who ask, one at a time and not again right after a failure. */
  refresh(id: string, read: () => Promise<Value | undefined>): void {
    const entry = this.#entries.peek(id);
    const nowMs = this.#options.now();
    if (entry === undefined || nowMs < entry.retryAtMs || this.#flights.has(id)) return;
    entry.retryAtMs = nowMs + this.#options.retryMs;
    // Who asks meanwhile is served from what is kept; a failure shows when that is too old.
    this.load(id, read).catch(() => undefined);
  }

  /** Everything is loaded anew at its next use, behind the back of those who ask. */
  ageAll(): void {
    this.#staleAtMs = this.#options.now();
  }

  drop(id: string): void {
    this.#entries.delete(id);
  }

  /** What is being loaded right now may be old already. */
  outdateFlights(): void {
    for (const flight of this.#flights.values()) flight.isOutdated = true;
  }

  /** Anything may have changed unseen. */
  distrustAll(): void {
    this.#epoch++;
    this.outdateFlights();
  }

  clear(): void {
    this.#entries.clear();
    this.outdateFlights();
  }

  async #fly(id: string, flight: Flight<Value>, read: () => Promise<Value | undefined>): Promise<Value | undefined> {
    let value: Value | undefined;
    for (let round = 0; round < mostRounds; round++) {
      flight.isOutdated = false;
      value = await read();
      if (!flight.isOutdated) break;
    }
    if (value === undefined || flight.isOutdated) this.drop(id);
    else this.set(id, value);
    return value;
  }
}
