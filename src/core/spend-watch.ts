import type { Budget } from './access.ts';

interface Known {
  duration: string | null;
  anchorMs: number;
  /** Infinity: never. */
  periodEndMs: number;
  spentNanoUsd: number;
  /** The soft budget that was told of. */
  toldNanoUsd: number | null;
}

const mostBudgets = 50_000;

/**
 * What this process knows to be spent of budgets, for headers and for soft budgets; the limiter and the ledger count for themselves. Budgets are told
 * apart by their counters: every key of a team brings a copy of the team's.
 */
export class SpendWatch {
  readonly #known = new Map<string, Known>();
  readonly #onSoftBudget: (budget: Budget, spentNanoUsd: number) => void;

  /** `onSoftBudget` hears once of each period in which a soft budget is passed. */
  constructor(onSoftBudget: (budget: Budget, spentNanoUsd: number) => void) {
    this.#onSoftBudget = onSoftBudget;
  }

  /** A request has spent this. */
  add(budget: Budget, costNanoUsd: number): void {
    const known = this.#knownOf(budget);
    if (known === null) return;
    known.spentNanoUsd += costNanoUsd;
    const { softNanoUsd } = budget;
    if (softNanoUsd === null || known.spentNanoUsd < softNanoUsd || known.toldNanoUsd === softNanoUsd) return;
    known.toldNanoUsd = softNanoUsd;
    this.#onSoftBudget(budget, known.spentNanoUsd);
  }

  /** Nano-dollars spent in the budget's period, as far as this process knows. */
  spentOf(budget: Budget): number {
    const known = this.#known.get(budget.scope);
    if (known === undefined || isOther(known, budget) || known.periodEndMs !== endOf(budget)) return budget.spentNanoUsd;
    return Math.max(known.spentNanoUsd, budget.spentNanoUsd);
  }

  /** null: a later period has begun. */
  #knownOf(budget: Budget): Known | null {
    const { scope, duration, anchorMs, spentNanoUsd, softNanoUsd } = budget;
    const periodEndMs = endOf(budget);
    const known = this.#known.get(scope);
    if (known !== undefined && !isOther(known, budget)) {
      if (periodEndMs < known.periodEndMs) return null;
      if (periodEndMs === known.periodEndMs) {
        known.spentNanoUsd = Math.max(known.spentNanoUsd, spentNanoUsd);
        return known;
      }
    }
    // What was passed before it was seen here was told by whoever saw it.
    const toldNanoUsd = softNanoUsd !== null && spentNanoUsd >= softNanoUsd ? softNanoUsd : null;
    const fresh = { duration, anchorMs, periodEndMs, spentNanoUsd, toldNanoUsd };
    if (known === undefined && this.#known.size >= mostBudgets) this.#forgetOldest();
    this.#known.set(scope, fresh);
    return fresh;
  }

  #forgetOldest(): void {
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}

/** Whether the counter was set back, or counts in other periods. */
function isOther(known: Known, { duration, anchorMs }: Budget): boolean {
  return known.duration !== duration || known.anchorMs !== anchorMs;
}

function endOf({ periodEndMs }: Budget): number {
  return periodEndMs ?? Infinity;
}
