import { GatewayError } from '../../errors.ts';

interface AcquireOptions<Item> {
  signal: AbortSignal;
  /** Chooses among the idle items; they are at least one. */
  choose?: (idle: readonly Item[]) => Item | undefined;
  /** True for further parts of a request that was admitted already: they queue even when the queue is full. */
  isAdmitted?: boolean;
}

/** A fixed set of things that one caller at a time may hold, with a bounded first-in-first-out queue before them. */
export class Pool<Item> {
  readonly #idle: Item[];
  readonly #size: number;
  readonly #maxQueue: number;
  readonly #onChange: () => void;
  readonly #waiters: ((item: Item) => void)[] = [];
  /** Moving average of how long an item is held, for `Retry-After`. */
  #heldMs = 1000;

  constructor(items: readonly Item[], maxQueue: number, onChange: () => void) {
    this.#idle = [...items];
    this.#size = items.length;
    this.#maxQueue = maxQueue;
    this.#onChange = onChange;
  }

  get waiting(): number {
    return this.#waiters.length;
  }

  get running(): number {
    return this.#size - this.#idle.length;
  }

  /**
   * Runs `work` with an item and gives the item back when it settles.
   * @throws GatewayError `service_unavailable` at once when the queue is full; the signal's reason when it aborts while waiting
   */
  async use<Result>(options: AcquireOptions<Item>, work: (item: Item) => Promise<Result>): Promise<Result> {
    const item = await this.#acquire(options);
    const startedMs = performance.now();
    try {
      return await work(item);
    } finally {
      this.#heldMs += (performance.now() - startedMs - this.#heldMs) / 8;
      this.#release(item);
    }
  }

  async #acquire({ signal, choose, isAdmitted = false }: AcquireOptions<Item>): Promise<Item> {
    signal.throwIfAborted();
    const item = choose?.(this.#idle) ?? this.#idle[0];
    if (item !== undefined) {
      this.#idle.splice(this.#idle.indexOf(item), 1);
      this.#onChange();
      return item;
    }
    if (!isAdmitted && this.waiting >= this.#maxQueue) {
      const retryAfterMs = (this.#heldMs * (this.waiting + 1)) / this.#size;
      throw new GatewayError(
        'service_unavailable',
        `the engine is busy and its queue is full (${this.waiting} waiting); try again later`,
        {
          retryAfterMs,
        },
      );
    }
    return await this.#wait(signal);
  }

  async #wait(signal: AbortSignal): Promise<Item> {
    const { promise, resolve, reject } = Promise.withResolvers<Item>();
    const waiter = (item: Item): void => {
      signal.removeEventListener('abort', leave);
      resolve(item);
    };
    const leave = (): void => {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      this.#onChange();
      reject(signal.reason);
    };
    this.#waiters.push(waiter);
    signal.addEventListener('abort', leave, { once: true });
    this.#onChange();
    return await promise;
  }

  #release(item: Item): void {
    const next = this.#waiters.shift();
    if (next) next(item);
    else this.#idle.push(item);
    this.#onChange();
  }
}
