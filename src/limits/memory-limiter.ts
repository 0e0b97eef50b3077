import { BudgetCounter } from './budget-counter.ts';
import type { Counter } from './counter.ts';
import { amountOf, HeldReservation } from './held-reservation.ts';
import { IdleMap } from './idle-map.ts';
import type { KnownSpend } from './known-spend.ts';
import type { BudgetLimit, Limit, Limiter, Reading, Reservation, ReserveInput, Verdict } from './limiter.ts';
import { RateWindow } from './rate-window.ts';
import { SlotCounter } from './slot-counter.ts';

interface MemoryLimiterOptions {
  /** Unix milliseconds. */
  now: () => number;
  /** How long a slot or reserved money is held without renewal. */
  leaseMs: number;
  /** Budgets are raised to it, and it hears of what is settled here. */
  knownSpend?: KnownSpend;
}

type Used = Parameters<Limiter['settle']>[1];

const rateIdleMs = 62_000;
/** The ledger's figure comes with every request, so a forgotten budget starts where the ledger stands. */
const budgetIdleMs = 24 * 3_600_000;

class MemoryReservation extends HeldReservation {
  readonly heldBy = 'memory';
  /** In the order of the limits. */
  readonly counters: Counter[];
  expiresAtMs: number;

  constructor(input: ReserveInput, atMs: number, lease: { counters: Counter[]; expiresAtMs: number }) {
    super(input, atMs);
    this.counters = lease.counters;
    this.expiresAtMs = lease.expiresAtMs;
  }
}

/** Counts in this process. Needs nothing and never fails. */
export class MemoryLimiter implements Limiter {
  readonly state = 'ok';
  private readonly now: () => number;
  private readonly leaseMs: number;
  private readonly knownSpend: KnownSpend | undefined;
  private readonly requests = new IdleMap<Counter>(rateIdleMs);
  private readonly tokens = new IdleMap<Counter>(rateIdleMs);
  private readonly slots: IdleMap<Counter>;
  private readonly budgets: IdleMap<BudgetCounter>;
  /** Leases in the order in which they expire. */
  private running = new Set<MemoryReservation>();
  private expired = new Set<MemoryReservation>();
  private nextExpiryMs = Infinity;
  private readonly timer: NodeJS.Timeout;

  constructor(options: MemoryLimiterOptions) {
    this.now = options.now;
    this.leaseMs = options.leaseMs;
    this.knownSpend = options.knownSpend;
    // A counter that still holds a lease is renewed, and so asked for, more often than either.
    this.slots = new IdleMap(Math.max(rateIdleMs, options.leaseMs));
    this.budgets = new IdleMap(Math.max(budgetIdleMs, options.leaseMs));
    this.timer = setInterval(() => this.renew(), options.leaseMs / 3).unref();
  }

  /** How many counters are remembered. */
  get size(): number {
    return this.requests.size + this.tokens.size + this.slots.size + this.budgets.size;
  }

  reserve(input: ReserveInput): Verdict {
    const nowMs = this.now();
    this.tidy(nowMs);
    const { limits } = input;
    const counters: Counter[] = [];
    let refusing = -1;
    let longestMs = 0;
    for (const limit of limits) {
      const counter = this.counterOf(limit);
      const waitMs = counter.waitMs(limit, amountOf(limit.kind, input), nowMs);
      if (waitMs > longestMs) {
        refusing = counters.length;
        longestMs = waitMs;
      }
      counters.push(counter);
    }
    const limit = limits[refusing];
    const counter = counters[refusing];
    if (limit !== undefined && counter !== undefined) return refusal(limit, counter.used, longestMs);
    return this.grant(input, counters, nowMs);
  }

  settle(reservation: Reservation, used: Used): void {
    if (!(reservation instanceof MemoryReservation) || reservation.isSettled) return;
    reservation.isSettled = true;
    const { input, counters, atMs } = reservation;
    const hadLease = this.running.delete(reservation);
    this.expired.delete(reservation);
    for (const [index, limit] of input.limits.entries()) {
      const counter = counters[index];
      if (counter === undefined) continue;
      const estimate = amountOf(limit.kind, input);
      if (hadLease) counter.letGo(limit, estimate);
      counter.settle(limit, estimate, limit.kind === 'budget' ? used.costNanoUsd : used.tokens, atMs);
      if (limit.kind === 'budget') this.knownSpend?.add(limit, used.costNanoUsd);
    }
  }

  /** Never rejects. */
  read(limits: readonly Limit[]): Promise<readonly Reading[]> {
    const nowMs = this.now();
    this.tidy(nowMs);
    return Promise.resolve(limits.map((limit) => ({ id: limit.id, used: this.usedOf(limit, nowMs) })));
  }

  /** Prolongs the leases of everything that runs; a timer does it three times in the life of a lease. */
  renew(): void {
    const nowMs = this.now();
    this.tidy(nowMs);
    for (const reservation of this.expired) {
      this.replaceForgotten(reservation);
      this.eachLease(reservation, (counter, limit, amount) => counter.holdAgain(limit, amount));
      this.running.add(reservation);
    }
    this.expired.clear();
    for (const reservation of this.running) {
      reservation.expiresAtMs = nowMs + this.leaseMs;
      this.eachLease(reservation, (_counter, limit) => {
        // Asking for it keeps it from being forgotten.
        (limit.kind === 'budget' ? this.budgets : this.slots).get(limit.id);
      });
    }
    this.nextExpiryMs = nowMs + this.leaseMs;
  }

  close(): Promise<void> {
    clearInterval(this.timer);
    return Promise.resolve();
  }

  private grant(input: ReserveInput, counters: Counter[], nowMs: number): Verdict {
    const expiresAtMs = nowMs + this.leaseMs;
    const reservation = new MemoryReservation(input, nowMs, { counters, expiresAtMs });
    const remaining: number[] = [];
    for (const [index, limit] of input.limits.entries()) {
      const counter = counters[index];
      if (counter === undefined) continue;
      counter.hold(limit, amountOf(limit.kind, input), nowMs);
      remaining.push(Math.max(0, limit.max - counter.used));
    }
    this.running.add(reservation);
    if (expiresAtMs < this.nextExpiryMs) this.nextExpiryMs = expiresAtMs;
    return { isGranted: true, reservation, remaining };
  }

  /** Lets expired leases go, forgets idle counters. Both cost nothing until there is something to do. */
  private tidy(nowMs: number): void {
    this.requests.turn(nowMs);
    this.tokens.turn(nowMs);
    this.slots.turn(nowMs);
    this.budgets.turn(nowMs);
    if (nowMs < this.nextExpiryMs) return;
    this.nextExpiryMs = Infinity;
    for (const reservation of this.running) {
      if (reservation.expiresAtMs > nowMs) {
        this.nextExpiryMs = reservation.expiresAtMs;
        break;
      }
      this.running.delete(reservation);
      this.expired.add(reservation);
      this.eachLease(reservation, (counter, limit, amount) => counter.letGo(limit, amount));
    }
  }

  /** A counter without a lease may have been forgotten, and made anew for others. */
  private replaceForgotten({ input, counters }: MemoryReservation): void {
    for (const [index, limit] of input.limits.entries()) {
      if (limit.kind === 'parallel') counters[index] = this.counterOf(limit);
    }
  }

  private eachLease(reservation: MemoryReservation, visit: (counter: Counter, limit: Limit, amount: number) => void): void {
    for (const [index, limit] of reservation.input.limits.entries()) {
      const counter = reservation.counters[index];
      if (counter === undefined || limit.kind === 'requests' || limit.kind === 'tokens') continue;
      visit(counter, limit, amountOf(limit.kind, reservation.input));
    }
  }

  /** Changes nothing: who only looks makes no counters. */
  private usedOf(limit: Limit, nowMs: number): number {
    if (limit.kind === 'budget') {
      const counter = this.budgets.get(limit.id);
      const floor = this.floorOf(limit);
      if (counter === undefined || counter.isOverBy(limit.periodEndMs)) return floor;
      return counter.used + (counter.periodEndMs === limit.periodEndMs ? Math.max(0, floor - counter.spentNanoUsd) : 0);
    }
    const counter = this.mapOf(limit.kind).get(limit.id);
    counter?.waitMs(limit, 0, nowMs);
    return counter?.used ?? 0;
  }

  private counterOf(limit: Limit): Counter {
    if (limit.kind === 'budget') return this.budgetOf(limit);
    const map = this.mapOf(limit.kind);
    let counter = map.get(limit.id);
    if (counter === undefined) {
      counter = limit.kind === 'parallel' ? new SlotCounter() : new RateWindow();
      map.set(limit.id, counter);
    }
    return counter;
  }

  private mapOf(kind: 'requests' | 'tokens' | 'parallel'): IdleMap<Counter> {
    if (kind === 'parallel') return this.slots;
    return kind === 'tokens' ? this.tokens : this.requests;
  }

  private budgetOf(limit: BudgetLimit): BudgetCounter {
    let counter = this.budgets.get(limit.id);
    if (counter === undefined || counter.isOverBy(limit.periodEndMs)) {
      counter = new BudgetCounter(limit.periodEndMs);
      this.budgets.set(limit.id, counter);
    }
    counter.raise(limit.periodEndMs, this.floorOf(limit));
    return counter;
  }

  private floorOf(limit: BudgetLimit): number {
    return Math.max(limit.spentNanoUsd, this.knownSpend?.of(limit) ?? 0);
  }
}

function refusal(limit: Limit, used: number, waitMs: number): Verdict {
  return {
    isGranted: false,
    limit,
    remaining: Math.max(0, limit.max - used),
    used: limit.kind === 'budget' ? used : 0,
    retryAfterMs: waitMs === Infinity ? null : waitMs,
  };
}
