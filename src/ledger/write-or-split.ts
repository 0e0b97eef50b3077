import type { SpendRow } from '../core/spend.ts';
import type { BatchWriter, SpendBatch, WriteOptions } from '../store/ledger-writer.ts';

/** What became of a batch that the database was there for. */
export interface WrittenBatch {
  /** Of the batches that it was written in. */
  ids: string[];
  /** Rows that the database refuses whatever is tried, and why. */
  rejected: { row: SpendRow; reason: string }[];
}

/**
 * Writes a batch. Where the database refuses a value in it, halves are tried, so that one bad row keeps no other out. The halves' ids follow from the
 * batch's, and the same halves are made whenever the batch is sent again. Rejects when the database is away.
 */
export async function writeOrSplit(writer: BatchWriter, batch: SpendBatch, options: WriteOptions): Promise<WrittenBatch> {
  try {
    await writer.write(batch, options);
    return { ids: [batch.id], rejected: [] };
  } catch (error) {
    const reason = refusal(error);
    if (reason === null) throw error;
    const [row] = batch.rows;
    if (batch.rows.length <= 1) return { ids: [], rejected: row === undefined ? [] : [{ row, reason }] };
    const middle = batch.rows.length >> 1;
    const first = await writeOrSplit(writer, { id: `${batch.id}a`, rows: batch.rows.slice(0, middle) }, options);
    const second = await writeOrSplit(writer, { id: `${batch.id}b`, rows: batch.rows.slice(middle) }, options);
    return { ids: [...first.ids, ...second.ids], rejected: [...first.rejected, ...second.rejected] };
  }
}

/**
 * SQLSTATE of an error that the rows are to blame for: 22 data exception, 23 integrity violation, 54 program limit exceeded
 * (PostgreSQL, appendix A); null: any other, and trying again may help.
 */
function refusal(error: unknown): string | null {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    const code = 'code' in cause ? String(cause.code) : '';
    if (/^(?:22|23|54)[0-9A-Z]{3}$/.test(code)) return code;
  }
  return null;
}
