import type { Selectable } from 'kysely';
import { periodEnd } from '../money/budget-period.ts';
import type { LimitColumns } from '../store/schema.ts';
import { limitFields, toColumns, toWire } from './fields.ts';
import { mergeModelLimits, modelLimitsToWire } from './model-limits.ts';

export type LimitRow = Selectable<LimitColumns>;

/** The limit columns that a checked body sets. A new duration of the budget begins to count now. */
export function limitColumns(
  body: Readonly<Record<string, unknown>>,
  before: LimitRow | null,
  now: Date,
): Record<string, unknown> {
  const columns = toColumns(limitFields, body);
  const models = mergeModelLimits(before?.model_limits ?? {}, body);
  if (models !== null) columns['model_limits'] = JSON.stringify(models);
  const duration = columns['budget_duration'];
  const isNewDuration = duration !== undefined && duration !== before?.budget_duration;
  // Spend that is set by hand begins a count of its own: a running count never falls.
  const setsSpend = typeof body['spend'] === 'number';
  if (before === null || isNewDuration || setsSpend) columns['budget_anchor'] = now;
  return columns;
}

/** The limits of a row on the wire. */
export function limitsToWire(row: LimitRow, now: Date): Record<string, unknown> {
  const { budget_duration, budget_anchor } = row;
  const resetAtMs = budget_duration === null ? null : periodEnd(budget_duration, budget_anchor.getTime(), now.getTime());
  return {
    ...toWire(limitFields, row),
    budget_reset_at: resetAtMs === null ? null : new Date(resetAtMs).toISOString(),
    ...modelLimitsToWire(row.model_limits),
  };
}
