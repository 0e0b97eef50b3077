import { sql, type Kysely, type RawBuilder, type Selectable } from 'kysely';
import type { Database, LedgerTable } from './schema.ts';
import { filterCondition, type SpendFilter, type SpendView } from './spend-filter.ts';

/** Which rows of the ledger. */
export interface LedgerRowQuery {
  filter: SpendFilter;
  requestId?: string | undefined;
  /** Of the start. */
  from?: Date | undefined;
  until?: Date | undefined;
  limit: number;
  offset: number;
}

/** Rows of the ledger, the newest first. */
export async function ledgerRows(db: Kysely<Database>, query: LedgerRowQuery): Promise<Selectable<LedgerTable>[]> {
  const { filter, limit, offset } = query;
  let rows = db.selectFrom('ledger').selectAll().where(rowCondition(query));
  if (filter.view !== null) rows = rows.where(sql<boolean>`id in (${newestOfView(filter.view, query)})`);
  return rows.orderBy('started_at', 'desc').orderBy('id', 'desc').limit(limit).offset(offset).execute();
}

function rowCondition({ filter, requestId, from, until }: LedgerRowQuery): RawBuilder<boolean> {
  const conditions = [filterCondition({ ...filter, view: null })];
  if (requestId !== undefined) conditions.push(sql`request_id = ${requestId}`);
  if (from !== undefined) conditions.push(sql`started_at >= ${from}`);
  if (until !== undefined) conditions.push(sql`started_at < ${until}`);
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}

/**
 * The ids of the newest rows of every user, key and team in a view, each by its own index. As one condition with `or`, a ledger of millions would be
 * read from its end until enough rows of somebody who has few were found.
 */
function newestOfView({ userId, keyHashes, teamIds }: SpendView, query: LedgerRowQuery): RawBuilder<unknown> {
  const newestOf = (column: string, holders: readonly string[]) => sql`
    select newest.id from unnest(${[...holders]}::text[]) as holder(value) cross join lateral (
      select id from ledger where ${sql.ref(column)} = holder.value and ${rowCondition(query)}
      order by started_at desc, id desc limit ${query.offset + query.limit}) as newest`;
  const parts = [
    newestOf('user_id', userId === null ? [] : [userId]),
    newestOf('key_hash', keyHashes),
    newestOf('team_id', teamIds),
  ];
  return sql.join(parts, sql` union `);
}

/** How often each tag was given, and what its requests cost. */
export async function tagCounts(
  db: Kysely<Database>,
  { filter, from, until, limit }: Omit<LedgerRowQuery, 'requestId' | 'offset'>,
): Promise<{ tag: string; count: number; cost: number }[]> {
  const { rows } = await sql<{ tag: string; count: number; cost: number }>`
    select tag, count(*)::bigint as count, sum(cost)::bigint as cost from ledger cross join unnest(tags) as tag
    where ${filterCondition(filter)} and started_at >= coalesce(${from ?? null}::timestamptz, '-infinity')
      and started_at < coalesce(${until ?? null}::timestamptz, 'infinity')
    group by tag order by cost desc, tag limit ${limit}`.execute(db);
  return rows;
}
