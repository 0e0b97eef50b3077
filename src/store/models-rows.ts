import type { Insertable, Kysely, Selectable, Updateable } from 'kysely';
import type { Database, ModelTable } from './schema.ts';

export type ModelRow = Selectable<ModelTable>;
type Db = Kysely<Database>;

/** All models that the API made, in the order in which they were made. */
export function findModels(db: Db): Promise<ModelRow[]> {
  return db.selectFrom('models').selectAll().orderBy('created_at').orderBy('id').execute();
}

/** One model, locked until the transaction ends. */
export function lockModel(db: Db, id: string): Promise<ModelRow | undefined> {
  return db.selectFrom('models').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Rejects with a unique violation where the id is taken. */
export function insertModel(db: Db, values: Insertable<ModelTable>): Promise<ModelRow> {
  return db.insertInto('models').values(values).returningAll().executeTakeFirstOrThrow();
}

export function updateModelRow(db: Db, id: string, values: Updateable<ModelTable>): Promise<ModelRow> {
  return db.updateTable('models').set(values).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}

export async function deleteModelRow(db: Db, id: string): Promise<void> {
  await db.deleteFrom('models').where('id', '=', id).execute();
}
