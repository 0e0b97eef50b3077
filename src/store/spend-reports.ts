import { sql, type Kysely } from 'kysely';
import type { Database } from './schema.ts';
import { filterCondition, type DaySpan, type SpendFilter } from './spend-filter.ts';

/** What spend is summed by. */
export type SpendColumn = 'day' | 'key_hash' | 'user_id' | 'team_id' | 'customer_id' | 'model' | 'provider';

/** What requests came to. */
export interface SpendSums {
  requests: number;
  failedRequests: number;
  promptTokens: number;
  completionTokens: number;
  cachedTokens: number;
  costNanoUsd: number;
}

/** Sums of one group; of the columns those that were asked for, '' where requests have none. */
export interface SpendGroup<Column extends string> {
  columns: Record<Column, string>;
  sums: SpendSums;
}

interface SumRow {
  requests: number;
  failed: number;
  prompt: number;
  completion: number;
  cached: number;
  cost: number;
}

const dailySums = sql`
  coalesce(sum(requests), 0)::bigint as requests, coalesce(sum(failed_requests), 0)::bigint as failed,
  coalesce(sum(prompt_tokens), 0)::bigint as prompt, coalesce(sum(completion_tokens), 0)::bigint as completion,
  coalesce(sum(cached_tokens), 0)::bigint as cached, coalesce(sum(cost), 0)::bigint as cost`;

/** Sums by columns from the sums by day: by day and then cost where days are asked for, else the dearest first. */
export async function sumSpendBy<Column extends SpendColumn>(
  db: Kysely<Database>,
  { filter, span, columns, limit }: { filter: SpendFilter; span: DaySpan; columns: readonly Column[]; limit: number },
): Promise<SpendGroup<Column>[]> {
  const selected = columns.map((column) => (column === 'day' ? sql`day::text as day` : sql.ref(column)));
  const order = [
    ...(columns.some((column) => column === 'day') ? [sql`daily_spend.day`] : []),
    sql`cost desc`,
    sql`requests desc`,
    ...columns.filter((column) => column !== 'day').map((column) => sql.ref(column)),
  ];
  const { rows } = await sql<SumRow & Record<Column, string>>`
    select ${sql.join(selected)}, ${dailySums} from daily_spend
    where day between ${span.start}::date and ${span.end}::date and ${filterCondition(filter)}
    group by ${sql.join(columns.map((column) => sql.ref(`daily_spend.${column}`)))} order by ${sql.join(order)} limit ${limit}`.execute(
    db,
  );
  return rows.map((row) => toGroup(row));
}

/** The sum over a span; null: over all time. */
export async function sumSpend(db: Kysely<Database>, filter: SpendFilter, span: DaySpan | null): Promise<SpendSums> {
  const within = span === null ? sql`true` : sql`day between ${span.start}::date and ${span.end}::date`;
  const { rows } = await sql<SumRow>`select ${dailySums} from daily_spend where ${within} and ${filterCondition(filter)}`.execute(
    db,
  );
  const [row] = rows;
  return row === undefined ? { ...noSpend } : toSums(row);
}

const ledgerSums = sql`
  count(*)::bigint as requests, count(*) filter (where http_status >= 400)::bigint as failed,
  coalesce(sum(prompt_tokens), 0)::bigint as prompt, coalesce(sum(completion_tokens), 0)::bigint as completion,
  coalesce(sum(cached_tokens), 0)::bigint as cached, coalesce(sum(cost), 0)::bigint as cost`;

/** Sums by tag, from the rows that the ledger still has. A request with two tags counts under both. */
export async function sumSpendByTag(
  db: Kysely<Database>,
  { filter, span, byDay, limit }: { filter: SpendFilter; span: DaySpan; byDay: boolean; limit: number },
): Promise<SpendGroup<'day' | 'tag'>[]> {
  const day = byDay ? sql`(ended_at at time zone 'UTC')::date::text` : sql`''::text`;
  const { rows } = await sql<SumRow & { day: string; tag: string }>`
    select ${day} as day, tag, ${ledgerSums} from ledger cross join unnest(tags) as tag
    where ${endedWithin(span)} and ${filterCondition(filter)} group by 1, 2 order by 1, cost desc, requests desc, 2 limit ${limit}`.execute(
    db,
  );
  return rows.map((row) => toGroup(row));
}

/** The sum over the rows that have any tag, each counted once. */
export async function sumTaggedSpend(db: Kysely<Database>, filter: SpendFilter, span: DaySpan): Promise<SpendSums> {
  const { rows } = await sql<SumRow>`
    select ${ledgerSums} from ledger where tags <> '{}' and ${endedWithin(span)} and ${filterCondition(filter)}`.execute(db);
  const [row] = rows;
  return row === undefined ? { ...noSpend } : toSums(row);
}

/** The index is on the start; no request takes longer than a day. */
function endedWithin({ start, end }: DaySpan) {
  return sql`
    started_at >= (${start}::date - 1)::timestamp at time zone 'UTC' and started_at < (${end}::date + 1)::timestamp at time zone 'UTC'
    and ended_at >= ${start}::date::timestamp at time zone 'UTC' and ended_at < (${end}::date + 1)::timestamp at time zone 'UTC'`;
}

/** The sums of nothing. */
export const noSpend: Readonly<SpendSums> = {
  requests: 0,
  failedRequests: 0,
  promptTokens: 0,
  completionTokens: 0,
  cachedTokens: 0,
  costNanoUsd: 0,
};

function toGroup<Column extends string>(row: SumRow & Record<Column, string>): SpendGroup<Column> {
  const { requests: _r, failed: _f, prompt: _p, completion: _c, cached: _h, cost: _n, ...columns } = row;
  return { columns: columns as unknown as Record<Column, string>, sums: toSums(row) };
}

function toSums({ requests, failed, prompt, completion, cached, cost }: SumRow): SpendSums {
  return {
    requests,
    failedRequests: failed,
    promptTokens: prompt,
    completionTokens: completion,
    cachedTokens: cached,
    costNanoUsd: cost,
  };
}
