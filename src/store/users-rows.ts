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
import type { Database, UserTable } from './schema.ts';

export type UserRow = Selectable<UserTable>;
type Db = Kysely<Database>;

const neverNull = ['created_at', 'user_id', 'user_role'];

/** One user; `locked` until the transaction ends where it will be changed. */
export function findUser(db: Db, id: string, { locked }: { locked: boolean }): Promise<UserRow | undefined> {
  const query = db.selectFrom('users').selectAll().where('id', '=', id);
  return (locked ? query.forUpdate() : query).executeTakeFirst();
}

/** The user with an e-mail address, whatever its case. */
export function findUserByEmail(db: Db, email: string): Promise<UserRow | undefined> {
  return db
    .selectFrom('users')
    .selectAll()
    .where(sql`lower(email)`, '=', email.toLowerCase())
    .executeTakeFirst();
}

export function findUsers(db: Db, ids: readonly string[]): Promise<UserRow[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return db.selectFrom('users').selectAll().where('id', 'in', ids).orderBy('id').execute();
}

/** Rejects with a unique violation where id or address is taken. */
export function insertUser(db: Db, values: Insertable<UserTable>): Promise<UserRow> {
  return db.insertInto('users').values(values).returningAll().executeTakeFirstOrThrow();
}

export function updateUser(db: Db, id: string, values: Updateable<UserTable>): Promise<UserRow> {
  return db.updateTable('users').set(values).where('id', '=', id).returningAll().executeTakeFirstOrThrow();
}

export async function deleteUsers(db: Db, ids: readonly string[]): Promise<void> {
  await db.deleteFrom('users').where('id', 'in', ids).execute();
}

/** Which users to list, in what order. Absent: whatever it is. */
export interface UserList {
  ids?: readonly string[] | undefined;
  role?: string | undefined;
  email?: string | undefined;
  teamId?: string | undefined;
  search?: string | undefined;
  sortBy: 'created_at' | 'user_id' | 'user_email' | 'user_alias' | 'user_role' | 'spend';
  sortOrder: 'asc' | 'desc';
  offset: number;
  limit: number;
  now: Date;
}

/** Users that match, one page of them, each with how many keys it has, and how many users there are. */
export async function listUsers(db: Db, list: UserList): Promise<{ rows: (UserRow & { key_count: number })[]; total: number }> {
  const matching = db.selectFrom('users').where((eb) => eb.and(conditions(eb, list)));
  const { total } = await matching.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await matching
    .selectAll()
    .select(sql<number>`(select count(*)::integer from keys where keys.user_id = users.id)`.as('key_count'))
    .orderBy(sortExpression(list), sortDirection(list, neverNull))
    .orderBy('id')
    .offset(list.offset)
    .limit(list.limit)
    .execute();
  return { rows, total: Number(total) };
}

function conditions(eb: ExpressionBuilder<Database, 'users'>, list: UserList): Expression<SqlBool>[] {
  const wanted: Expression<SqlBool>[] = [];
  if (list.ids !== undefined) wanted.push(list.ids.length > 0 ? eb('id', 'in', list.ids) : sql<SqlBool>`false`);
  if (list.role !== undefined) wanted.push(eb('role', '=', list.role));
  if (list.email !== undefined) wanted.push(containsAny(['email'], list.email));
  if (list.teamId !== undefined) {
    wanted.push(eb('id', 'in', eb.selectFrom('members').select('user_id').where('team_id', '=', list.teamId)));
  }
  if (list.search !== undefined) wanted.push(containsAny(['id', 'email', 'alias'], list.search));
  return wanted;
}

function sortExpression({ sortBy, now }: UserList): Expression<unknown> {
  if (sortBy === 'spend') {
    return sql`(select spent from spend where scope = 'user:' || users.id and (period_end is null or period_end > ${now}))`;
  }
  return sql.ref(`users.${sortBy.replace('user_', '')}`);
}
