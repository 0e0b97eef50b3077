import { KnownSpend } from './known-spend.ts';
import type { Limiter } from './limiter.ts';
import { MemoryLimiter } from './memory-limiter.ts';
import { openRedis } from './redis-client.ts';
import { RedisLimiter } from './redis-limiter.ts';
import { ResilientLimiter } from './resilient-limiter.ts';

/** What a gateway's limiter needs to know. */
export interface LimiterOptions {
  /** Null: count in this process. */
  redis: {
    /** `redis://` or `rediss://` (TLS), with user and password where needed. */
    url: string;
    /** Begins every key. */
    keyPrefix: string;
    /** How long a command may take before Redis counts as away; 500. */
    commandTimeoutMs?: number;
    /** How often a Redis that is away is asked whether it is back; 250. */
    probeIntervalMs?: number;
  } | null;
  /** After how long the slots and reserved money of a gateway that died are free again. */
  leaseMs: number;
  /** While Redis is away: count in this process, or refuse requests that have limits. */
  onRedisFailure: 'local' | 'refuse';
  /** Unix milliseconds. */
  now: () => number;
  /** Redis went away, with what failed; or came back. */
  onStateChange: (state: Limiter['state'], cause?: unknown) => void;
  /** Redis has lost its counters, or is new: write the ledger out and load the spend of budgets anew. */
  onCold: () => void;
}

/** The limiter of a gateway. Where Redis does not answer at the start it is degraded from the start; it never fails for that. */
export async function createLimiter(options: LimiterOptions): Promise<Limiter> {
  const { redis, leaseMs, now } = options;
  if (redis === null) return new MemoryLimiter({ now, leaseMs });
  // A pause of our own event loop must not pass for a Redis that is away.
  const { commandTimeoutMs = 500, probeIntervalMs = 250 } = redis;
  const knownSpend = new KnownSpend();
  const shared = new RedisLimiter(await openRedis(redis.url, { commandTimeoutMs }), {
    keyPrefix: redis.keyPrefix,
    leaseMs,
    commandTimeoutMs,
    now,
    knownSpend,
    onCold: options.onCold,
    onFailure: (error) => limiter.degrade(error),
  });
  const limiter = new ResilientLimiter({
    redis: shared,
    memory: new MemoryLimiter({ now, leaseMs, knownSpend }),
    onRedisFailure: options.onRedisFailure,
    probeIntervalMs,
    onStateChange: options.onStateChange,
  });
  await shared.connect().catch((error: unknown) => limiter.degrade(error));
  return limiter;
}
