import { Kysely, PostgresDialect } from 'kysely';
import { anythingChanged, encodeChanges, notify } from './change-feed.ts';
import { GuardedPool } from './guarded-pool.ts';
import { Listeners } from './listeners.ts';
import { migrations as allMigrations, type Migration } from './migrator.ts';
import type { Database } from './schema.ts';
import { ServerLink, type LinkTimings } from './server-link.ts';
import type { Change, Store } from './store.ts';
import type { StoreLog } from './store-log.ts';

export interface ServerStoreOptions {
  url: string;
  poolSize: number;
  connectTimeoutMs: number;
  log: StoreLog;
  /** For tests. */
  timings?: Partial<LinkTimings>;
  /** For tests. */
  migrations?: readonly Migration[];
}

const defaultTimings: LinkTimings = { probeEveryMs: 2_000, retryFirstMs: 250, retryMostMs: 5_000 };

/** A PostgreSQL server as a store. */
export class ServerStore implements Store {
  readonly kind = 'server';
  readonly db: Kysely<Database>;
  readonly #pool: GuardedPool;
  readonly #link: ServerLink;
  readonly #log: StoreLog;
  readonly #changes: Listeners<Change>;
  readonly #states: Listeners<'connected' | 'away'>;
  /** null: the first attempt runs. */
  #state: 'connected' | 'away' | null = null;

  private constructor(options: ServerStoreOptions) {
    this.#log = options.log;
    const onListenerError = (error: unknown) => this.#log.error({ err: error }, 'a listener of the database failed');
    this.#changes = new Listeners(onListenerError);
    this.#states = new Listeners(onListenerError);
    this.#pool = new GuardedPool(options, {
      isAway: () => this.#state !== 'connected',
      onSuspicion: () => this.#link.probe(),
      onCommitted: (changes) => this.#changes.emit(changes),
    });
    this.db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: this.#pool }) });
    const { url, connectTimeoutMs, timings, migrations = allMigrations } = options;
    this.#link = new ServerLink(
      { url, connectTimeoutMs, timings: { ...defaultTimings, ...timings }, migrations },
      {
        onConnected: (steps) => this.#onConnected(steps),
        onLost: (reason) => this.#onLost(reason),
        onChanges: (changes) => this.#changes.emit(changes),
      },
    );
  }

  /**
   * Returns when the first attempt to connect and migrate is over; a server that cannot be reached leaves the store `away`, and it is tried
   * again by itself.
   * @throws SchemaTooNewError
   */
  static async open(options: ServerStoreOptions): Promise<ServerStore> {
    const store = new ServerStore(options);
    try {
      await store.#link.firstAttempt;
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  get state(): 'connected' | 'away' {
    return this.#state ?? 'away';
  }

  onChange(listener: (change: Change) => void): () => void {
    return this.#changes.add(listener);
  }

  onState(listener: (state: 'connected' | 'away') => void): () => void {
    return this.#states.add(listener);
  }

  async announce(changes: readonly Change[], inside?: Kysely<Database>): Promise<void> {
    if (changes.length === 0) return;
    // Our own listeners hear of it at once, or when the transaction commits; a second time by the server, which does no harm.
    if (inside === undefined) this.#changes.emit(changes);
    await notify((inside ?? this.db) as unknown as Kysely<never>, encodeChanges(changes));
  }

  async close(): Promise<void> {
    await this.#link.close();
    this.#state = 'away';
    await this.db.destroy();
  }

  #onConnected(steps: readonly string[]): void {
    const wasAway = this.#state === 'away';
    this.#state = 'connected';
    this.#log.info({ migrations: steps }, wasAway ? 'the database is back' : 'connected to the database');
    // What was changed while nobody listened is unknown.
    if (wasAway) this.#changes.emit(anythingChanged);
    this.#states.emit(['connected']);
  }

  #onLost(reason: unknown): void {
    const isNews = this.#state !== 'away';
    this.#state = 'away';
    this.#pool.abandon();
    if (!isNews) return;
    this.#log.warn({ reason: reason instanceof Error ? reason.message : String(reason) }, 'the database cannot be reached');
    this.#states.emit(['away']);
  }
}
