import {
  sql,
  type Expression,
  type ExpressionBuilder,
  type Insertable,
  type Kysely,
  type Selectable,
  type SqlBool,
  type Updateable,
} from 'kysely';
import { containsAny, sortDirection } from './keys-list.ts';
import type { Database, TeamTable } from './schema.ts';

export type TeamRow = Selectable<TeamTable>;
type Db = Kysely<Database>;

const neverNull = ['created_at', 'team_id'];

/** One team; `locked` until the transaction ends where it will be changed. */
export function findTeam(db: Db, id: string, { locked }: { locked: boolean }): Promise<TeamRow | undefined> {
  const query = db.selectFrom('teams').selectAll().where('id', '=', id);
  return (locked ? query.forUpdate() : query).executeTakeFirst();
}

export function findTeams(db: Db, ids: readonly string[]): Promise<TeamRow[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return db.selectFrom('teams').selectAll().where('id', 'in', ids).orderBy('id').execute();
}

/** Rejects with a unique violation where the id is taken. */
export function insertTeam(db: Db, values: Insertable<TeamTable>): Promise<TeamRow> {
  return db.insertInto('teams').values(values).returningAll().executeTakeFirstOrThrow();
}

export function updateTeam(db: Db, id: string, values: Updateable<TeamTable>): Promise<TeamRow> {
  return db.updateTable('teams').set(values).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}

/** Removes teams and their memberships. Their keys are another matter. */
export async function deleteTeams(db: Db, ids: readonly string[]): Promise<void> {
  await db.deleteFrom('teams').where('id', 'in', ids).execute();
}

/** Which teams to list, in what order. Absent: whatever it is. */
export interface TeamList {
  ids?: readonly string[] | undefined;
  id?: string | undefined;
  alias?: string | undefined;
  memberId?: string | undefined;
  search?: string | undefined;
  sortBy: 'created_at' | 'team_alias' | 'team_id' | 'spend';
  sortOrder: 'asc' | 'desc';
  /** null: all of them. */
  page: { offset: number; limit: number } | null;
  now: Date;
}

/** Teams that match, one page of them, and how many there are. */
export async function listTeams(db: Db, list: TeamList): Promise<{ rows: TeamRow[]; total: number }> {
  const matching = db.selectFrom('teams').where((eb) => eb.and(conditions(eb, list)));
  const ordered = matching.selectAll().orderBy(sortExpression(list), sortDirection(list, neverNull)).orderBy('id');
  if (list.page === null) {
    const rows = await ordered.execute();
    return { rows, total: rows.length };
  }
  const { total } = await matching.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  return { rows: await ordered.offset(list.page.offset).limit(list.page.limit).execute(), total: Number(total) };
}

function conditions(eb: ExpressionBuilder<Database, 'teams'>, list: TeamList): Expression<SqlBool>[] {
  const wanted: Expression<SqlBool>[] = [];
  if (list.ids !== undefined) wanted.push(list.ids.length > 0 ? eb('id', 'in', list.ids) : sql<SqlBool>`false`);
  if (list.id !== undefined) wanted.push(eb('id', '=', list.id));
  if (list.alias !== undefined) wanted.push(containsAny(['alias'], list.alias));
  if (list.memberId !== undefined) {
    wanted.push(eb('id', 'in', eb.selectFrom('members').select('team_id').where('user_id', '=', list.memberId)));
  }
  if (list.search !== undefined) wanted.push(containsAny(['id', 'alias'], list.search));
  return wanted;
}

function sortExpression({ sortBy, now }: TeamList): Expression<unknown> {
  if (sortBy === 'spend') {
    return sql`(select spent from spend where scope = 'team:' || teams.id and (period_end is null or period_end > ${now}))`;
  }
  return sql.ref(`teams.${sortBy.replace('team_', '')}`);
}
