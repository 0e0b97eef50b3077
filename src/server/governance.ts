import { randomUUID } from 'node:crypto';
import { storedSpend, type AdminServices } from '../admin/services.ts';
import { SpendService } from '../admin/spend-service.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import { Secret } from '../config/secret.ts';
import { Admission } from '../core/admission.ts';
import { Settlement } from '../core/settlement.ts';
import { CachedKeyDirectory } from '../keys/key-directory.ts';
import { newKey } from '../keys/key-hash.ts';
import { SecretBox } from '../keys/secret-box.ts';
import { BatchedLedger } from '../ledger/batched-ledger.ts';
import { LedgerPruner } from '../ledger/ledger-pruner.ts';
import { Spool } from '../ledger/spool.ts';
import { createLimiter } from '../limits/create-limiter.ts';
import type { Limiter } from '../limits/limiter.ts';
import { storeKeySource } from '../store/access-query.ts';
import { counterRows, moveCounters } from '../store/budgets-counters.ts';
import { LateStore } from '../store/late-store.ts';
import { LedgerWriter } from '../store/ledger-writer.ts';
import { pruneLedgerBatch } from '../store/prune-ledger.ts';
import { describeCause } from '../telemetry/describe-cause.ts';
import type { OwnedLogger } from '../telemetry/log.ts';
import { configuredCounters } from './configured-counters.ts';
import { globalCounter, GlobalLimits } from './global-limits.ts';
import { isKeyed, usesStore } from './keyed.ts';
import { KeysFile } from './keys-file.ts';

interface GovernanceInput {
  config: () => Config;
  environment: Environment;
  logger: OwnedLogger;
  /** The clock of requests, milliseconds. */
  now: () => number;
  newId: () => string;
}

/** Who may do what and how much: keys, limits, budgets and spend, over the database and Redis where there are any. */
export class Governance {
  readonly admission: Admission;
  readonly settlement: Settlement;
  readonly directory: CachedKeyDirectory;
  readonly spend: SpendService;
  readonly services: AdminServices;
  readonly #input: GovernanceInput;
  readonly #store: LateStore | null;
  readonly #ledger: BatchedLedger | null;
  readonly #limiter: Limiter;
  readonly #globalLimits: GlobalLimits;
  readonly #keysFile: KeysFile;
  #pruner: LedgerPruner | null = null;
  #reseedTimer: NodeJS.Timeout | undefined;

  /** Connects to Redis, where one is configured; without it the limiter begins degraded. The database is opened by `open`. */
  static async create(input: GovernanceInput): Promise<Governance> {
    const { environment, logger } = input;
    const { limits, redis } = input.config();
    const url = environment.redisUrl ?? redis?.url.reveal();
    const made: { governance?: Governance } = {};
    const limiter = await createLimiter({
      redis: url === undefined ? null : { url, keyPrefix: redis?.keyPrefix ?? 'sluice' },
      leaseMs: limits.leaseMs,
      onRedisFailure: limits.onRedisFailure,
      now: Date.now,
      onStateChange: (state, cause) => {
        if (state === 'ok') logger.info({}, 'Redis is back: limits are counted there again');
        else logger.warn({ cause: String(cause) }, 'Redis is away: limits are counted in this process');
        // What the others have spent is known from the ledger alone, when Redis goes and when it has missed it.
        made.governance?.reseed('refresh');
      },
      onCold: () => {
        logger.warn({}, 'Redis holds no counters, being new or emptied: spend is taken from the ledger');
        made.governance?.reseed('distrust');
      },
    });
    return (made.governance = new Governance(input, limiter));
  }

  private constructor(input: GovernanceInput, limiter: Limiter) {
    this.#input = input;
    this.#limiter = limiter;
    const { environment, logger, now, newId } = input;
    const config = input.config();
    this.#store = usesStore(config, environment)
      ? new LateStore((error) => logger.error({ cause: describeCause(error as Error) }, 'a listener of the database failed'))
      : null;
    const store = this.#store ?? new LateStore(() => undefined);
    this.#ledger = this.#store === null ? null : makeLedger(this.#store, input);
    this.#keysFile = new KeysFile({
      config: input.config,
      variables: environment.variables,
      logger,
      hasStore: this.#store !== null,
      onChange: () => this.#takeKeys(),
    });
    this.directory = new CachedKeyDirectory({
      source: this.#store === null ? null : storeKeySource(this.#store),
      now: Date.now,
      ...this.#keySettings(),
    });
    const globalLimits = new GlobalLimits({
      config: input.config,
      now: Date.now,
      read: () => counterRows(store.db, [globalCounter]),
      onFailure: (error) => logger.warn({ cause: String(error) }, 'what was spent in all cannot be read'),
    });
    this.#globalLimits = globalLimits;
    this.admission = new Admission({
      limiter: () => limiter,
      globalScope: () => globalLimits.scope,
      directory: this.directory,
      settings: () => ({
        assumedOutputTokens: input.config().limits.assumedOutputTokens,
        ipRequestsPerMinute: ipLimit(input.config()),
      }),
      wallNow: Date.now,
      newId,
      onSoftBudget: ({ scope, softNanoUsd }, spentNanoUsd) =>
        logger.warn(
          { scope, soft_budget_usd: (softNanoUsd ?? 0) / 1e9, spent_usd: spentNanoUsd / 1e9 },
          'a soft budget is spent',
        ),
    });
    this.settlement = new Settlement({ admission: this.admission, ledger: () => this.#ledger, now, wallNow: Date.now, newId });
    this.spend = new SpendService({
      db: store.db,
      now: Date.now,
      globalBudgetNanoUsd: () => input.config().limits.global.budgetUsd ?? null,
    });
    this.services = {
      store,
      now: Date.now,
      newKey,
      newId: randomUUID,
      currentSpend: storedSpend(store, Date.now),
    };
  }

  /** Whether clients need a key. */
  get isKeyed(): boolean {
    return isKeyed(this.#input.config(), this.#input.environment);
  }

  /** What secrets of models are sealed with; null: neither a salt key nor a master key is set. */
  secretBox(): SecretBox | null {
    const { config, environment } = this.#input;
    const key = environment.saltKey ?? environment.masterKey ?? config().masterKey?.reveal();
    return key === undefined ? null : new SecretBox(key);
  }

  get limiter(): Limiter {
    return this.#limiter;
  }

  /** The database's state for /health/readiness. */
  get database(): 'connected' | 'disconnected' | 'Not connected' {
    if (this.#store === null) return 'Not connected';
    return this.#store.state === 'connected' ? 'connected' : 'disconnected';
  }

  /** For the metrics. */
  figures() {
    return {
      isDatabaseUp: () => (this.#store === null ? null : this.#store.state === 'connected'),
      areLimitsDegraded: () => this.#limiter.state === 'degraded',
      ledger: () => this.#ledger,
    };
  }

  get ledger(): Pick<BatchedLedger, 'state' | 'pendingRows' | 'droppedRows'> | null {
    return this.#ledger;
  }

  /** Opens the database. @throws Error that says what to do, where it cannot be opened at all */
  async open(): Promise<void> {
    this.#keysFile.start();
    if (this.#store === null || this.#ledger === null) return;
    const { environment, logger } = this.#input;
    const { database, spend } = this.#input.config();
    const { openStore } = await import('../store/open-store.ts');
    const opened = await openStore({
      url: environment.databaseUrl ?? database.url?.reveal() ?? null,
      directory: environment.databaseDirectory,
      poolSize: database.poolSize,
      connectTimeoutMs: database.connectTimeoutMs,
      log: logger,
    });
    this.#store.open(opened);
    await this.#moveConfiguredCounters();
    await this.#globalLimits.load();
    this.#globalLimits.start();
    await this.#ledger.start();
    const { retentionDays } = spend;
    if (retentionDays === undefined || !spend.ledger) return;
    this.#pruner = new LedgerPruner({
      pruneBatch: (batch) => pruneLedgerBatch(opened.db, batch),
      retentionDays,
      now: Date.now,
      log: logger,
    });
    void this.#pruner.start();
  }

  /** Takes over a new configuration as far as it can change while the gateway runs. */
  reload(): void {
    this.#keysFile.reload();
    this.#globalLimits.reload();
    this.#takeKeys();
  }

  #takeKeys(): void {
    this.directory.configure(this.#keySettings());
    if (this.#store?.state === 'connected') void this.#moveConfiguredCounters().then(() => this.#globalLimits.load());
  }

  /** The keys of the configuration and of the file that it names. */
  #keySettings() {
    const { masterKey, keys, database } = this.#input.config();
    const named = this.#input.environment.masterKey;
    const master = named === undefined ? masterKey : new Secret(named);
    return { masterKey: master ?? null, keys: [...keys, ...this.#keysFile.keys], onFailure: database.onFailure };
  }

  /** Budgets of the configuration count in the periods that it gives them now. Without the database that is done at the next start. */
  async #moveConfiguredCounters(): Promise<void> {
    if (this.#store === null) return;
    const nowMs = Date.now();
    await moveCounters(
      this.#store.db,
      configuredCounters({ ...this.#input.config(), keys: this.#keySettings().keys }, nowMs),
      new Date(nowMs),
    ).catch((error: unknown) =>
      this.#input.logger.warn({ cause: String(error) }, 'the counters of the configuration’s budgets could not be moved'),
    );
  }

  /** Writes what is known of spend, so that counters which start anew begin with it. */
  reseed(keys: 'refresh' | 'distrust'): void {
    const { logger, config } = this.#input;
    const takeOver = () => {
      this.directory.refreshAll();
      void this.#globalLimits.load();
    };
    const write = this.#ledger?.flush() ?? Promise.resolve();
    write.then(
      () => {
        if (keys === 'distrust') this.directory.distrustAll();
        takeOver();
      },
      (error: unknown) => logger.warn({ cause: String(error) }, 'the ledger could not be written'),
    );
    // By then the other gateways have written theirs too.
    clearTimeout(this.#reseedTimer);
    this.#reseedTimer = setTimeout(takeOver, 2 * config().spend.flushIntervalMs).unref();
  }

  async close(): Promise<void> {
    clearTimeout(this.#reseedTimer);
    this.#pruner?.stop();
    this.#globalLimits.stop();
    this.#keysFile.close();
    this.directory.close();
    await this.#ledger?.close();
    await Promise.all([this.#store?.close(), this.#limiter.close()]);
  }
}

function makeLedger(store: LateStore, { config, environment, logger, newId }: GovernanceInput): BatchedLedger {
  const { ledger, flushIntervalMs } = config().spend;
  const isEmbedded = environment.databaseUrl === undefined && config().database.url === undefined;
  const instance = newId();
  const common = { now: Date.now, instance, log: logger };
  return new BatchedLedger({
    ...common,
    writer: new LedgerWriter({ db: store.db, keepsRows: ledger }),
    spool: new Spool({ ...common, directory: environment.spoolDirectory }),
    flushIntervalMs,
    // The embedded database shares our processors: it is slow where they are busy, not away.
    ...(isEmbedded ? { writeTimeoutMs: 10_000 } : {}),
  });
}

const usualIpLimit = 100;

/** Requests a minute from one address: as configured, else the usual number where others than this machine can reach the gateway. */
function ipLimit({ limits, server }: Config): number | null {
  if (limits.ip.requestsPerMinute !== undefined) return limits.ip.requestsPerMinute;
  return isLoopback(server.host) ? null : usualIpLimit;
}

/** Whether only this machine can reach what listens on a host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
