import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import { changesToldBy } from '../change-feed.ts';
import type { Change } from '../store.ts';
import { unreachable } from '../unreachable.ts';
import type { DatabaseThread } from './database-thread.ts';

/** Longer than any statement of ours takes: who waits so long waits for a transaction that waits for him. */
const checkoutTimeoutMs = 30_000;

/** The embedded database as kysely's pool of connections: there is one, and who wants it waits in line. */
export class EmbeddedPool implements PostgresPool {
  readonly options = {};
  readonly #thread: () => DatabaseThread | null;
  readonly #onCommitted: (changes: readonly Change[]) => void;
  #last: Promise<void> = Promise.resolve();

  /** `onCommitted` hears what a transaction announced once it is committed. `thread` gives null while the database is away. */
  constructor(thread: () => DatabaseThread | null, onCommitted: (changes: readonly Change[]) => void) {
    this.#thread = thread;
    this.#onCommitted = onCommitted;
  }

  async connect(): Promise<PostgresPoolClient> {
    const before = this.#last;
    const { promise, resolve: release } = Promise.withResolvers<void>();
    this.#last = promise;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      const error = new Error(`the embedded database was busy for ${checkoutTimeoutMs / 1000} s`);
      timer = setTimeout(() => reject(unreachable(error)), checkoutTimeoutMs);
    });
    try {
      await Promise.race([before, tooLate]);
      const thread = this.#thread();
      if (thread === null) throw unreachable(undefined);
      return new EmbeddedClient(thread, release, this.#onCommitted);
    } catch (error) {
      // Who waits behind us goes on as soon as those before us are done.
      void before.then(release);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when the statements under way are done. */
  end(): Promise<void> {
    return this.#last;
  }
}

class EmbeddedClient implements PostgresPoolClient {
  readonly #thread: DatabaseThread;
  readonly #release: () => void;
  readonly #onCommitted: (changes: readonly Change[]) => void;
  #announced: Change[] = [];

  constructor(thread: DatabaseThread, release: () => void, onCommitted: (changes: readonly Change[]) => void) {
    this.#thread = thread;
    this.#release = release;
    this.#onCommitted = onCommitted;
  }

  query<Row>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query(sql: never): never;
  async query(sql: string, parameters: readonly unknown[] = []): Promise<unknown> {
    this.#announced.push(...changesToldBy(sql, parameters));
    const result = await this.#thread.run(sql, parameters);
    if (result.command === 'COMMIT') this.#onCommitted(this.#announced);
    if (result.command === 'COMMIT' || result.command === 'ROLLBACK') this.#announced = [];
    return result;
  }

  release(): void {
    this.#release();
  }
}
