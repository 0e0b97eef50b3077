import type { SpendRow } from '../core/spend.ts';

/** In UTF-16 units. An index takes no text longer than 2,704 bytes; clients choose some of these texts. */
const longestText = 256;
const mostTags = 64;

/** NUL and halves of surrogate pairs, as JSON writes them; PostgreSQL takes neither. A backslash before them makes it match for nothing. */
const unstorable = /\\u(?:0000|d[89a-f])/i;

/** Rows with every text that a client chose cut to what the database can index. Rows that need it are copied. */
export function withBoundedTexts(rows: readonly SpendRow[]): readonly SpendRow[] {
  return rows.some(isTooLong) ? rows.map((row) => (isTooLong(row) ? bounded(row) : row)) : rows;
}

/** Whether JSON text holds characters that PostgreSQL refuses; one such row would otherwise keep its whole batch out. */
export function hasUnstorableText(json: string): boolean {
  return unstorable.test(json);
}

/** Copies of rows whose texts PostgreSQL takes. */
export function withStorableTexts(rows: readonly SpendRow[]): readonly SpendRow[] {
  return JSON.parse(
    JSON.stringify(rows, (_name, value: unknown) =>
      typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\uFFFD') : value,
    ),
  ) as SpendRow[];
}

function isTooLong(row: SpendRow): boolean {
  return (
    row.requestId.length > longestText ||
    row.originalModel.length > longestText ||
    row.responseModel.length > longestText ||
    (row.customerId !== null && row.customerId.length > longestText) ||
    row.tags.length > mostTags ||
    row.tags.some((tag) => tag.length > longestText)
  );
}

function bounded(row: SpendRow): SpendRow {
  const cut = (text: string) => text.slice(0, longestText);
  return {
    ...row,
    requestId: cut(row.requestId),
    originalModel: cut(row.originalModel),
    responseModel: cut(row.responseModel),
    customerId: row.customerId === null ? null : cut(row.customerId),
    tags: row.tags.slice(0, mostTags).map(cut),
  };
}
