import { setTimeout as wait } from 'node:timers/promises';
import { Kysely, PostgresDialect } from 'kysely';
import { Client, Pool, type PoolClient } from 'pg';
import { changeChannel, decodeChanges } from './change-feed.ts';
import { connectionConfig, cut } from './guarded-pool.ts';
import { migrate, SchemaTooNewError, type Migration } from './migrator.ts';
import type { Change } from './store.ts';

/** How patient the link is, in milliseconds. */
export interface LinkTimings {
  /** Between two signs of life that the server is asked for. */
  probeEveryMs: number;
  retryFirstMs: number;
  retryMostMs: number;
}

export interface LinkOptions {
  url: string;
  connectTimeoutMs: number;
  timings: LinkTimings;
  migrations: readonly Migration[];
}

/** What the link tells its owner. */
export interface LinkListener {
  /** Connected, migrated, and hearing of changes from now on. `steps`: migrations that were made. */
  onConnected(steps: readonly string[]): void;
  /** The connection is lost or was never had; tried again by itself. */
  onLost(reason: unknown): void;
  onChanges(changes: readonly Change[]): void;
}

/**
 * The one connection by which a gateway knows whether its server is there, and hears of changes. It migrates before it says that it is
 * connected, asks for a sign of life all the time, and comes back by itself.
 */
export class ServerLink {
  /** Settles when the first attempt is over, whatever came of it. @throws SchemaTooNewError */
  readonly firstAttempt: Promise<void>;
  readonly #options: LinkOptions;
  readonly #listener: LinkListener;
  readonly #closing = new AbortController();
  readonly #ended: Promise<void>;
  readonly #first = Promise.withResolvers<void>();
  #isMigrated = false;
  #probeNow: () => void = () => undefined;

  constructor(options: LinkOptions, listener: LinkListener) {
    this.#options = options;
    this.#listener = listener;
    this.firstAttempt = this.#first.promise;
    this.#ended = this.#run();
  }

  /** Asks for a sign of life now, because something else failed. */
  probe(): void {
    this.#probeNow();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const { retryFirstMs, retryMostMs } = this.#options.timings;
    for (let failures = 0; !signal.aborted; failures++) {
      const client = new Client({
        ...connectionConfig(this.#options.url, this.#options.connectTimeoutMs),
        query_timeout: this.#options.connectTimeoutMs,
      });
      const onAbort = () => cut(client);
      const lost = lossOf(client);
      let reason: unknown;
      signal.addEventListener('abort', onAbort);
      try {
        await client.connect();
        const steps = await this.#migrate();
        client.on('notification', ({ payload }) => this.#listener.onChanges(decodeChanges(payload ?? '')));
        await client.query(`listen ${changeChannel}`);
        failures = 0;
        this.#listener.onConnected(steps);
        this.#first.resolve();
        reason = await Promise.race([lost, this.#probeForever(client)]);
      } catch (error) {
        reason = error;
      }
      signal.removeEventListener('abort', onAbort);
      this.#probeNow = () => undefined;
      cut(client);
      if (signal.aborted) break;
      this.#listener.onLost(reason);
      if (reason instanceof SchemaTooNewError) this.#first.reject(reason);
      else this.#first.resolve();
      await wait(Math.min(retryMostMs, retryFirstMs * 2 ** Math.min(failures, 20)), undefined, { signal }).catch(() => undefined);
    }
    this.#first.resolve();
  }

  async #migrate(): Promise<readonly string[]> {
    if (this.#isMigrated) return [];
    const pool = new Pool({ ...connectionConfig(this.#options.url, this.#options.connectTimeoutMs), max: 1 });
    pool.on('error', () => undefined);
    let client: PoolClient | undefined;
    pool.on('connect', (connected) => {
      client = connected;
      // A migration may take long, and its connection may break between two statements.
      connected.on('error', () => undefined);
    });
    const onAbort = () => client !== undefined && cut(client);
    this.#closing.signal.addEventListener('abort', onAbort);
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
    try {
      const steps = await migrate(db, this.#options.migrations);
      this.#isMigrated = true;
      return steps;
    } finally {
      this.#closing.signal.removeEventListener('abort', onAbort);
      await db.destroy();
    }
  }

  /** Resolves to why when a sign of life does not come. */
  async #probeForever(client: Client): Promise<unknown> {
    const { signal } = this.#closing;
    for (;;) {
      const asked = Promise.withResolvers<void>();
      this.#probeNow = asked.resolve;
      const waiting = new AbortController();
      const timer = wait(this.#options.timings.probeEveryMs, undefined, { signal: waiting.signal }).catch(() => undefined);
      await Promise.race([timer, asked.promise]);
      waiting.abort();
      if (signal.aborted) return undefined;
      try {
        await client.query('select 1');
      } catch (error) {
        return error;
      }
    }
  }
}

/** Resolves to why when the connection breaks. */
function lossOf(client: Client): Promise<unknown> {
  return new Promise((resolve) => {
    client.on('error', resolve);
    client.on('end', () => resolve(new Error('the server closed the connection')));
  });
}
