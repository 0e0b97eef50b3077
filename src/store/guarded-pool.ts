import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import { Pool, types, type ClientBase, type ClientConfig, type PoolClient } from 'pg';
import { changesToldBy } from './change-feed.ts';
import { columnReaders } from './column-types.ts';
import type { Change } from './store.ts';
import { isConnectionFailure, unreachable } from './unreachable.ts';

/** No statement of ours should take so long; one that does is ended by the server, and what it locked is free again. */
const statementTimeoutMs = 30_000;
const lockTimeoutMs = 10_000;
/** A transaction whose gateway has stopped in the middle of it gives its locks back. */
const idleTransactionTimeoutMs = 60_000;
/** The server's own limit comes first; this one is for a server that does not answer at all. */
const answerTimeoutMs = statementTimeoutMs + 5_000;

const idleConnectionMs = 60_000;

/** How a connection to the server is made, whoever makes it. */
export function connectionConfig(url: string, connectTimeoutMs: number): ClientConfig {
  return {
    connectionString: url,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    application_name: 'sluice',
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') => readerOf(oid, format)) as typeof types.getTypeParser,
    },
  };
}

function readerOf(oid: number, format: 'text' | 'binary' = 'text'): (text: string) => unknown {
  return columnReaders[oid] ?? (types.getTypeParser(oid, format as 'text') as (text: string) => unknown);
}

/** What the pool tells its owner. */
interface PoolListener {
  /** Whether statements may be tried at all. */
  isAway(): boolean;
  /** A connection failed: the server may be gone. */
  onSuspicion(): void;
  /** A transaction of this gateway that announced changes has committed. */
  onCommitted(changes: readonly Change[]): void;
}

interface GuardedPoolOptions {
  url: string;
  poolSize: number;
  connectTimeoutMs: number;
}

/**
 * The pool as kysely sees it. While the server is away it refuses at once; failures of the connection become `service_unavailable`
 * (type `no_db_connection`); a connection that failed is never used again.
 */
export class GuardedPool implements PostgresPool {
  readonly options: object;
  readonly #pool: Pool;
  readonly #clients = new Set<PoolClient>();
  readonly #listener: PoolListener;

  constructor({ url, poolSize, connectTimeoutMs }: GuardedPoolOptions, listener: PoolListener) {
    this.#listener = listener;
    this.#pool = new Pool({
      ...connectionConfig(url, connectTimeoutMs),
      max: poolSize,
      idleTimeoutMillis: idleConnectionMs,
      statement_timeout: statementTimeoutMs,
      lock_timeout: lockTimeoutMs,
      idle_in_transaction_session_timeout: idleTransactionTimeoutMs,
      query_timeout: answerTimeoutMs,
    });
    this.options = this.#pool.options;
    this.#pool.on('connect', (client) => this.#clients.add(client));
    this.#pool.on('remove', (client) => this.#clients.delete(client));
    this.#pool.on('error', () => this.#listener.onSuspicion());
  }

  async connect(): Promise<PostgresPoolClient> {
    if (this.#listener.isAway()) throw unreachable(undefined);
    try {
      return new GuardedClient(await this.#pool.connect(), this.#listener);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #explain(error: unknown): unknown {
    if (!isConnectionFailure(error)) return error;
    this.#listener.onSuspicion();
    return unreachable(error);
  }

  /** Cuts every connection, so that whoever waits for an answer hears at once that none will come. */
  abandon(): void {
    for (const client of this.#clients) cut(client);
    this.#clients.clear();
  }

  /** Waits for running statements, but not for a server that does not answer. */
  async end(): Promise<void> {
    const patience = setTimeout(() => this.abandon(), 3_000);
    await this.#pool.end();
    clearTimeout(patience);
  }
}

/** Closes a connection without a word: a server that does not answer would not hear one. */
export function cut(client: ClientBase): void {
  (client as ClientBase & { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

/** One checked-out connection. */
class GuardedClient implements PostgresPoolClient {
  readonly #client: PoolClient;
  readonly #listener: PoolListener;
  readonly #onError = () => this.#fail();
  #announced: Change[] = [];
  #hasFailed = false;

  constructor(client: PoolClient, listener: PoolListener) {
    this.#client = client;
    this.#listener = listener;
    // Without a listener a connection that breaks between two statements would end the process.
    client.on('error', this.#onError);
  }

  query<Row>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query(sql: never): never;
  async query(sql: string, parameters: readonly unknown[] = []): Promise<unknown> {
    try {
      this.#announced.push(...changesToldBy(sql, parameters));
      const result = await this.#client.query(sql, [...parameters]);
      if (result.command === 'COMMIT') this.#listener.onCommitted(this.#announced);
      if (result.command === 'COMMIT' || result.command === 'ROLLBACK') this.#announced = [];
      return result;
    } catch (error) {
      if (!isConnectionFailure(error)) throw error;
      this.#fail();
      throw unreachable(error);
    }
  }

  release(destroy?: boolean): void {
    this.#client.off('error', this.#onError);
    this.#client.release(destroy === true || this.#hasFailed);
  }

  #fail(): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    cut(this.#client);
    this.#listener.onSuspicion();
  }
}
