import { sql, type Kysely, type Transaction } from 'kysely';
import type { SpendRow } from '../core/spend.ts';
import type { Database } from './schema.ts';
import { counterRounds, dailySums, type CounterSum, type DailySum } from './spend-sums.ts';
import { hasUnstorableText, withBoundedTexts, withStorableTexts } from './storable-rows.ts';

/** Rows that are counted together or not at all. */
export interface SpendBatch {
  /** Unique, and the same whenever these rows are sent again. */
  id: string;
  rows: readonly SpendRow[];
}

/** What a write needs besides its batch. */
export interface WriteOptions {
  /** Batches that will not be sent again, so that nothing need be remembered of them. */
  settledIds: readonly string[];
  /** Aborted when the write was given up: it must then not go on, only end. */
  signal: AbortSignal;
}

/** Where batches are counted. */
export interface BatchWriter {
  /**
   * Counts a batch once, however often it is sent. Rejects when the database is away, and with its error when it refuses the rows; then nothing of the
   * batch is counted, unless only the answer was lost.
   */
  write(batch: SpendBatch, options: WriteOptions): Promise<void>;
}

type Transacting = Transaction<Database>;

/**
 * Counts batches in PostgreSQL, each in one transaction: the batch's id, the rows of the ledger, the sums by day, the counters. A batch whose id is
 * there was counted before; a row whose id is there too, and adds to no sum. Two gateways that send the same batch at once wait for each other at
 * its id; those that send different ones take the rows of sums and counters in the same order, so that they cannot deadlock.
 */
export class LedgerWriter implements BatchWriter {
  readonly #db: Kysely<Database>;
  readonly #keepsRows: boolean;

  /** `keepsRows` false: sums and counters only. */
  constructor({ db, keepsRows }: { db: Kysely<Database>; keepsRows: boolean }) {
    this.#db = db;
    this.#keepsRows = keepsRows;
  }

  async write({ id, rows }: SpendBatch, { settledIds, signal }: WriteOptions): Promise<void> {
    const prepared = prepare(rows, this.#keepsRows);
    await this.#db.transaction().execute(async (transaction) => {
      signal.throwIfAborted();
      const isNew = await takeBatch(transaction, id, settledIds);
      signal.throwIfAborted();
      if (!isNew) return;
      const fresh = this.#keepsRows ? await insertRows(transaction, prepared) : prepared;
      signal.throwIfAborted();
      if (fresh.rows.length === 0) return;
      await addDailySums(transaction, fresh.daily);
      for (const round of fresh.counters) await addToCounters(transaction, round);
      signal.throwIfAborted();
    });
  }
}

interface Prepared {
  rows: readonly SpendRow[];
  json: string;
  daily: DailySum[];
  counters: CounterSum[][];
}

function prepare(given: readonly SpendRow[], withRows: boolean): Prepared {
  const rows = withBoundedTexts(given);
  const json = withRows ? JSON.stringify(rows.map(toColumns)) : '';
  const prepared = { rows, json, daily: dailySums(rows), counters: counterRounds(rows) };
  const checked = withRows ? json : JSON.stringify(prepared.daily);
  const scopes = JSON.stringify(prepared.counters);
  return hasUnstorableText(checked) || hasUnstorableText(scopes) ? prepare(withStorableTexts(rows), withRows) : prepared;
}

async function takeBatch(transaction: Transacting, id: string, settledIds: readonly string[]): Promise<boolean> {
  const { rows } = await sql`
    with settled as (delete from ledger_batches where id = any(${[...settledIds]}::text[]))
    insert into ledger_batches (id) values (${id}) on conflict (id) do nothing returning id`.execute(transaction);
  return rows.length > 0;
}

/** The order of the columns in `insertRows`. Arrays, because names would make the text twice as long. */
function toColumns(row: SpendRow): unknown[] {
  return [
    row.id,
    row.requestId,
    row.startedAtMs,
    row.endedAtMs,
    row.firstByteMs,
    row.keyHash,
    row.keyAlias,
    row.userId,
    row.teamId,
    row.customerId,
    row.tags,
    row.operation,
    row.isStreaming,
    row.originalModel,
    row.model,
    row.responseModel,
    row.backend,
    row.provider,
    row.promptTokens,
    row.completionTokens,
    row.cachedTokens,
    row.isEstimated,
    row.costNanoUsd,
    row.httpStatus,
    row.errorCode,
    row.ip,
  ];
}

/** Inserts rows into the ledger alone and returns those that were not there yet, as they were stored: sums and counters are the caller's. */
export async function insertLedgerRows(transaction: Transacting, rows: readonly SpendRow[]): Promise<readonly SpendRow[]> {
  return (await insertRows(transaction, prepare(rows, true))).rows;
}

/** Inserts rows and returns what those add that were not there yet. */
async function insertRows(transaction: Transacting, prepared: Prepared): Promise<Prepared> {
  const expected = prepared.rows.length;
  const { rows: answers } = await sql<{ count: number; ids: string | null }>`
    with inserted as (
      insert into ledger (
        id, request_id, started_at, ended_at, first_byte_ms, key_hash, key_alias, user_id, team_id, customer_id, tags, operation, is_streaming,
        original_model, model, response_model, backend, provider, prompt_tokens, completion_tokens, cached_tokens, is_estimated, cost,
        http_status, error_code, ip)
      select
        r->>0, r->>1, to_timestamp((r->>2)::float8 / 1000), to_timestamp((r->>3)::float8 / 1000), (r->>4)::float8, r->>5, r->>6, r->>7, r->>8, r->>9,
        array(select jsonb_array_elements_text(r->10)), r->>11, (r->>12)::boolean, r->>13, r->>14, r->>15, r->>16, r->>17, (r->>18)::bigint,
        (r->>19)::bigint, (r->>20)::bigint, (r->>21)::boolean, (r->>22)::bigint, (r->>23)::integer, r->>24, r->>25
      from jsonb_array_elements(${prepared.json}::text::jsonb) r
      on conflict (id) do nothing returning id)
    select count(*)::integer as count, case when count(*) < ${expected}::integer then json_agg(id)::text end as ids from inserted`.execute(
    transaction,
  );
  const [answer] = answers;
  if (answer === undefined || answer.count === expected) return prepared;
  const insertedIds = new Set(JSON.parse(answer.ids ?? '[]') as string[]);
  const rows = prepared.rows.filter(({ id }) => insertedIds.delete(id));
  return { rows, json: '', daily: dailySums(rows), counters: counterRounds(rows) };
}

/** Adds to the sums by day. */
export async function addDailySums(transaction: Transacting, sums: readonly DailySum[]): Promise<void> {
  await sql`
    insert into daily_spend as known (
      day, key_hash, user_id, team_id, customer_id, model, provider, requests, failed_requests, prompt_tokens, completion_tokens, cached_tokens, cost)
    select * from json_to_recordset(${JSON.stringify(sums)}::text::json) as added(
      day date, key_hash text, user_id text, team_id text, customer_id text, model text, provider text, requests bigint, failed_requests bigint,
      prompt_tokens bigint, completion_tokens bigint, cached_tokens bigint, cost bigint)
    order by day, key_hash collate "C", user_id collate "C", team_id collate "C", customer_id collate "C", model collate "C", provider collate "C"
    on conflict (day, key_hash, user_id, team_id, customer_id, model, provider) do update set
      requests = known.requests + excluded.requests, failed_requests = known.failed_requests + excluded.failed_requests,
      prompt_tokens = known.prompt_tokens + excluded.prompt_tokens, completion_tokens = known.completion_tokens + excluded.completion_tokens,
      cached_tokens = known.cached_tokens + excluded.cached_tokens, cost = known.cost + excluded.cost`.execute(transaction);
}

/** Within one period sums add up; a later period begins anew; what belongs to a period that is over is not added. */
async function addToCounters(transaction: Transacting, sums: readonly CounterSum[]): Promise<void> {
  await sql`
    insert into spend as known (scope, duration, period_end, spent)
    select * from json_to_recordset(${JSON.stringify(sums)}::text::json) as added(scope text, duration text, period_end timestamptz, cost bigint)
    order by scope collate "C"
    on conflict (scope) do update set
      spent = case
        when known.duration is distinct from excluded.duration or known.period_end is null or excluded.period_end is null
          or known.period_end = excluded.period_end then known.spent + excluded.spent
        when known.period_end < excluded.period_end then excluded.spent
        else known.spent end,
      period_end = case
        when known.duration is distinct from excluded.duration then known.period_end
        else greatest(known.period_end, excluded.period_end) end`.execute(transaction);
}
