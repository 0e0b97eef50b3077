import type { SpendRow } from '../core/spend.ts';
import type { SpendBatch } from '../store/ledger-writer.ts';

/** A batch as JSON lines, each with the batch's id, so that every line says all about itself. */
export function toLines({ id, rows }: SpendBatch): string {
  const start = `{"batch":${JSON.stringify(id)},"row":`;
  return rows.map((row) => `${start}${JSON.stringify(row)}}\n`).join('');
}

/**
 * The batches of a spool file, in order. A line that is no row is left out and reported: after a kill the last one may be torn, and its batch holds
 * the rows before it.
 */
export function* batchesOf(bytes: Buffer, onBadLine: (lineNumber: number, isLast: boolean) => void): Generator<SpendBatch> {
  let batch: { id: string; rows: SpendRow[] } | null = null;
  for (const { line, lineNumber, isLast } of linesOf(bytes)) {
    const entry = parseEntry(line);
    if (entry === null) {
      onBadLine(lineNumber, isLast);
      continue;
    }
    if (batch !== null && batch.id !== entry.batch) {
      yield batch;
      batch = null;
    }
    batch ??= { id: entry.batch, rows: [] };
    batch.rows.push(entry.row);
  }
  if (batch !== null) yield batch;
}

/** How many rows a spool file holds; a torn last line is none. */
export function countRows(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}

function* linesOf(bytes: Buffer): Generator<{ line: string; lineNumber: number; isLast: boolean }> {
  let lineNumber = 0;
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(10, start);
    const end = newline === -1 ? bytes.length : newline;
    lineNumber += 1;
    yield { line: bytes.toString('utf8', start, end), lineNumber, isLast: end + 1 >= bytes.length };
    start = end + 1;
  }
}

function parseEntry(line: string): { batch: string; row: SpendRow } | null {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof entry !== 'object' || entry === null || !('batch' in entry) || !('row' in entry)) return null;
  const { batch, row } = entry;
  if (typeof batch !== 'string' || typeof row !== 'object' || row === null || !('id' in row) || !('charges' in row)) return null;
  return { batch, row: row as SpendRow };
}
