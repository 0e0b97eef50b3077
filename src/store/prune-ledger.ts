import { sql, type Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** Of the advisory lock that the pruning gateway holds while it removes a batch. */
const lockId = 7_248_811_305;
/** How long an id of a batch is remembered whose gateway never said that it is done with it. */
const rememberBatchesDays = 365;

interface PruneInput {
  /** Rows that began before are removed. */
  before: Date;
  /** Rows of one transaction. */
  batchRows: number;
}

/**
 * Removes one batch of old rows from the ledger; sums by day stay. Returns how many it removed, or null while another gateway removes some.
 * Fewer than `batchRows`: there are no more.
 */
export async function pruneLedgerBatch(db: Kysely<Database>, { before, batchRows }: PruneInput): Promise<number | null> {
  return db.transaction().execute(async (transaction) => {
    const { rows: locks } = await sql<{ held: boolean }>`
      select pg_try_advisory_xact_lock(${lockId}::bigint) as held`.execute(transaction);
    if (locks[0]?.held !== true) return null;
    const { rows } = await sql<{ count: number }>`
      with
        forgotten as (delete from ledger_batches where written_at < now() - make_interval(days => ${rememberBatchesDays}::integer)),
        removed as (
          delete from ledger where id in (select id from ledger where started_at < ${before} order by started_at limit ${batchRows}) returning 1)
      select count(*)::integer as count from removed`.execute(transaction);
    return rows[0]?.count ?? 0;
  });
}
