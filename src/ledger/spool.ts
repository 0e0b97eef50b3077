import { appendFile, mkdir, open, readdir, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { SpendRow } from '../core/spend.ts';
import type { SpendBatch } from '../store/ledger-writer.ts';
import type { LedgerLog } from './ledger.ts';
import { batchesOf, countRows, toLines } from './spool-file.ts';
import { SpoolOwner } from './spool-owner.ts';

interface SpoolInput {
  /** Made if it is not there. Several gateways may share it. */
  directory: string;
  /** Of all its files together; default: 1 GiB. */
  maxSizeBytes?: number;
  /** Unix milliseconds. */
  now: () => number;
  /** A name that no other process has. */
  instance: string;
  log: LedgerLog;
}

/** A file is closed when it is this large: it is read as a whole. */
const largestFileBytes = 8 * 1024 * 1024;
const adoptEveryMs = 30_000;

interface SpoolFile {
  name: string;
  rows: number;
  sizeBytes: number;
  /** Batches of it that were replayed. */
  replayed: number;
}

/**
 * Rows on disk while the database is away: JSON lines in files, written through to the disk batch by batch. Files are named
 * `<time>-<number>.<owner>.jsonl`; those of processes that are gone are taken over by renaming them, which only one can do.
 */
export class Spool {
  readonly #input: SpoolInput;
  readonly #maxSizeBytes: number;
  readonly #owner: SpoolOwner;
  readonly #files: SpoolFile[] = [];
  #active: { file: SpoolFile; handle: FileHandle } | null = null;
  #counter = 0;
  #adoptedAtMs = Number.NEGATIVE_INFINITY;

  constructor(input: SpoolInput) {
    this.#input = input;
    this.#maxSizeBytes = input.maxSizeBytes ?? 1024 ** 3;
    const { directory, now, instance } = input;
    this.#owner = new SpoolOwner({ directory, now, host: hostname(), pid: process.pid, instance });
  }

  /** Rows that are on disk and were not replayed. */
  get rows(): number {
    return this.#files.reduce((sum, { rows }) => sum + rows, 0);
  }

  get isEmpty(): boolean {
    return this.#files.length === 0;
  }

  get #sizeBytes(): number {
    return this.#files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** Makes the directory and takes over what processes that are gone left in it. Rejects if it cannot be written. */
  async open(): Promise<void> {
    await mkdir(this.#input.directory, { recursive: true, mode: 0o700 });
    await this.keepUp();
  }

  /** To be called every few seconds: shows that this process lives, and now and then takes over files of those that do not. */
  async keepUp(): Promise<void> {
    await this.#owner.beat();
    const nowMs = this.#input.now();
    if (nowMs - this.#adoptedAtMs < adoptEveryMs) return;
    this.#adoptedAtMs = nowMs;
    await this.#adopt();
  }

  /** Resolves when the batch is on the disk. Rejects when the spool or the disk is full; then nothing of the batch is in the spool. */
  async append(batch: SpendBatch): Promise<void> {
    const bytes = Buffer.from(toLines(batch));
    if (this.#sizeBytes + bytes.length > this.#maxSizeBytes) {
      throw new Error(`the spool is full: it holds ${this.#sizeBytes} of at most ${this.#maxSizeBytes} bytes`);
    }
    if (this.#active !== null && (this.#active.file.sizeBytes >= largestFileBytes || !this.#owner.isSurelyOurs)) {
      await this.#closeActive();
    }
    await this.#owner.beat();
    const { file, handle } = (this.#active ??= await this.#newFile());
    try {
      await handle.appendFile(bytes);
      await handle.datasync();
    } catch (error) {
      await handle.truncate(file.sizeBytes).catch(() => undefined);
      await this.#closeActive();
      throw error;
    }
    file.rows += batch.rows.length;
    file.sizeBytes += bytes.length;
    if (!this.#files.includes(file)) this.#files.push(file);
  }

  /**
   * Hands the batches of the oldest file to `write`, one after another, and removes the file. When `write` rejects, so does this, and goes on at
   * the same batch the next time. Returns the ids of the batches: they will not come again.
   */
  async replayOldest(write: (batch: SpendBatch) => Promise<void>): Promise<string[]> {
    const [file] = this.#files;
    if (file === undefined) return [];
    if (this.#active?.file === file) await this.#closeActive();
    const path = this.#pathOf(file.name);
    const bytes = await readFile(path).catch(() => null);
    const ids: string[] = [];
    // Another took it over while this process was suspended.
    if (bytes !== null) {
      for (const batch of batchesOf(bytes, (lineNumber, isLast) => this.#reportBadLine(file, lineNumber, isLast))) {
        ids.push(batch.id);
        if (ids.length <= file.replayed) continue;
        await write(batch);
        file.replayed = ids.length;
        file.rows -= batch.rows.length;
      }
      await rm(path, { force: true });
    }
    this.#files.splice(this.#files.indexOf(file), 1);
    return ids;
  }

  /** Keeps rows that the database refuses for a person to look at: `rejected.jsonl`. */
  async keepRejected(rows: readonly SpendRow[]): Promise<void> {
    await appendFile(this.#pathOf('rejected.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''), { mode: 0o600 });
  }

  /** Leaves the files to whoever opens the directory next. */
  async close(): Promise<void> {
    await this.#closeActive();
    await this.#owner.close();
  }

  async #newFile(): Promise<{ file: SpoolFile; handle: FileHandle }> {
    this.#counter += 1;
    const number = String(this.#counter).padStart(6, '0');
    const name = `${String(this.#input.now()).padStart(14, '0')}-${number}.${this.#owner.name}.jsonl`;
    const handle = await open(this.#pathOf(name), 'ax', 0o600);
    await this.#syncDirectory();
    return { file: { name, rows: 0, sizeBytes: 0, replayed: 0 }, handle };
  }

  async #closeActive(): Promise<void> {
    const active = this.#active;
    this.#active = null;
    await active?.handle.close();
    if (active?.file.rows === 0) await rm(this.#pathOf(active.file.name), { force: true });
  }

  async #adopt(): Promise<void> {
    const all = (await readdir(this.#input.directory)).sort();
    const names = all.filter((name) => /^[\d-]+\.[^.]+\.jsonl$/.test(name));
    const owners = all.filter((name) => name.endsWith('.alive')).map((name) => name.slice(0, -'.alive'.length));
    for (const owner of new Set([...owners, ...names.map(ownerOf)])) {
      if (!(await this.#owner.isGone(owner))) continue;
      for (const name of names.filter((candidate) => ownerOf(candidate) === owner)) await this.#adoptFile(name);
      await this.#owner.bury(owner);
    }
  }

  async #adoptFile(name: string): Promise<void> {
    const ownName = name.replace(`.${ownerOf(name)}.`, `.${this.#owner.name}.`);
    try {
      await rename(this.#pathOf(name), this.#pathOf(ownName));
    } catch {
      // Another process was faster.
      return;
    }
    const bytes = await readFile(this.#pathOf(ownName));
    this.#files.push({ name: ownName, rows: countRows(bytes), sizeBytes: bytes.length, replayed: 0 });
    this.#files.sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  #reportBadLine({ name }: SpoolFile, lineNumber: number, isLast: boolean): void {
    const message = isLast
      ? 'the last line of a spool file is torn and left out'
      : 'a line of a spool file cannot be read and is left out';
    this.#input.log.warn({ file: name, line: lineNumber }, message);
  }

  #pathOf(name: string): string {
    return join(this.#input.directory, name);
  }

  /** A new file is only there after a power failure if its directory was written too. */
  async #syncDirectory(): Promise<void> {
    const handle = await open(this.#input.directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

function ownerOf(name: string): string {
  return name.split('.')[1] ?? '';
}
