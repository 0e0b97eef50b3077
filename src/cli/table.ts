/** A cell of a table: text to the left, numbers to the right. */
export type Cell = string | number | null;

/** Columns as wide as their widest cell, two spaces apart. Null is `-`. Texts come from elsewhere: they must not steer the terminal. */
export function formatTable(names: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = [names, ...rows.map((row) => row.map(textOf))];
  const isNumeric = names.map((_, column) => rows.some((row) => typeof row[column] === 'number' || isAmount(row[column])));
  const widths = names.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const lines = texts.map((row) =>
    row.map((text, column) =>
      isNumeric[column] === true ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0),
    ),
  );
  return lines.map((line) => `${line.join('  ').trimEnd()}\n`).join('');
}

/** Dollars for people: cents, and more digits where there is less than a cent. */
export function formatUsd(amount: number): string {
  if (amount === 0 || Math.abs(amount) >= 0.1) return `$${amount.toFixed(2)}`;
  return Math.abs(amount) < 1e-6 ? `$${amount.toExponential(1)}` : `$${amount.toFixed(6)}`;
}

function isAmount(cell: Cell | undefined): boolean {
  return typeof cell === 'string' && /^\$[\d.e-]+$/.test(cell);
}

function textOf(cell: Cell): string {
  if (cell === null || cell === '') return '-';
  return typeof cell === 'number' ? cell.toLocaleString('en-US') : cell.replaceAll(/\p{Cc}/gu, '\uFFFD');
}
