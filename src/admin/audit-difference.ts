import { isDeepStrictEqual } from 'node:util';

type Row = Readonly<Record<string, unknown>>;

/** Every change touches these; the row of the audit log says it itself. */
const untold = new Set(['created_at', 'created_by', 'updated_at', 'updated_by', 'budget_anchor']);
/** Whatever callers put there, secrets too: the log tells only which names changed. */
const opaque = new Set(['metadata', 'extra', 'params', 'info']);

/** The fields that a change touched, as they were and as they are. null: there was, or is, nothing. */
export function auditDifference(before: Row | null, after: Row | null): { before: Row | null; after: Row | null } {
  const names = Object.keys({ ...before, ...after }).filter(
    (name) => !untold.has(name) && !isDeepStrictEqual(told(before, name), told(after, name)),
  );
  const side = (row: Row | null, other: Row | null) =>
    row === null
      ? null
      : Object.fromEntries(names.map((name) => [name, opaque.has(name) ? changedNames(row, other, name) : row[name]]));
  return { before: side(before, after), after: side(after, before) };
}

/** What is empty in a row that was made or removed is not worth telling. */
function told(row: Row | null, name: string): unknown {
  if (row === null) return null;
  const value = row[name] ?? null;
  if (value === false || value === '') return null;
  return typeof value === 'object' && value !== null && !(value instanceof Date) && Object.keys(value).length === 0
    ? null
    : value;
}

function changedNames(row: Row, other: Row | null, name: string): string[] {
  const [own, others] = [row[name], other?.[name]] as (Row | undefined)[];
  return Object.keys(own ?? {})
    .filter((key) => !isDeepStrictEqual(own?.[key], others?.[key]))
    .sort();
}
