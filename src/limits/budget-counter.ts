import { busyRetryMs, type Counter } from './counter.ts';
import type { BudgetLimit } from './limiter.ts';

/**
 * Money of one period: what was spent, and what running requests have reserved. The next period gets a new counter, so what settles late
 * stays with its own. A budget without a maximum reserves nothing.
 */
export class BudgetCounter implements Counter {
  readonly periodEndMs: number;
  spentNanoUsd = 0;
  private reservedNanoUsd = 0;

  constructor(periodEndMs: number) {
    this.periodEndMs = periodEndMs;
  }

  get used(): number {
    return this.spentNanoUsd + this.reservedNanoUsd;
  }

  /** Whether a limit that ends then needs a counter of its own. An earlier end comes from a clock that is late: it is held to this one. */
  isOverBy(periodEndMs: number): boolean {
    return periodEndMs > this.periodEndMs || (periodEndMs === 0 && this.periodEndMs !== 0);
  }

  /** Raises the spend of the same period to what somebody else knows. */
  raise(periodEndMs: number, spentNanoUsd: number): void {
    if (periodEndMs === this.periodEndMs && spentNanoUsd > this.spentNanoUsd) this.spentNanoUsd = spentNanoUsd;
  }

  waitMs(limit: BudgetLimit, amount: number, nowMs: number): number {
    if (limit.max > 0 && this.spentNanoUsd < limit.max && this.used + amount <= limit.max) return 0;
    if (limit.max <= 0 || amount > limit.max) return Infinity;
    const untilEndMs = limit.periodEndMs === 0 ? Infinity : Math.max(1, limit.periodEndMs - nowMs);
    const isOnlyReserved = this.spentNanoUsd < limit.max && this.spentNanoUsd + amount <= limit.max;
    return isOnlyReserved ? Math.min(busyRetryMs, untilEndMs) : untilEndMs;
  }

  hold(limit: BudgetLimit, amount: number): void {
    if (limit.max !== Infinity) this.reservedNanoUsd += amount;
  }

  letGo(limit: BudgetLimit, amount: number): void {
    if (limit.max !== Infinity) this.reservedNanoUsd -= amount;
  }

  holdAgain(limit: BudgetLimit, amount: number): void {
    this.hold(limit, amount);
  }

  settle(limit: BudgetLimit, _estimate: number, used: number): void {
    if (limit.periodEndMs === this.periodEndMs) this.spentNanoUsd += used;
  }
}
