import { sql, type Expression, type ExpressionBuilder, type Kysely, type OrderByItemBuilder, type SqlBool } from 'kysely';
import type { KeyRow } from './keys-rows.ts';
import type { Database } from './schema.ts';

type Db = Kysely<Database>;
type Builder = ExpressionBuilder<Database, 'keys'>;

/** Which keys somebody sees. */
export interface KeyVisibility {
  keyHash: string | null;
  userId: string | null;
  /** Teams all of whose keys are seen. */
  teamIds: readonly string[];
  /** Nothing outside this team is seen but the key itself. */
  onlyTeamId: string | null;
}

/** What to list. Absent: whatever it is. */
export interface KeyFilter {
  /** null: all are seen. */
  visibleTo: KeyVisibility | null;
  userId?: string | undefined;
  teamId?: string | undefined;
  alias?: string | undefined;
  hash?: string | undefined;
  /** Part of an alias, name, hash, user or team. */
  search?: string | undefined;
}

/** One page of a list, and in what order. */
export interface KeyPage {
  sortBy: 'created_at' | 'updated_at' | 'key_alias' | 'max_budget' | 'spend' | 'expires';
  sortOrder: 'asc' | 'desc';
  offset: number;
  limit: number;
  now: Date;
}

/** Keys that match, one page of them, and how many there are. */
export async function listKeys(db: Db, filter: KeyFilter, page: KeyPage): Promise<{ rows: KeyRow[]; total: number }> {
  const matching = db.selectFrom('keys').where((eb) => eb.and(conditions(eb, filter)));
  const { total } = await matching.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await matching
    .selectAll()
    .orderBy(sortExpression(page), sortDirection(page, neverNull))
    .orderBy('hash')
    .offset(page.offset)
    .limit(page.limit)
    .execute();
  return { rows, total: Number(total) };
}

function conditions(eb: Builder, filter: KeyFilter): Expression<SqlBool>[] {
  const wanted: Expression<SqlBool>[] = [];
  if (filter.visibleTo !== null) wanted.push(isVisible(eb, filter.visibleTo));
  if (filter.userId !== undefined) wanted.push(eb('user_id', '=', filter.userId));
  if (filter.teamId !== undefined) wanted.push(eb('team_id', '=', filter.teamId));
  if (filter.alias !== undefined) wanted.push(eb('alias', '=', filter.alias));
  if (filter.hash !== undefined) wanted.push(eb('hash', '=', filter.hash));
  if (filter.search !== undefined) wanted.push(containsAny(['alias', 'name', 'hash', 'user_id', 'team_id'], filter.search));
  return wanted;
}

function isVisible(eb: Builder, { keyHash, userId, teamIds, onlyTeamId }: KeyVisibility): Expression<SqlBool> {
  const own: Expression<SqlBool>[] = [];
  if (userId !== null)
    own.push(onlyTeamId === null ? eb('user_id', '=', userId) : eb.and({ user_id: userId, team_id: onlyTeamId }));
  if (teamIds.length > 0) own.push(eb('team_id', 'in', teamIds));
  if (keyHash !== null) own.push(eb('hash', '=', keyHash));
  return own.length > 0 ? eb.or(own) : sql<SqlBool>`false`;
}

function sortExpression({ sortBy, now }: KeyPage): Expression<unknown> {
  if (sortBy === 'spend') {
    return sql`(select spent from spend where scope = 'key:' || keys.hash and (period_end is null or period_end > ${now}))`;
  }
  const column = { key_alias: 'alias', expires: 'expires_at' }[sortBy as string] ?? sortBy;
  return sql.ref(`keys.${column}`);
}

/** Columns that hold no nulls: told where nulls go, the database would not use their index. */
const neverNull = ['created_at', 'updated_at'];

/** How a list is ordered; what has no value comes last. */
export function sortDirection(
  { sortBy, sortOrder }: { sortBy: string; sortOrder: 'asc' | 'desc' },
  columnsWithoutNulls: readonly string[],
): (order: OrderByItemBuilder) => OrderByItemBuilder {
  return (order) => {
    const directed = sortOrder === 'asc' ? order.asc() : order.desc();
    return columnsWithoutNulls.includes(sortBy) ? directed : directed.nullsLast();
  };
}

/** A condition: one of the columns contains a text, whatever its case. */
export function containsAny(columns: readonly string[], text: string): Expression<SqlBool> {
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  return sql<SqlBool>`(${sql.join(
    columns.map((column) => sql`${sql.ref(column)} ilike ${pattern}`),
    sql` or `,
  )})`;
}
