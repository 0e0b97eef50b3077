import { setTimeout as wait } from 'node:timers/promises';
import { Kysely, PostgresDialect } from 'kysely';
import { Client, Pool } from 'pg';
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
      const { reason, wasConnected } = await this.#attempt();
      if (signal.aborted) break;
      if (wasConnected) failures = 0;
      this.#listener.onLost(reason);
      if (reason instanceof SchemaTooNewError) this.#first.reject(reason);
      else this.#first.resolve();
      await wait(Math.min(retryMostMs, retryFirstMs * 2 ** Math.min(failures, 20)), undefined, { signal }).catch(() => undefined);
    }
    this.#first.resolve();
  }

  /** One connection from its beginning to its end, and why it ended. */
  async #attempt(): Promise<{ reason: unknown; wasConnected: boolean }> {
    const { url, connectTimeoutMs } = this.#options;
    const client = new Client({ ...connectionConfig(url, connectTimeoutMs), query_timeout: connectTimeoutMs });
    const over = new AbortController();
    const onClose = () => cut(client);
    const broken = breakOf(client);
    let wasConnected = false;
    let reason: unknown;
    this.#closing.signal.addEventListener('abort', onClose);
    try {
      await client.connect();
      const lost = Promise.race([broken, this.#probeForever(client, over.signal)]);
      const failed = lost.then((why) => Promise.reject(toError(why)));
      const steps = await Promise.race([this.#migrate(over.signal), failed]);
      client.on('notification', ({ payload }) => this.#listener.onChanges(decodeChanges(payload ?? '')));
      await client.query(`listen ${changeChannel}`);
      wasConnected = true;
      this.#listener.onConnected(steps);
      this.#first.resolve();
      reason = await lost;
    } catch (error) {
      reason = error;
    }
    this.#closing.signal.removeEventListener('abort', onClose);
    this.#probeNow = () => undefined;
    over.abort();
    cut(client);
    return { reason, wasConnected };
  }

  /** Takes missing steps on a connection of their own, which may take long; `over` gives it up. */
  async #migrate(over: AbortSignal): Promise<readonly string[]> {
    if (this.#isMigrated) return [];
    const pool = new Pool({ ...connectionConfig(this.#options.url, this.#options.connectTimeoutMs), max: 1 });
    pool.on('error', () => undefined);
    pool.on('connect', (client) => {
      // It may break between two statements, and nobody else would hear of that.
      client.on('error', () => undefined);
      over.addEventListener('abort', () => cut(client));
    });
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
    try {
      const steps = await migrate(db, this.#options.migrations);
      this.#isMigrated = true;
      return steps;
    } finally {
      await db.destroy();
    }
  }

  /** Resolves to why when a sign of life does not come, or to nothing when it is `over`. */
  async #probeForever(client: Client, over: AbortSignal): Promise<unknown> {
    while (!over.aborted) {
      const asked = Promise.withResolvers<void>();
      this.#probeNow = asked.resolve;
      const waiting = new AbortController();
      const signal = AbortSignal.any([waiting.signal, over]);
      const timer = wait(this.#options.timings.probeEveryMs, undefined, { signal }).catch(() => undefined);
      await Promise.race([timer, asked.promise]);
      waiting.abort();
      try {
        if (!over.aborted) await client.query('select 1');
      } catch (error) {
        return error;
      }
    }
    return undefined;
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Resolves to why when the connection breaks. */
function breakOf(client: Client): Promise<unknown> {
  return new Promise((resolve) => {
    client.on('error', resolve);
    client.on('end', () => resolve(new Error('the server closed the connection')));
  });
}
