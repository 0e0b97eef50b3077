import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { encodeChanges, notify } from '../change-feed.ts';
import { Listeners } from '../listeners.ts';
import { migrate, SchemaTooNewError } from '../migrator.ts';
import type { Database } from '../schema.ts';
import type { StoreLog } from '../store-log.ts';
import type { Change, Store } from '../store.ts';
import { DatabaseThread } from './database-thread.ts';
import { EmbeddedPool } from './embedded-pool.ts';
import { FileLock, LockedError } from './lock.ts';

const retryFirstMs = 1_000;
const retryMostMs = 60_000;
/** The embedded database has no worker that does it by itself. */
const vacuumEveryMs = 12 * 3_600_000;
const vacuumAfterMs = 10 * 60_000;

/** PostgreSQL inside this process, in a folder. One process at a time may have it open. */
export class EmbeddedStore implements Store {
  readonly kind = 'embedded';
  readonly db: Kysely<Database>;
  readonly #directory: string;
  readonly #lock: FileLock;
  readonly #log: StoreLog;
  readonly #changes: Listeners<Change>;
  readonly #states: Listeners<'connected' | 'away'>;
  readonly #closing = new AbortController();
  readonly #vacuum: NodeJS.Timeout[] = [];
  #thread: DatabaseThread | null = null;
  #recovery: Promise<void> = Promise.resolve();
  #closed: Promise<void> | null = null;

  private constructor(directory: string, lock: FileLock, log: StoreLog) {
    this.#directory = directory;
    this.#lock = lock;
    this.#log = log;
    const onListenerError = (error: unknown) => this.#log.error({ err: error }, 'a listener of the database failed');
    this.#changes = new Listeners(onListenerError);
    this.#states = new Listeners(onListenerError);
    this.db = kyselyOn(
      () => this.#thread,
      (changes) => this.#changes.emit(changes),
    ) as Kysely<Database>;
  }

  /**
   * Opens the database of a folder, after making it where there is none, which takes seconds.
   * @throws Error that says what to do, where another process has it open, the folder cannot be written, the disk is full or the database is
   * broken or newer than this program
   */
  static async open(directory: string, log: StoreLog): Promise<EmbeddedStore> {
    const lock = lockFolder(directory);
    const store = new EmbeddedStore(directory, lock, log);
    try {
      if (!existsSync(join(directory, 'PG_VERSION'))) await create(directory, log);
      await store.#start();
      return store;
    } catch (error) {
      await store.close();
      if (error instanceof SchemaTooNewError) throw error;
      throw new Error(`the database in ${directory} cannot be opened: ${reasonOf(error)}`, { cause: error });
    }
  }

  get state(): 'connected' | 'away' {
    return this.#thread === null ? 'away' : 'connected';
  }

  onChange(listener: (change: Change) => void): () => void {
    return this.#changes.add(listener);
  }

  onState(listener: (state: 'connected' | 'away') => void): () => void {
    return this.#states.add(listener);
  }

  async announce(changes: readonly Change[], inside?: Kysely<Database>): Promise<void> {
    if (inside === undefined) this.#changes.emit(changes);
    else await notify(inside as unknown as Kysely<never>, encodeChanges(changes));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    for (const timer of this.#vacuum) clearTimeout(timer);
    await this.#recovery;
    // Waits for what is under way.
    await this.db.destroy();
    const thread = this.#thread;
    this.#thread = null;
    await thread?.close();
    this.#lock.release();
  }

  async #start(): Promise<void> {
    const thread = await DatabaseThread.open(this.#directory);
    try {
      const steps = await migrate(
        kyselyOn(
          () => thread,
          () => undefined,
        ),
      );
      if (steps.length > 0) this.#log.info({ migrations: steps }, 'the database was brought up to date');
    } catch (error) {
      await thread.close();
      throw error;
    }
    this.#thread = thread;
    void thread.ended.then((reason) => (this.#recovery = this.#onEnd(reason)));
    this.#scheduleVacuum();
  }

  async #onEnd(reason: string): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#thread = null;
    this.#log.error({ reason }, 'the embedded database failed; opening it again');
    this.#states.emit(['away']);
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted; failures++) {
      await wait(Math.min(retryMostMs, retryFirstMs * 2 ** Math.min(failures, 20)), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.#start();
        this.#log.info({}, 'the embedded database is back');
        this.#states.emit(['connected']);
        return;
      } catch (error) {
        this.#thread = null;
        this.#log.error({ reason: reasonOf(error) }, 'the embedded database cannot be opened');
      }
    }
  }

  #scheduleVacuum(): void {
    if (this.#vacuum.length > 0) return;
    const vacuum = () =>
      void sql`vacuum (analyze)`.execute(this.db).catch((error: unknown) => {
        this.#log.warn({ reason: reasonOf(error) }, 'the embedded database could not be vacuumed');
      });
    this.#vacuum.push(setTimeout(vacuum, vacuumAfterMs).unref(), setInterval(vacuum, vacuumEveryMs).unref());
  }
}

function kyselyOn(...parameters: ConstructorParameters<typeof EmbeddedPool>): Kysely<unknown> {
  return new Kysely<unknown>({ dialect: new PostgresDialect({ pool: new EmbeddedPool(...parameters) }) });
}

/** @throws Error that says what to do */
function lockFolder(directory: string): FileLock {
  try {
    mkdirSync(dirname(directory), { recursive: true, mode: 0o700 });
    return FileLock.take(`${directory}.lock`);
  } catch (error) {
    if (error instanceof LockedError) {
      throw new Error(
        `the database in ${directory} is in use: ${error.message}. One process at a time can have it open: end the other one, ` +
          'set SLUICE_DATA to another folder, or let both use a PostgreSQL server (database.url)',
        { cause: error },
      );
    }
    throw new Error(
      `the database’s folder ${directory} cannot be used: ${reasonOf(error)}. Make it writable, free some space, or set SLUICE_DATA`,
      {
        cause: error,
      },
    );
  }
}

/** Makes the database elsewhere and moves it to its place when it is whole, so that no half of one is ever found. */
async function create(directory: string, log: StoreLog): Promise<void> {
  log.info({ directory }, 'making the database; this takes a few seconds');
  // A folder that is there already may be a volume of its own, to which nothing can be moved from outside.
  const isThere = existsSync(directory);
  const parent = isThere ? directory : dirname(directory);
  const prefix = `${basename(directory)}.new-`;
  for (const leftover of readdirSync(parent).filter((name) => name.startsWith(prefix))) {
    rmSync(join(parent, leftover), { recursive: true, force: true });
  }
  const draft = join(parent, `${prefix}${process.pid}`);
  try {
    await DatabaseThread.create(draft);
    if (isThere) moveInto(draft, directory);
    else renameSync(draft, directory);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Moves a whole database into a folder that exists; the file that makes it one comes last. */
function moveInto(draft: string, directory: string): void {
  const names = readdirSync(draft).filter((name) => name !== 'PG_VERSION');
  for (const name of [...names, 'PG_VERSION']) {
    rmSync(join(directory, name), { recursive: true, force: true });
    renameSync(join(draft, name), join(directory, name));
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
