import { LRUCache } from 'lru-cache';
import type { BudgetLimit } from './limiter.ts';

const budgetsRemembered = 50_000;

interface Known {
  periodEndMs: number;
  spentNanoUsd: number;
}

/**
 * What this process knows to be spent of budgets, at least: what Redis said last, and what this process settled since. Whoever counts
 * raises its counter to it and never adds it, so nothing is counted twice whatever had arrived and whatever had not.
 */
export class KnownSpend {
  private readonly budgets = new LRUCache<string, Known>({ max: budgetsRemembered });

  /** Nano-dollars spent in the limit's period; 0 where nothing is known. */
  of(limit: BudgetLimit): number {
    const known = this.budgets.get(limit.id);
    return known?.periodEndMs === limit.periodEndMs ? known.spentNanoUsd : 0;
  }

  /** Somebody's counter stands at this. */
  learn(limit: BudgetLimit, spentNanoUsd: number): void {
    const known = this.budgets.get(limit.id);
    if (known?.periodEndMs === limit.periodEndMs) known.spentNanoUsd = Math.max(known.spentNanoUsd, spentNanoUsd);
    else if (isLater(limit.periodEndMs, known)) this.budgets.set(limit.id, { periodEndMs: limit.periodEndMs, spentNanoUsd });
  }

  /** A request of this process has spent this, whether or not a counter has heard of it yet. */
  add(limit: BudgetLimit, costNanoUsd: number): void {
    this.learn(limit, limit.spentNanoUsd);
    const known = this.budgets.get(limit.id);
    if (known?.periodEndMs === limit.periodEndMs) known.spentNanoUsd += costNanoUsd;
  }
}

/** Requests that began in an earlier period settle after the next has begun. */
function isLater(periodEndMs: number, known: Known | undefined): boolean {
  return known === undefined || periodEndMs === 0 || periodEndMs > known.periodEndMs;
}
