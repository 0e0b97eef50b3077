import type { Insertable, Updateable } from 'kysely';
import { GatewayError } from '../errors.ts';
import {
  deleteBudget as deleteRow,
  findBudget,
  findBudgets,
  holdersOfBudget,
  insertBudget,
  updateBudget as updateRow,
  type BudgetRow,
} from '../store/budgets-rows.ts';
import type { BudgetTable } from '../store/schema.ts';
import type { NewBudgetBody, UpdateBudgetBody } from '../wire/admin/budget.ts';
import { budgetToWire } from './budget-answer.ts';
import type { Caller } from './caller.ts';
import { movePeriods, scopes, withBudget } from './counters.ts';
import { limitColumns } from './limits.ts';
import { requireAdmin, requireReader } from './reach.ts';
import { notFound } from './refusals.ts';
import type { AdminServices } from './services.ts';
import { actorOf, inTransaction, type Work } from './work.ts';

/**
 * Makes a named budget, which keys and customers may refer to.
 * @throws GatewayError `bad_request`: the id is taken; `route_access_denied`
 */
export async function newBudget(services: AdminServices, caller: Caller, body: NewBudgetBody): Promise<object> {
  requireAdmin(caller);
  return inTransaction(services, caller, async (work) => {
    const row = await insertBudget(work.db, {
      ...limitColumns(body, null, work.now),
      id: body.budget_id ?? services.newId(),
      created_at: work.now,
      created_by: actorOf(caller),
      updated_at: work.now,
      updated_by: actorOf(caller),
    } as Insertable<BudgetTable>);
    work.changed({ entity: 'budget', id: row.id, verb: 'create', before: null, after: row });
    return budgetToWire(row, work.now);
  });
}

/**
 * Changes the limits that the body has, for all who refer to the budget.
 * @throws GatewayError `bad_request` `not_found` `route_access_denied`
 */
export async function updateBudget(services: AdminServices, caller: Caller, body: UpdateBudgetBody): Promise<object> {
  requireAdmin(caller);
  return inTransaction(services, caller, async (work) => {
    const before = await lockedBudget(work, body.budget_id, 'budget_id');
    const columns = limitColumns(body, before, work.now) as Updateable<BudgetTable>;
    const after = await updateRow(work.db, before.id, { ...columns, updated_at: work.now, updated_by: actorOf(caller) });
    const holders = await holdersOfBudget(work.db, after.id);
    if (body.budget_duration !== undefined || body.model_max_budget !== undefined || body.max_budget !== undefined) {
      for (const key of holders.keys) await movePeriods(work, scopes.key(key.hash), withBudget(key, after));
      for (const customer of holders.customers)
        await movePeriods(work, scopes.customer(customer.id), withBudget(customer, after));
    }
    work.changed({ entity: 'budget', id: after.id, verb: 'update', before, after });
    return budgetToWire(after, work.now);
  });
}

/**
 * Deletes a budget that nobody refers to any more: their limits would go with it.
 * @throws GatewayError `bad_request`: it is in use; `not_found`; `route_access_denied`
 */
export async function deleteBudget(services: AdminServices, caller: Caller, id: string): Promise<object> {
  requireAdmin(caller);
  return inTransaction(services, caller, async (work) => {
    const row = await lockedBudget(work, id, 'id');
    const { keys, customers } = await holdersOfBudget(work.db, id);
    if (keys.length + customers.length > 0) {
      const message = `budget "${id}" is in use by ${keys.length} keys and ${customers.length} customers, which would be without its limits; give them another budget_id first`;
      throw new GatewayError('bad_request', message, { param: 'id' });
    }
    await deleteRow(work.db, id);
    work.changed({ entity: 'budget', id, verb: 'delete', before: row, after: null });
    return budgetToWire(row, work.now);
  });
}

/**
 * Budgets by id; all of them where no ids are given.
 * @throws GatewayError `not_found`: one of them is none; `route_access_denied`
 */
export async function readBudgets(services: AdminServices, caller: Caller, ids?: readonly string[]): Promise<object[]> {
  requireReader(caller);
  const rows = await findBudgets(services.store.db, ids);
  const missing = ids?.find((id) => !rows.some((row) => row.id === id));
  if (missing !== undefined) throw notFound('Budget', missing, 'budgets');
  const now = new Date(services.now());
  return rows.map((row) => budgetToWire(row, now));
}

async function lockedBudget({ db }: Work, id: string, param: string): Promise<BudgetRow> {
  const row = await findBudget(db, id, { locked: true });
  if (row === undefined) throw notFound('Budget', id, param);
  return row;
}
