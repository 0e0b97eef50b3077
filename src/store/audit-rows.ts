import type { Insertable, Kysely, Selectable } from 'kysely';
import type { AuditTable, Database } from './schema.ts';

export type AuditRow = Selectable<AuditTable>;
type Db = Kysely<Database>;

export async function insertAuditRows(db: Db, rows: readonly Insertable<AuditTable>[]): Promise<void> {
  if (rows.length > 0) await db.insertInto('audit').values(rows).execute();
}

/** Which rows to list. Absent: whatever it is. */
export interface AuditFilter {
  entity?: string | undefined;
  entity_id?: string | undefined;
  actor?: string | undefined;
  action?: string | undefined;
}

/** Rows that match, one page of them, the newest first, and how many there are. */
export async function listAuditRows(
  db: Db,
  filter: AuditFilter,
  { offset, limit }: { offset: number; limit: number },
): Promise<{ rows: AuditRow[]; total: number }> {
  const wanted = Object.entries(filter).filter(([, value]) => value !== undefined);
  const matching = db.selectFrom('audit').where((eb) => eb.and(Object.fromEntries(wanted)));
  const { total } = await matching.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await matching.selectAll().orderBy('id', 'desc').offset(offset).limit(limit).execute();
  return { rows, total: Number(total) };
}
