import { z } from 'zod';
import { deleteBudget, newBudget, readBudgets, updateBudget } from '../../admin/budgets.ts';
import type { AdminServices } from '../../admin/services.ts';
import {
  budgetListAnswer,
  budgetRow,
  budgetsReference,
  deleteBudgetRequest,
  newBudgetRequest,
  updateBudgetRequest,
} from '../../wire/admin/budget.ts';
import { readRoute, writeRoute } from '../admin-route.ts';
import type { RouteDefinition } from '../route.ts';

const budgets = { tag: 'budgets', access: 'admin' } as const;

/** Named budgets: limits that several keys and customers refer to. */
export function budgetRoutes(services: AdminServices): RouteDefinition[] {
  return [
    writeRoute({
      ...budgets,
      paths: ['/budget/new'],
      summary: 'Make a named budget',
      body: newBudgetRequest,
      answer: budgetRow,
      run: (caller, body) => newBudget(services, caller, body),
    }),
    writeRoute({
      ...budgets,
      paths: ['/budget/update'],
      summary: 'Change the limits of a named budget, for all who refer to it',
      body: updateBudgetRequest,
      answer: budgetRow,
      run: (caller, body) => updateBudget(services, caller, body),
    }),
    writeRoute({
      ...budgets,
      // Reads, though it is a POST: those who may only read get through to the handler.
      access: 'management',
      paths: ['/budget/info'],
      summary: 'Named budgets by id',
      body: budgetsReference,
      answer: budgetListAnswer,
      run: (caller, body) => readBudgets(services, caller, body.budgets),
    }),
    writeRoute({
      ...budgets,
      paths: ['/budget/delete'],
      summary: 'Delete a named budget that nobody refers to',
      body: deleteBudgetRequest,
      answer: budgetRow,
      run: (caller, { id }) => deleteBudget(services, caller, id),
    }),
    readRoute({
      ...budgets,
      paths: ['/budget/list'],
      summary: 'Every named budget',
      query: z.object({}),
      answer: budgetListAnswer,
      run: (caller) => readBudgets(services, caller),
    }),
  ];
}
