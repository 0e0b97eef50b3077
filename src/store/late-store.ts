import type { Kysely } from 'kysely';
import { GatewayError } from '../errors.ts';
import { Listeners } from './listeners.ts';
import type { Database } from './schema.ts';
import type { Change, Store } from './store.ts';

/** A store that others can be given before it is open: until then it is `away`, and statements fail with `service_unavailable`. */
export class LateStore implements Store {
  readonly db: Kysely<Database>;
  readonly #changes: Listeners<Change>;
  readonly #states: Listeners<'connected' | 'away'>;
  #store: Store | null = null;
  #isClosed = false;

  constructor(onListenerError: (error: unknown) => void) {
    this.#changes = new Listeners(onListenerError);
    this.#states = new Listeners(onListenerError);
    this.db = new Proxy({} as Kysely<Database>, {
      get: (_target, property) => {
        const { db } = this.#opened();
        const value: unknown = Reflect.get(db, property, db);
        // Its methods use private fields, which only the database itself has.
        return typeof value === 'function' ? (value.bind(db) as unknown) : value;
      },
    });
  }

  /** From here on it is this store. Call it once. Where this one was closed meanwhile, the other is too. */
  open(store: Store): void {
    this.#store = store;
    if (this.#isClosed) void store.close();
    store.onChange((change) => this.#changes.emit([change]));
    store.onState((state) => this.#states.emit([state]));
    this.#states.emit([store.state]);
  }

  get kind(): 'server' | 'embedded' {
    return this.#store?.kind ?? 'embedded';
  }

  get state(): 'connected' | 'away' {
    return this.#store?.state ?? 'away';
  }

  onChange(listener: (change: Change) => void): () => void {
    return this.#changes.add(listener);
  }

  onState(listener: (state: 'connected' | 'away') => void): () => void {
    return this.#states.add(listener);
  }

  announce(changes: readonly Change[], inside?: Kysely<Database>): Promise<void> {
    return this.#opened().announce(changes, inside);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#store?.close();
  }

  #opened(): Store {
    if (this.#store !== null) return this.#store;
    throw new GatewayError('service_unavailable', 'the database is being opened; try again', {
      type: 'no_db_connection',
      retryAfterMs: 1_000,
    });
  }
}
