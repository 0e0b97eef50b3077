import type { Insertable, Kysely, Selectable, Updateable } from 'kysely';
import type { BudgetTable, Database } from './schema.ts';

export type BudgetRow = Selectable<BudgetTable>;
type Db = Kysely<Database>;

/** One budget; `locked` until the transaction ends where it will be changed, or referred to. */
export function findBudget(db: Db, id: string, { locked }: { locked: boolean }): Promise<BudgetRow | undefined> {
  const query = db.selectFrom('budgets').selectAll().where('id', '=', id);
  return (locked ? query.forUpdate() : query).executeTakeFirst();
}

/** Budgets by id; all of them where no ids are given. The newest first. */
export function findBudgets(db: Db, ids?: readonly string[]): Promise<BudgetRow[]> {
  if (ids?.length === 0) return Promise.resolve([]);
  const query = db.selectFrom('budgets').selectAll().orderBy('created_at', 'desc').orderBy('id');
  return (ids === undefined ? query : query.where('id', 'in', ids)).execute();
}

/** Rejects with a unique violation where the id is taken. */
export function insertBudget(db: Db, values: Insertable<BudgetTable>): Promise<BudgetRow> {
  return db.insertInto('budgets').values(values).returningAll().executeTakeFirstOrThrow();
}

export function updateBudget(db: Db, id: string, values: Updateable<BudgetTable>): Promise<BudgetRow> {
  return db.updateTable('budgets').set(values).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}

export async function deleteBudget(db: Db, id: string): Promise<void> {
  await db.deleteFrom('budgets').where('id', '=', id).execute();
}

/** Who refers to a budget. */
export async function holdersOfBudget(db: Db, id: string) {
  const [keys, customers] = await Promise.all([
    db.selectFrom('keys').selectAll().where('budget_id', '=', id).execute(),
    db.selectFrom('customers').selectAll().where('budget_id', '=', id).execute(),
  ]);
  return { keys, customers };
}
