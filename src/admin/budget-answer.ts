import type { BudgetRow } from '../store/budgets-rows.ts';
import { limitsToWire } from './limits.ts';

/** A named budget as answers show it. */
export function budgetToWire(row: BudgetRow, now: Date): Record<string, unknown> {
  return {
    budget_id: row.id,
    ...limitsToWire(row, now),
    allowed_models: [],
    created_at: row.created_at.toISOString(),
    created_by: row.created_by,
    updated_at: row.updated_at.toISOString(),
    updated_by: row.updated_by,
  };
}
