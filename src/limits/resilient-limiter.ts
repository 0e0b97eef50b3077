import { GatewayError } from '../errors.ts';
import type { Limit, Limiter, Reading, Reservation, ReserveInput, Verdict } from './limiter.ts';
import type { MemoryLimiter } from './memory-limiter.ts';
import type { RedisLimiter } from './redis-limiter.ts';

interface ResilientLimiterOptions {
  redis: RedisLimiter;
  /** Shares its `KnownSpend` with `redis`. */
  memory: MemoryLimiter;
  /** While Redis is away: count in this process, or refuse requests that have limits. */
  onRedisFailure: 'local' | 'refuse';
  /** How often Redis is asked whether it is back. */
  probeIntervalMs: number;
  /** `cause`: what failed. */
  onStateChange: (state: Limiter['state'], cause?: unknown) => void;
}

/**
 * Counts in Redis, and in this process while Redis is away. The first failure of any command opens the circuit: whatever waits for Redis
 * fails at once, nobody asks it again but a probe, and the first probe that it answers brings everybody back.
 *
 * A reservation is settled where it was made. What is spent while Redis is away becomes known spend, to which the budget in Redis is raised
 * at its next reservation.
 */
export class ResilientLimiter implements Limiter {
  private readonly options: ResilientLimiterOptions;
  private probeTimer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(options: ResilientLimiterOptions) {
    this.options = options;
  }

  get state(): Limiter['state'] {
    return this.probeTimer === undefined ? 'ok' : 'degraded';
  }

  /** Throws `service_unavailable` while Redis is away, if so configured and the request has a limit that could refuse it. */
  reserve(input: ReserveInput): Verdict | Promise<Verdict> {
    if (input.limits.length === 0) return this.options.memory.reserve(input);
    if (this.state === 'degraded') return this.reserveWithoutRedis(input);
    return this.options.redis.reserve(input).catch((error: unknown) => {
      this.degrade(error);
      return this.reserveWithoutRedis(input, error);
    });
  }

  settle(reservation: Reservation, used: { tokens: number; costNanoUsd: number }): void {
    if (reservation.heldBy === 'memory') this.options.memory.settle(reservation, used);
    else if (this.state === 'degraded') this.options.redis.writeOff(reservation, used);
    else this.options.redis.settle(reservation, used);
  }

  async read(limits: readonly Limit[]): Promise<readonly Reading[]> {
    if (this.state === 'degraded') return this.options.memory.read(limits);
    try {
      return await this.options.redis.read(limits);
    } catch (error) {
      this.degrade(error);
      return this.options.memory.read(limits);
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.probeTimer);
    await Promise.all([this.options.redis.close(), this.options.memory.close()]);
  }

  /** Redis failed. Does nothing while that is known. */
  degrade(cause: unknown): void {
    if (this.isClosed || this.state === 'degraded') return;
    this.probeLater();
    this.options.redis.reconnect();
    this.options.onStateChange('degraded', cause);
  }

  private probeLater(): void {
    this.probeTimer = setTimeout(() => void this.probe(), this.options.probeIntervalMs).unref();
  }

  private async probe(): Promise<void> {
    try {
      await this.options.redis.probe();
    } catch {
      if (this.isClosed) return;
      this.options.redis.reconnect();
      this.probeLater();
      return;
    }
    if (this.isClosed) return;
    this.probeTimer = undefined;
    this.options.onStateChange('ok');
  }

  private reserveWithoutRedis(input: ReserveInput, cause?: unknown): Verdict {
    const canRefuse = input.limits.some((limit) => limit.max !== Infinity);
    if (this.options.onRedisFailure === 'local' || !canRefuse) return this.options.memory.reserve(input);
    throw new GatewayError('service_unavailable', 'the limits of this request cannot be checked at the moment; try again', {
      retryAfterMs: 1000,
      cause,
    });
  }
}
