import type { Budget, ModelLimits, Scope, ScopeKind } from '../core/access.ts';
import { parseDuration, periodEnd } from '../money/budget-period.ts';
import type { ModelLimitJson, SpendTable } from '../store/schema.ts';
import type { JsonRow } from '../store/access-query.ts';

/** Counters as the store has them, and the time at which they are looked at. */
export interface Moment {
  spend: readonly JsonRow<SpendTable>[];
  nowMs: number;
}

/** Limits of one holder after all rules of precedence. Money in nano-dollars; null: no limit. */
export interface HolderLimits {
  requestsPerMinute: number | null;
  tokensPerMinute: number | null;
  maxParallel: number | null;
  maxNanoUsd: number | null;
  softNanoUsd: number | null;
  duration: string | null;
  anchorMs: number;
  models: Readonly<Record<string, ModelLimitJson>>;
}

/** The columns that hold limits. */
export interface LimitRow {
  rpm_limit: number | null;
  tpm_limit: number | null;
  max_parallel_requests: number | null;
  max_budget: number | null;
  soft_budget: number | null;
  budget_duration: string | null;
  budget_anchor: string;
  model_limits: Readonly<Record<string, ModelLimitJson>>;
}

/** No limit at all: what is spent is counted. */
export const noLimits: HolderLimits = {
  requestsPerMinute: null,
  tokensPerMinute: null,
  maxParallel: null,
  maxNanoUsd: null,
  softNanoUsd: null,
  duration: null,
  anchorMs: 0,
  models: {},
};

/** The limits of a row; where it has none of its own, those of the named budget that it refers to. An amount and its period belong together. */
export function limitsOf(own: LimitRow, budget: LimitRow | null): HolderLimits {
  const money = own.max_budget === null && budget !== null ? budget : own;
  const period = money === own || own.budget_duration === null ? money : own;
  return {
    requestsPerMinute: own.rpm_limit ?? budget?.rpm_limit ?? null,
    tokensPerMinute: own.tpm_limit ?? budget?.tpm_limit ?? null,
    maxParallel: own.max_parallel_requests ?? budget?.max_parallel_requests ?? null,
    maxNanoUsd: money.max_budget,
    softNanoUsd: own.soft_budget ?? budget?.soft_budget ?? null,
    duration: period.budget_duration,
    anchorMs: Date.parse(period.budget_anchor),
    models: { ...budget?.model_limits, ...own.model_limits },
  };
}

/** Whose scope it is; the counter is named `kind:id`. */
interface Holder {
  kind: Exclude<ScopeKind, 'model' | 'ip'>;
  id: string;
  label: string;
}

/** A holder's scope at a moment. */
export function buildScope({ kind, id, label }: Holder, limits: HolderLimits, moment: Moment): Scope {
  const name = `${kind}:${id}`;
  const { maxNanoUsd, softNanoUsd, duration, anchorMs } = limits;
  return {
    kind,
    id,
    label,
    requestsPerMinute: limits.requestsPerMinute,
    tokensPerMinute: limits.tokensPerMinute,
    maxParallel: limits.maxParallel,
    budget: budgetAt({ scope: name, maxNanoUsd, softNanoUsd, duration, anchorMs }, moment),
    models: Object.fromEntries(
      Object.entries(limits.models).map(([model, own]) => [model, modelLimits(`${name}:model:${model}`, own, anchorMs, moment)]),
    ),
  };
}

function modelLimits(scope: string, own: ModelLimitJson, anchorMs: number, moment: Moment): ModelLimits {
  const maxNanoUsd = own.max_budget ?? null;
  const duration = own.budget_duration ?? null;
  return {
    requestsPerMinute: own.rpm_limit ?? null,
    tokensPerMinute: own.tpm_limit ?? null,
    budget: maxNanoUsd === null ? null : budgetAt({ scope, maxNanoUsd, softNanoUsd: null, duration, anchorMs }, moment),
  };
}

/** The budget in the period of a moment: what a counter added up in another period does not count. */
function budgetAt(budget: Omit<Budget, 'periodEndMs' | 'spentNanoUsd'>, { spend, nowMs }: Moment): Budget {
  const { scope, duration, anchorMs } = budget;
  // A duration that no version of us can read must not keep a key from working: its spend is then never reset.
  const isReadable = duration !== null && parseDuration(duration) !== null;
  const periodEndMs = isReadable ? periodEnd(duration, anchorMs, nowMs) : null;
  const counter = spend.find((row) => row.scope === scope);
  const counterEndMs = counter === undefined || counter.period_end === null ? null : Date.parse(counter.period_end);
  return { ...budget, periodEndMs, spentNanoUsd: counter !== undefined && counterEndMs === periodEndMs ? counter.spent : 0 };
}

/** When the budgets of these scopes next begin anew, Unix milliseconds; Infinity: never. */
export function nextPeriodMs(scopes: readonly Scope[]): number {
  const budgets = scopes.flatMap(({ budget, models }) => [budget, ...Object.values(models).map((limits) => limits.budget)]);
  return Math.min(...budgets.map((budget) => budget?.periodEndMs ?? Infinity), Infinity);
}
