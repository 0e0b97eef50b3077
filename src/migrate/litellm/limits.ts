import type { JsonRow } from '../../store/access-query.ts';
import type { LimitColumns, ModelLimitJson } from '../../store/schema.ts';
import type { SourceRow } from './source.ts';
import { countOf, dateOf, nanoUsdOf, objectOf, textOf, toCount, toNano, toObject } from './values.ts';

export type Limits = JsonRow<LimitColumns>;

/** Where nothing says since when: the same on every run. */
const epoch = new Date(0);

/**
 * The limits of a row. A period that repeats from its beginning is counted from the moment at which LiteLLM would have reset it, so that it ends
 * then here too; days, weeks and months end at the calendar's borders anyway.
 */
export function limitsOfRow(row: SourceRow): Limits {
  return {
    rpm_limit: countOf(row, 'rpm_limit'),
    tpm_limit: countOf(row, 'tpm_limit'),
    max_parallel_requests: countOf(row, 'max_parallel_requests'),
    max_budget: nanoUsdOf(row, 'max_budget'),
    soft_budget: nanoUsdOf(row, 'soft_budget'),
    budget_duration: textOf(row, 'budget_duration'),
    budget_anchor: (dateOf(row, 'budget_reset_at') ?? dateOf(row, 'created_at') ?? epoch).toISOString(),
    model_limits: modelLimitsOf(row),
  };
}

/** Limits by model: budgets are a column, rates stand in the metadata. */
function modelLimitsOf(row: SourceRow): Record<string, ModelLimitJson> {
  const limits = new Map<string, ModelLimitJson>();
  const add = (model: string, more: ModelLimitJson) => limits.set(model, { ...limits.get(model), ...more });
  for (const [model, value] of Object.entries(objectOf(row, 'model_max_budget'))) add(model, modelBudget(value));
  const metadata = objectOf(row, 'metadata');
  for (const [model, value] of Object.entries(toObject(metadata['model_rpm_limit']))) add(model, { rpm_limit: toCount(value) });
  for (const [model, value] of Object.entries(toObject(metadata['model_tpm_limit']))) add(model, { tpm_limit: toCount(value) });
  return Object.fromEntries([...limits].filter(([, one]) => Object.values(one).some((value) => value !== null)));
}

/** An amount, or an amount with its period and rates, as several versions of LiteLLM write them. */
function modelBudget(value: unknown): ModelLimitJson {
  if (typeof value !== 'object' || value === null) return { max_budget: toNano(value) };
  const { budget_limit, max_budget, time_period, budget_duration, rpm_limit, tpm_limit } = value as Record<string, unknown>;
  const duration = budget_duration ?? time_period;
  return {
    max_budget: toNano(max_budget ?? budget_limit),
    budget_duration: typeof duration === 'string' ? duration : null,
    ...(rpm_limit === undefined ? {} : { rpm_limit: toCount(rpm_limit) }),
    ...(tpm_limit === undefined ? {} : { tpm_limit: toCount(tpm_limit) }),
  };
}

/** Who made and changed a row, and when. */
export function stampsOf(row: SourceRow) {
  const created = dateOf(row, 'created_at') ?? epoch;
  return {
    created_at: created.toISOString(),
    created_by: textOf(row, 'created_by'),
    updated_at: (dateOf(row, 'updated_at') ?? created).toISOString(),
    updated_by: textOf(row, 'updated_by'),
  };
}
