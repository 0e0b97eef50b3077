import { z } from 'zod';
import { limitShape } from './limits.ts';
import { adminRequest } from './request-schema.ts';
import { name, optionalName } from './values.ts';

/** `POST /budget/new` */
export const newBudgetRequest = adminRequest('NewBudgetRequest', { ...limitShape, budget_id: optionalName.optional() });
/** `POST /budget/update` */
export const updateBudgetRequest = adminRequest('UpdateBudgetRequest', { ...limitShape, budget_id: name });
/** `POST /budget/info` */
export const budgetsReference = z.looseObject({ budgets: z.array(name).min(1).max(1_000) }).meta({ id: 'BudgetsReference' });
/** `POST /budget/delete` */
export const deleteBudgetRequest = z.looseObject({ id: name }).meta({ id: 'DeleteBudgetRequest' });

export type NewBudgetBody = z.output<typeof newBudgetRequest>;
export type UpdateBudgetBody = z.output<typeof updateBudgetRequest>;

export const budgetRow = z
  .looseObject({ budget_id: z.string(), max_budget: z.number().nullable(), budget_duration: z.string().nullable() })
  .meta({ id: 'BudgetRow' });
export const budgetListAnswer = z.array(budgetRow).meta({ id: 'BudgetList' });
