import type { SpendRow } from '../core/spend.ts';
import type { BatchWriter, SpendBatch } from '../store/ledger-writer.ts';
import { withDeadline } from './deadline.ts';
import type { Ledger, LedgerLog } from './ledger.ts';
import type { Spool } from './spool.ts';
import { writeOrSplit } from './write-or-split.ts';

export interface BatchedLedgerInput {
  writer: BatchWriter;
  /** Opened and closed by the ledger. */
  spool: Spool;
  flushIntervalMs: number;
  /** Unix milliseconds. */
  now: () => number;
  /** A name that no other process has: ids of batches begin with it. */
  instance: string;
  log: LedgerLog;
  /** Rows of one batch; default: 2,000. */
  batchRows?: number;
  /** Rows in memory, for when neither database nor disk take them; beyond it new ones are dropped. Default: 100,000. */
  maxRowsInMemory?: number;
  /** After it a write is taken for failed; default: 2 s. */
  writeTimeoutMs?: number;
  /** How long `close` waits for the database before it leaves the rest to the disk; default: 5 s. */
  closeTimeoutMs?: number;
}

/** Of attempts while the database is away. */
const longestRetryDelayMs = 5_000;
/** A write that was given up may still hang; no other is tried beside it for this long. */
const longestHangMs = 30_000;

/**
 * Collects rows and writes them in batches, one write at a time: every `flushIntervalMs`, or when there are `batchRows`. While the database is away,
 * batches go to the spool, and back into the database in order when it is there again. A batch keeps its id on all its ways, and the
 * database counts an id once: what was written although the answer was lost is not counted twice.
 */
export class BatchedLedger implements Ledger {
  readonly #input: Required<BatchedLedgerInput>;
  #rows: SpendRow[] = [];
  /** On its way to database or disk. */
  #held: SpendBatch | null = null;
  #isAway = false;
  #isClosed = false;
  #batches = 0;
  #droppedRows = 0;
  #retryDelayMs = 0;
  #retryAtMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #isHurried = false;
  #work: Promise<void> = Promise.resolve();
  #isWorking = false;
  /** When the write under way began; null: none is. */
  #writingSinceMs: number | null = null;
  #settledIds: string[] = [];

  constructor(input: BatchedLedgerInput) {
    this.#input = { batchRows: 2_000, maxRowsInMemory: 100_000, writeTimeoutMs: 2_000, closeTimeoutMs: 5_000, ...input };
  }

  get state(): 'ok' | 'spooling' {
    return this.#isAway || !this.#input.spool.isEmpty ? 'spooling' : 'ok';
  }

  get pendingRows(): number {
    return this.#waitingRows + this.#input.spool.rows;
  }

  /** Rows that are in memory only. */
  get #waitingRows(): number {
    return this.#rows.length + (this.#held?.rows.length ?? 0);
  }

  /** Rows that were lost because database and disk took none for too long. */
  get droppedRows(): number {
    return this.#droppedRows;
  }

  /** Opens the spool and begins to replay what earlier processes left in it. Rejects if its directory cannot be written. */
  async start(): Promise<void> {
    await this.#input.spool.open();
    this.#schedule(0);
  }

  append(row: SpendRow): void {
    const waiting = this.#rows.push(row);
    if (waiting === this.#input.batchRows) this.#hurry();
    else if (waiting > this.#input.maxRowsInMemory || this.#isClosed) this.#drop();
    else if (this.#timer === null && !this.#isWorking) this.#schedule(this.#input.flushIntervalMs);
  }

  flush(): Promise<void> {
    this.#work = this.#work.then(async () => {
      this.#isWorking = true;
      try {
        await this.#writeAll();
      } finally {
        this.#isWorking = false;
        this.#scheduleNext();
      }
    });
    return this.#work;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return this.#work;
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const { closeTimeoutMs, spool, log } = this.#input;
    await withDeadline(this.flush(), closeTimeoutMs).catch(() => undefined);
    if (this.#waitingRows > 0) await this.#spoolAll();
    await spool.close();
    if (this.#waitingRows > 0) {
      log.error({ rows: this.#waitingRows }, 'rows of spend are lost: neither database nor disk took them');
    }
  }

  /** Never rejects: what cannot be done is logged, and tried again the next time. */
  async #writeAll(): Promise<void> {
    try {
      await this.#input.spool.keepUp();
      if (this.state === 'ok') await this.#writeWaiting();
      if (this.state === 'ok') return;
      await this.#spoolAll();
      if (this.#mayTry()) await this.#replay();
    } catch (error) {
      this.#input.log.error({ reason: reasonOf(error) }, 'rows of spend could not be stored; they are kept and tried again');
    }
  }

  #mayTry(): boolean {
    const nowMs = this.#input.now();
    const isHanging = this.#writingSinceMs !== null && nowMs - this.#writingSinceMs < longestHangMs;
    return nowMs >= this.#retryAtMs && !isHanging && !this.#isClosed;
  }

  /** Writes what waits now. What comes meanwhile waits for the next time: under load something always comes, and there would be no end. */
  async #writeWaiting(): Promise<void> {
    for (let left = this.#waitingRows; left > 0;) {
      const batch = this.#take();
      if (batch === null) return;
      left -= batch.rows.length;
      try {
        const ids = await this.#send(batch);
        this.#settledIds.push(...ids);
        this.#held = null;
      } catch (error) {
        this.#wentAway(error);
        return;
      }
    }
  }

  /** Rows that wait now go to the disk. Those that do not get there stay in memory. */
  async #spoolAll(): Promise<void> {
    for (let left = this.#waitingRows; left > 0;) {
      const batch = this.#take();
      if (batch === null) return;
      left -= batch.rows.length;
      await this.#input.spool.append(batch);
      this.#held = null;
    }
  }

  async #replay(): Promise<void> {
    const { spool, log } = this.#input;
    const rows = spool.rows;
    try {
      while (!spool.isEmpty && !this.#isClosed) {
        const splitIds: string[] = [];
        const ids = await spool.replayOldest(async (batch) => {
          const sentIds = await this.#send(batch);
          splitIds.push(...sentIds);
          // What came meanwhile is on the disk before the next write begins, so that a kill loses no more than usual.
          await this.#spoolAll();
          if (this.#isClosed) throw new Error('the ledger closes');
        });
        this.#settledIds.push(...ids, ...splitIds.filter((id) => !ids.includes(id)));
      }
    } catch (error) {
      if (!this.#isClosed) this.#wentAway(error);
      return;
    }
    if (this.#isClosed) return;
    this.#isAway = false;
    this.#retryDelayMs = 0;
    log.info({ rows }, 'the database took the spooled rows of spend');
  }

  /** One write, with its deadline. Returns the ids it was written under. */
  async #send(batch: SpendBatch): Promise<string[]> {
    const { writer, writeTimeoutMs, spool, log, now } = this.#input;
    const settledIds = [...this.#settledIds];
    const controller = new AbortController();
    const sinceMs = (this.#writingSinceMs = now());
    const writing = writeOrSplit(writer, batch, { settledIds, signal: controller.signal }).finally(() => {
      if (this.#writingSinceMs === sinceMs) this.#writingSinceMs = null;
    });
    const { ids, rejected } = await withDeadline(writing, writeTimeoutMs).finally(() => controller.abort());
    this.#settledIds = this.#settledIds.slice(settledIds.length);
    if (rejected.length > 0) {
      const reasons = [...new Set(rejected.map(({ reason }) => reason))];
      log.error(
        { rows: rejected.length, reasons },
        'the database refuses rows of spend; they are in rejected.jsonl beside the spool and not counted',
      );
      await spool.keepRejected(rejected.map(({ row }) => row));
    }
    return ids;
  }

  #take(): SpendBatch | null {
    if (this.#held !== null) return this.#held;
    if (this.#rows.length === 0) return null;
    const { batchRows, instance } = this.#input;
    const rows = this.#rows.length <= batchRows ? this.#rows : this.#rows.slice(0, batchRows);
    this.#rows = rows === this.#rows ? [] : this.#rows.slice(batchRows);
    this.#batches += 1;
    this.#held = { id: `${instance}-${this.#batches}`, rows };
    return this.#held;
  }

  #wentAway(error: unknown): void {
    if (!this.#isAway) this.#input.log.warn({ reason: reasonOf(error) }, 'the database is away: rows of spend go to disk');
    this.#isAway = true;
    this.#retryDelayMs = Math.min(longestRetryDelayMs, Math.max(this.#input.flushIntervalMs, this.#retryDelayMs * 2));
    this.#retryAtMs = this.#input.now() + this.#retryDelayMs;
  }

  #drop(): void {
    this.#rows.pop();
    if (this.#droppedRows % 10_000 === 0) {
      const reason = this.#isClosed ? 'the gateway has ended' : 'neither database nor disk take them, and memory is full';
      this.#input.log.error({ droppedRows: this.#droppedRows + 1 }, `rows of spend are lost: ${reason}`);
    }
    this.#droppedRows += 1;
  }

  #scheduleNext(): void {
    if (this.#rows.length >= this.#input.batchRows && this.state === 'ok') this.#hurry();
    else if (this.#rows.length > 0 || this.state === 'spooling') this.#schedule(this.#input.flushIntervalMs);
  }

  #hurry(): void {
    if (this.#isHurried || this.#isWorking) return;
    this.#isHurried = true;
    this.#schedule(0);
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#isHurried = false;
      void this.flush();
    }, delayMs).unref();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
