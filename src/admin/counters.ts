import { periodEnd } from '../money/budget-period.ts';
import { toNanoUsd } from '../money/usd.ts';
import { deleteCounters, moveCounters, setCounter, type CounterPeriod } from '../store/budgets-counters.ts';
import type { ModelLimitJson } from '../store/schema.ts';
import type { Work } from './work.ts';

/** Names of the counters that spend is added to. The directory of keys gives requests the same names. */
export const scopes = {
  key: (hash: string) => `key:${hash}`,
  user: (id: string) => `user:${id}`,
  team: (id: string) => `team:${id}`,
  member: (teamId: string, userId: string) => `member:${teamId}/${userId}`,
  customer: (id: string) => `customer:${id}`,
  model: (scope: string, model: string) => `${scope}:model:${model}`,
} as const;

/** What tells the periods of a holder's counters. */
export interface Periodic {
  max_budget: number | null;
  budget_duration: string | null;
  budget_anchor: Date;
  model_limits?: Readonly<Record<string, ModelLimitJson>>;
}

/**
 * A holder with the limits of the named budget that it refers to, by the rule of the directory of keys: an amount and its period belong together,
 * and the holder's own win.
 */
export function withBudget(own: Periodic, budget: Periodic | null | undefined): Periodic {
  if (budget === null || budget === undefined) return own;
  const isOwn = own.max_budget !== null || own.budget_duration !== null;
  const { budget_duration, budget_anchor } = isOwn ? own : budget;
  const max_budget = own.max_budget ?? budget.max_budget;
  return { max_budget, budget_duration, budget_anchor, model_limits: { ...budget.model_limits, ...own.model_limits } };
}

/** Every counter of a holder with the period that it is in. */
function counterPeriods(scope: string, holder: Periodic, now: Date): CounterPeriod[] {
  const period = (name: string, duration: string | null): CounterPeriod => ({
    scope: name,
    duration,
    periodEnd: duration === null ? null : new Date(periodEnd(duration, holder.budget_anchor.getTime(), now.getTime())),
  });
  const models = Object.entries(holder.model_limits ?? {});
  return [
    period(scope, holder.budget_duration),
    ...models.map(([model, { budget_duration = null }]) => period(scopes.model(scope, model), budget_duration)),
  ];
}

/** Every counter's name of a holder. */
export function counterNames(scope: string, holder: Pick<Periodic, 'model_limits'>): string[] {
  return [scope, ...Object.keys(holder.model_limits ?? {}).map((model) => scopes.model(scope, model))];
}

/** After a change of durations: what was spent in the running period counts on, in the new one. */
export function movePeriods({ db, now }: Work, scope: string, holder: Periodic): Promise<void> {
  return moveCounters(db, counterPeriods(scope, holder, now), now);
}

/** Sets what a holder has spent in its current period; a body that says nothing of it changes nothing. */
export async function setSpend(
  { db, now }: Work,
  scope: string,
  { holder, usd }: { holder: Periodic; usd: number | null | undefined },
): Promise<void> {
  const [period] = counterPeriods(scope, { ...holder, model_limits: {} }, now);
  if (period !== undefined && usd !== undefined && usd !== null) await setCounter(db, period, toNanoUsd(usd));
}

/** Forgets everything that a holder has spent. */
export function forgetSpend({ db }: Work, scope: string, holder: Pick<Periodic, 'model_limits'>): Promise<void> {
  return deleteCounters(db, counterNames(scope, holder));
}
