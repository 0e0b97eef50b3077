import type { Insertable, Updateable } from 'kysely';
import { toUsd } from '../money/usd.ts';
import { findBudget, findBudgets } from '../store/budgets-rows.ts';
import {
  deleteCustomers as deleteRows,
  findCustomer,
  findCustomers,
  insertCustomer,
  updateCustomer as updateRow,
  type CustomerRow,
} from '../store/customers-rows.ts';
import type { CustomerTable } from '../store/schema.ts';
import { newCustomerRequest, type CustomerBody } from '../wire/admin/customer.ts';
import { neutralValues } from '../wire/admin/foreign-fields.ts';
import { budgetToWire } from './budget-answer.ts';
import type { Caller } from './caller.ts';
import { forgetSpend, movePeriods, scopes, setSpend, withBudget } from './counters.ts';
import { customerFields, toColumns, toWire } from './fields.ts';
import { referredBudget } from './generate-key.ts';
import { limitColumns, limitsToWire } from './limits.ts';
import { extraColumn } from './metadata.ts';
import { requireAdmin, requireReader } from './reach.ts';
import { notFound } from './refusals.ts';
import type { AdminServices } from './services.ts';
import { actorOf, inTransaction } from './work.ts';

const known = new Set(Object.keys(newCustomerRequest.shape));

/**
 * Makes limits for an end user (`user` of a request), own ones or those of a named budget.
 * @throws GatewayError `bad_request`: there are some already; `not_found`: the budget; `route_access_denied`
 */
export async function newCustomer(services: AdminServices, caller: Caller, body: CustomerBody): Promise<object> {
  return saveCustomer(services, caller, { body, isNew: true });
}

/**
 * Changes the fields that the body has.
 * @throws GatewayError `bad_request` `not_found` `route_access_denied`
 */
export async function updateCustomer(services: AdminServices, caller: Caller, body: CustomerBody): Promise<object> {
  return saveCustomer(services, caller, { body, isNew: false });
}

async function saveCustomer(
  services: AdminServices,
  caller: Caller,
  { body, isNew }: { body: CustomerBody; isNew: boolean },
): Promise<object> {
  requireAdmin(caller);
  const row = await inTransaction(services, caller, async (work) => {
    const { db, now } = work;
    const before = isNew ? null : ((await findCustomer(db, body.user_id, { locked: true })) ?? null);
    if (!isNew && before === null) throw notFound('Customer', body.user_id, 'user_id');
    await referredBudget(work, body.budget_id);
    const columns = {
      ...toColumns(customerFields, body),
      ...limitColumns(body, before, now),
      ...extraColumn(body, known, before?.extra),
      updated_at: now,
      updated_by: actorOf(caller),
    };
    const made = { ...columns, id: body.user_id, created_at: now, created_by: actorOf(caller) } as Insertable<CustomerTable>;
    const after =
      before === null ? await insertCustomer(db, made) : await updateRow(db, before.id, columns as Updateable<CustomerTable>);
    const budget = after.budget_id === null ? null : await findBudget(db, after.budget_id, { locked: false });
    const holder = withBudget(after, budget);
    await movePeriods(work, scopes.customer(after.id), holder);
    await setSpend(work, scopes.customer(after.id), { holder, usd: body.spend });
    work.changed({ entity: 'customer', id: after.id, verb: isNew ? 'create' : 'update', before, after });
    return after;
  });
  const [wire = {}] = await customersToWire(services, [row]);
  return wire;
}

/**
 * Blocks end users, known or not, or lets them in again.
 * @throws GatewayError `not_found`: one to let in again is unknown; `route_access_denied`
 */
export async function setCustomersBlocked(
  services: AdminServices,
  caller: Caller,
  { ids, blocked }: { ids: readonly string[]; blocked: boolean },
): Promise<object> {
  requireAdmin(caller);
  const changed = await inTransaction(services, caller, async (work) => {
    const stamps = { updated_at: work.now, updated_by: actorOf(caller) };
    const before = new Map((await findCustomers(work.db, ids)).map((row) => [row.id, row]));
    const rows: CustomerRow[] = [];
    for (const id of new Set(ids)) {
      const known = before.get(id) ?? null;
      if (known === null && !blocked) throw notFound('Customer', id, 'user_ids');
      const made = {
        id,
        blocked,
        ...stamps,
        created_at: work.now,
        created_by: actorOf(caller),
        budget_anchor: work.now,
      } as Insertable<CustomerTable>;
      const after = known === null ? await insertCustomer(work.db, made) : await updateRow(work.db, id, { blocked, ...stamps });
      work.changed({ entity: 'customer', id, verb: blocked ? 'block' : 'unblock', before: known, after });
      rows.push(after);
    }
    return rows;
  });
  return { blocked_users: await customersToWire(services, changed) };
}

/**
 * Deletes the limits of end users: all of them, or none.
 * @throws GatewayError `not_found` `route_access_denied`
 */
export async function deleteCustomers(services: AdminServices, caller: Caller, ids: readonly string[]): Promise<object> {
  requireAdmin(caller);
  return inTransaction(services, caller, async (work) => {
    const rows = await findCustomers(work.db, ids);
    const missing = ids.find((id) => !rows.some((row) => row.id === id));
    if (missing !== undefined) throw notFound('Customer', missing, 'user_ids');
    await deleteRows(work.db, ids);
    for (const row of rows) {
      await forgetSpend(work, scopes.customer(row.id), row);
      work.changed({ entity: 'customer', id: row.id, verb: 'delete', before: row, after: null });
    }
    return { deleted_customers: rows.length, message: `Deleted: ${rows.map(({ id }) => id).join(', ')}` };
  });
}

/** One customer. @throws GatewayError `not_found` `route_access_denied` */
export async function customerInfo(services: AdminServices, caller: Caller, id: string): Promise<object> {
  requireReader(caller);
  const { db } = services.store;
  const row = await findCustomer(db, id, { locked: false });
  if (row === undefined) throw notFound('Customer', id, 'end_user_id');
  const [wire = {}] = await customersToWire(services, [row]);
  return wire;
}

/** Every customer, the newest first. @throws GatewayError `route_access_denied` */
export async function listCustomers(services: AdminServices, caller: Caller): Promise<object[]> {
  requireReader(caller);
  const { db } = services.store;
  return customersToWire(services, await findCustomers(db));
}

async function customersToWire(services: AdminServices, rows: readonly CustomerRow[]): Promise<object[]> {
  const { db } = services.store;
  const budgets = new Map(
    (await findBudgets(db, [...new Set(rows.flatMap(({ budget_id }) => budget_id ?? []))])).map((one) => [one.id, one]),
  );
  const spend = await services.currentSpend(rows.map(({ id }) => scopes.customer(id)));
  const now = new Date(services.now());
  return rows.map((row) => {
    const budget = budgets.get(row.budget_id ?? '');
    return {
      ...neutralValues(['allowed_model_region', 'default_model', 'object_permission']),
      ...row.extra,
      user_id: row.id,
      ...toWire(customerFields, row),
      ...limitsToWire(row, now),
      spend: toUsd(spend.get(scopes.customer(row.id)) ?? 0),
      litellm_budget_table: budget === undefined ? null : budgetToWire(budget, now),
    };
  });
}
