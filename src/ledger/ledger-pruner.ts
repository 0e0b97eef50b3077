import { setTimeout as wait } from 'node:timers/promises';
import type { LedgerLog } from './ledger.ts';

interface LedgerPrunerInput {
  /** Removes one batch of rows that began before; null: another gateway is at it. */
  pruneBatch: (input: { before: Date; batchRows: number }) => Promise<number | null>;
  retentionDays: number;
  /** Unix milliseconds. */
  now: () => number;
  log: LedgerLog;
  /** Rows of one transaction; default: 5,000. */
  batchRows?: number;
  /** Between batches, so that requests are served meanwhile; default: 200 ms. */
  pauseMs?: number;
  /** Between runs; default: 1 hour. */
  everyMs?: number;
}

const dayMs = 86_400_000;

/** Removes rows of the ledger that are older than `retentionDays`, now and then every hour, until it is stopped. */
export class LedgerPruner {
  readonly #input: Required<LedgerPrunerInput>;
  readonly #stopping = new AbortController();

  constructor(input: LedgerPrunerInput) {
    this.#input = { batchRows: 5_000, pauseMs: 200, everyMs: 3_600_000, ...input };
  }

  /** Resolves when it was stopped. A run that fails is logged, and tried again an hour later. */
  async start(): Promise<void> {
    const { everyMs, log } = this.#input;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const rows = await this.prune();
        if (rows > 0) log.info({ rows }, 'old rows of the ledger were removed');
      } catch (error) {
        if (!signal.aborted) log.warn({ reason: String(error) }, 'old rows of the ledger could not be removed');
      }
      await wait(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** One run. Returns how many rows it removed. */
  async prune(): Promise<number> {
    const { pruneBatch, retentionDays, now, batchRows, pauseMs } = this.#input;
    const before = new Date(now() - retentionDays * dayMs);
    for (let total = 0; ;) {
      const removed = await pruneBatch({ before, batchRows });
      total += removed ?? 0;
      if (removed === null || removed < batchRows || this.#stopping.signal.aborted) return total;
      await wait(pauseMs, undefined, { signal: this.#stopping.signal, ref: false });
    }
  }
}
