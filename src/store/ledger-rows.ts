import { sql, type Kysely, type Selectable } from 'kysely';
import type { Database, LedgerTable } from './schema.ts';
import { filterCondition, type SpendFilter } from './spend-filter.ts';

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
  const { filter, requestId, from, until, limit, offset } = query;
  let rows = db.selectFrom('ledger').selectAll().where(filterCondition(filter));
  if (requestId !== undefined) rows = rows.where('request_id', '=', requestId);
  if (from !== undefined) rows = rows.where('started_at', '>=', from);
  if (until !== undefined) rows = rows.where('started_at', '<', until);
  return rows.orderBy('started_at', 'desc').orderBy('id', 'desc').limit(limit).offset(offset).execute();
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
