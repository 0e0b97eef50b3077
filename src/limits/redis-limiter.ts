import { busyRetryMs } from './counter.ts';
import { amountOf, HeldReservation } from './held-reservation.ts';
import type { KnownSpend } from './known-spend.ts';
import type { BudgetLimit, Limit, Limiter, Reading, Reservation, ReserveInput, Verdict } from './limiter.ts';
import type { RedisClient } from './redis-client.ts';
import { LimitKeys } from './redis-keys.ts';

interface RedisLimiterOptions {
  /** Begins every key. */
  keyPrefix: string;
  /** How long a slot or reserved money is held without renewal. */
  leaseMs: number;
  /** How long the client waits for a command. */
  commandTimeoutMs: number;
  /** Unix milliseconds. */
  now: () => number;
  knownSpend: KnownSpend;
  /** Redis has lost its data, or never had any. */
  onCold: () => void;
  /** A settlement or a renewal failed. */
  onFailure: (error: unknown) => void;
  /** Counts by this clock in place of Redis's own, Unix milliseconds: for tests. */
  clock?: () => number;
}

type Used = Parameters<Limiter['settle']>[1];
type Arguments = (string | number)[];

class RedisReservation extends HeldReservation {
  readonly heldBy = 'redis';
}

const renewedAtOnce = 100;

/** Counts in Redis. One round trip reserves, one settles; what fails, fails at once and is not sent again. */
export class RedisLimiter implements Limiter {
  readonly state = 'ok';
  private readonly client: RedisClient;
  private readonly options: RedisLimiterOptions;
  private readonly keys: LimitKeys;
  private readonly running = new Set<RedisReservation>();
  private readonly timer: NodeJS.Timeout;
  private epoch: number | undefined;
  /** Redis's clock less ours; unknown until it has answered. */
  private aheadMs: number | undefined;

  constructor(client: RedisClient, options: RedisLimiterOptions) {
    this.client = client;
    this.options = options;
    this.keys = new LimitKeys(options.keyPrefix);
    this.timer = setInterval(() => void this.renew().catch(options.onFailure), options.leaseMs / 3).unref();
  }

  /** Rejects when Redis does not answer in time or refuses the command. */
  async reserve(input: ReserveInput): Promise<Verdict> {
    const keys = [this.keys.epoch];
    const args: Arguments = [...this.clock(), this.options.leaseMs, busyRetryMs, input.id, input.tokens, input.costNanoUsd];
    for (const limit of input.limits) {
      this.keys.push(keys, limit);
      args.push(LimitKeys.kindOf(limit), limit.max === Infinity ? -1 : limit.max);
      if (limit.kind === 'budget') args.push(limit.periodEndMs, this.floorOf(limit));
    }
    const sentAtMs = this.options.now();
    const answer = await this.client.reserveLimits(keys.length, ...keys, ...args);
    const [outcome = -1, redisNowMs = 0, epoch = 0, isNew = 0] = answer;
    // Too large by the time the command was under way, so that no command is ever held to be late by mistake.
    this.aheadMs = redisNowMs - sentAtMs;
    if (outcome < 0) throw new Error('the reservation reached Redis too late');
    this.learn(input.limits, answer, outcome === 1 ? 4 + input.limits.length : 8);
    this.noticeEpoch(epoch, isNew === 1);
    if (outcome === 0) return refusal(input.limits, answer);
    const reservation = new RedisReservation(input, redisNowMs);
    this.running.add(reservation);
    const remaining = input.limits.map((limit, index) => (limit.max === Infinity ? Infinity : (answer[4 + index] ?? 0)));
    return { isGranted: true, reservation, remaining };
  }

  settle(reservation: Reservation, used: Used): void {
    const sent = this.startSettlement(reservation, used);
    if (sent !== null) void sent.catch(this.options.onFailure);
  }

  /** The budgets know of it from now on, and the lease is renewed no more, even if nothing reaches Redis. */
  writeOff(reservation: Reservation, used: Used): boolean {
    if (!(reservation instanceof RedisReservation) || reservation.isSettled) return false;
    reservation.isSettled = true;
    this.running.delete(reservation);
    for (const limit of reservation.input.limits) {
      if (limit.kind === 'budget') this.options.knownSpend.add(limit, used.costNanoUsd);
    }
    return true;
  }

  async read(limits: readonly Limit[]): Promise<readonly Reading[]> {
    if (limits.length === 0) return [];
    const keys: string[] = [];
    const args: Arguments = [...this.clock()];
    for (const limit of limits) {
      this.keys.push(keys, limit);
      args.push(LimitKeys.kindOf(limit));
      if (limit.kind === 'budget') args.push(limit.periodEndMs, this.floorOf(limit));
    }
    const answer = await this.client.readLimits(keys.length, ...keys, ...args);
    return limits.map((limit, index) => ({ id: limit.id, used: answer[index] ?? 0 }));
  }

  /** Prolongs the leases of everything that runs; a timer does it three times in the life of a lease. */
  async renew(): Promise<void> {
    const all = [...this.running];
    for (let start = 0; start < all.length; start += renewedAtOnce) {
      const keys: string[] = [];
      const args: Arguments = [...this.clock(), this.options.leaseMs];
      for (const { input } of all.slice(start, start + renewedAtOnce)) this.pushLeases(input, keys, args);
      if (keys.length > 0) await this.client.renewLimits(keys.length, ...keys, ...args);
    }
  }

  /** Waits for the first connection. Rejects when Redis is away; the client goes on trying. */
  async connect(): Promise<void> {
    await this.client.connect();
    await this.probe();
  }

  /** Whether Redis is there and takes writes. Rejects where it does not. */
  async probe(): Promise<void> {
    await this.client.set(this.keys.probe, '1', 'PX', 60_000);
  }

  /** Gives up the connection, and all that waits for it, for a new one. */
  reconnect(): void {
    if (this.client.status === 'ready') this.client.disconnect(true);
  }

  /** Sends what was still settled, then closes the connection. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.client.quit().catch(() => this.client.disconnect());
  }

  private startSettlement(reservation: Reservation, used: Used): Promise<void> | null {
    if (!this.writeOff(reservation, used)) return null;
    const { input, atMs } = reservation;
    const second = Math.floor(atMs / 1000);
    const change = used.tokens - input.tokens;
    const keys: string[] = [];
    const args: Arguments = [...this.clock(), input.id, second, change, input.costNanoUsd, used.costNanoUsd];
    const budgets: BudgetLimit[] = [];
    for (const limit of input.limits) {
      if (limit.kind === 'requests' || (limit.kind === 'tokens' && change === 0)) continue;
      this.keys.push(keys, limit);
      args.push(LimitKeys.kindOf(limit));
      if (limit.kind !== 'budget') continue;
      args.push(limit.periodEndMs);
      budgets.push(limit);
    }
    if (keys.length === 0) return null;
    return this.client.settleLimits(keys.length, ...keys, ...args).then((answer) => this.learn(budgets, answer, 0));
  }

  private pushLeases(input: ReserveInput, keys: string[], args: Arguments): void {
    for (const limit of input.limits) {
      if (limit.kind === 'parallel') {
        keys.push(this.keys.of(limit));
        args.push('p', input.id);
      } else if (limit.kind === 'budget' && limit.max !== Infinity && input.costNanoUsd > 0) {
        keys.push(this.keys.leasesOf(limit), this.keys.of(limit));
        args.push('b', input.id, amountOf(limit.kind, input), limit.periodEndMs);
      }
    }
  }

  /** The first two arguments of every script: a clock, and the last moment at which we still wait for an answer, by Redis's clock. */
  private clock(): [string | number, number] {
    if (this.options.clock !== undefined) return [this.options.clock(), 0];
    if (this.aheadMs === undefined) return ['', 0];
    return ['', Math.ceil(this.options.now() + this.aheadMs + this.options.commandTimeoutMs)];
  }

  private floorOf(limit: BudgetLimit): number {
    return Math.max(limit.spentNanoUsd, this.options.knownSpend.of(limit));
  }

  /** Takes the spend of each budget from an answer. */
  private learn(limits: readonly Limit[], answer: readonly number[], start: number): void {
    let index = start;
    for (const limit of limits) {
      if (limit.kind !== 'budget') continue;
      const spentNanoUsd = answer[index] ?? -1;
      if (spentNanoUsd >= 0) this.options.knownSpend.learn(limit, spentNanoUsd);
      index += 1;
    }
  }

  private noticeEpoch(epoch: number, isNew: boolean): void {
    const isOther = this.epoch !== undefined && this.epoch !== Number(epoch);
    this.epoch = Number(epoch);
    if (isNew || isOther) this.options.onCold();
  }
}

function refusal(limits: readonly Limit[], answer: readonly number[]): Verdict {
  const [, , , , position = 0, remaining = 0, used = 0, waitMs = -1] = answer;
  const limit = limits[position - 1];
  if (limit === undefined) throw new Error(`Redis refused by limit ${position} of ${limits.length}`);
  return { isGranted: false, limit, remaining, used, retryAfterMs: waitMs < 0 ? null : waitMs };
}
