import type { Insertable, Kysely, Selectable, Updateable } from 'kysely';
import type { CustomerTable, Database } from './schema.ts';

export type CustomerRow = Selectable<CustomerTable>;
type Db = Kysely<Database>;

/** One customer; `locked` until the transaction ends where it will be changed. */
export function findCustomer(db: Db, id: string, { locked }: { locked: boolean }): Promise<CustomerRow | undefined> {
  const query = db.selectFrom('customers').selectAll().where('id', '=', id);
  return (locked ? query.forUpdate() : query).executeTakeFirst();
}

/** Customers by id, locked; all of them, the newest first, where no ids are given. */
export function findCustomers(db: Db, ids?: readonly string[]): Promise<CustomerRow[]> {
  const query = db.selectFrom('customers').selectAll();
  return ids === undefined
    ? query.orderBy('created_at', 'desc').orderBy('id').execute()
    : query.where('id', 'in', ids).orderBy('id').forUpdate().execute();
}

/** Rejects with a unique violation where the id is taken. */
export function insertCustomer(db: Db, values: Insertable<CustomerTable>): Promise<CustomerRow> {
  return db.insertInto('customers').values(values).returningAll().executeTakeFirstOrThrow();
}

export function updateCustomer(db: Db, id: string, values: Updateable<CustomerTable>): Promise<CustomerRow> {
  return db.updateTable('customers').set(values).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}

export async function deleteCustomers(db: Db, ids: readonly string[]): Promise<void> {
  await db.deleteFrom('customers').where('id', 'in', ids).execute();
}
