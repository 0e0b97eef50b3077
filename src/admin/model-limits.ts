import { toNanoUsd, toUsd } from '../money/usd.ts';
import type { ModelLimitJson } from '../store/schema.ts';

type ByModel = Readonly<Record<string, ModelLimitJson>>;
type Body = Readonly<Record<string, unknown>>;

/** The wire's three maps, each with the columns of one model that it sets as a whole. */
const maps = {
  model_max_budget: ['max_budget', 'budget_duration'],
  model_rpm_limit: ['rpm_limit'],
  model_tpm_limit: ['tpm_limit'],
} as const;

/** Limits by model after a change; null: the body says nothing of them. Each map that is given replaces what it set before. */
export function mergeModelLimits(before: ByModel, body: Body): ByModel | null {
  const given = Object.entries(maps).filter(([name]) => body[name] !== undefined);
  if (given.length === 0) return null;
  const merged = new Map<string, ModelLimitJson>(Object.entries(before).map(([model, limits]) => [model, { ...limits }]));
  for (const [name, columns] of given) {
    for (const limits of merged.values()) for (const column of columns) delete limits[column];
    for (const [model, value] of Object.entries((body[name] ?? {}) as Body)) {
      const set = name === 'model_max_budget' ? budgetOf(value) : { [columns[0]]: value };
      merged.set(model, { ...merged.get(model), ...set });
    }
  }
  return Object.fromEntries([...merged].filter(([, limits]) => Object.values(limits).some((value) => value !== null)));
}

function budgetOf(value: unknown): ModelLimitJson {
  if (typeof value !== 'object' || value === null) return { max_budget: nanoUsd(value) };
  const { budget_limit, max_budget, time_period, budget_duration, rpm_limit, tpm_limit } = value as Body;
  return {
    max_budget: nanoUsd(max_budget ?? budget_limit),
    budget_duration: (budget_duration ?? time_period ?? null) as string | null,
    ...(rpm_limit === undefined ? {} : { rpm_limit: rpm_limit as number | null }),
    ...(tpm_limit === undefined ? {} : { tpm_limit: tpm_limit as number | null }),
  };
}

function nanoUsd(value: unknown): number | null {
  return typeof value === 'number' || typeof value === 'string' ? toNanoUsd(value) : null;
}

/** The wire's three maps: a budget without a period is an amount, as it may be given. */
export function modelLimitsToWire(limits: ByModel): Record<keyof typeof maps, Record<string, unknown>> {
  const wire = { model_max_budget: {}, model_rpm_limit: {}, model_tpm_limit: {} } as Record<
    keyof typeof maps,
    Record<string, unknown>
  >;
  for (const [model, { max_budget = null, budget_duration = null, rpm_limit = null, tpm_limit = null }] of Object.entries(
    limits,
  )) {
    if (max_budget !== null) {
      const amount = toUsd(max_budget);
      wire.model_max_budget[model] = budget_duration === null ? amount : { budget_limit: amount, time_period: budget_duration };
    }
    if (rpm_limit !== null) wire.model_rpm_limit[model] = rpm_limit;
    if (tpm_limit !== null) wire.model_tpm_limit[model] = tpm_limit;
  }
  return wire;
}
