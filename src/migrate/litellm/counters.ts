import { limitsOf } from '../../keys/build-scope.ts';
import { parseDuration, periodEnd } from '../../money/budget-period.ts';
import type { ImportedCounter } from '../../store/import-counters.ts';
import type { Limits } from './limits.ts';
import type { SourceRow } from './source.ts';
import { dateOf, nanoUsdOf, objectOf, toNano } from './values.ts';

/** Whose spend it is. */
export interface Spender {
  /** As in `Budget.scope`. */
  scope: string;
  /** As the report calls it. */
  label: string;
  row: SourceRow;
  limits: Limits;
  /** The named budget that it refers to: LiteLLM's row and ours. */
  budget: { row: SourceRow; limits: Limits } | null;
}

/** A holder's counter, and where LiteLLM had noted another moment for the end of its period. */
interface PlannedCounter {
  counter: ImportedCounter | null;
  sourceNanoUsd: number;
  movedFrom: { duration: string; at: Date; instead: Date } | null;
}

/**
 * What a holder has spent in the period that it is in. LiteLLM sets spend to zero when `budget_reset_at` has passed: what belongs to a period that
 * is over is not imported.
 */
export function counterOf({ scope, row, limits, budget }: Spender, now: Date): PlannedCounter {
  const { duration, anchorMs } = limitsOf(limits, budget?.limits ?? null);
  const spent = nanoUsdOf(row, 'spend') ?? 0;
  const none = { counter: null, sourceNanoUsd: spent, movedFrom: null };
  const plain = { scope, duration, period_end: null, spent };
  if (duration === null || parseDuration(duration) === null) return spent === 0 ? none : { ...none, counter: plain };
  const isOwnPeriod = budget === null || limits.budget_duration !== null;
  const noted = dateOf(isOwnPeriod ? row : budget.row, 'budget_reset_at');
  if (noted !== null && noted <= now) return none;
  const end = new Date(periodEnd(duration, anchorMs, now.getTime()));
  const isMoved = noted !== null && end.getTime() !== noted.getTime();
  const movedFrom = isMoved ? { duration, at: end, instead: noted } : null;
  return { counter: spent === 0 ? null : { ...plain, period_end: end.toISOString() }, sourceNanoUsd: spent, movedFrom };
}

/** What single models that have a budget without an end were charged; LiteLLM keeps no other sums by model. */
export function modelCountersOf({ scope, row, limits }: Spender): ImportedCounter[] {
  const spend = objectOf(row, 'model_spend');
  return Object.entries(limits.model_limits).flatMap(([model, { max_budget = null, budget_duration = null }]) => {
    const spent = toNano(spend[model]) ?? 0;
    if (max_budget === null || budget_duration !== null || spent === 0) return [];
    return [{ scope: `${scope}:model:${model}`, duration: null, period_end: null, spent }];
  });
}
