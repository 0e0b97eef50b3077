import type { SpendReport } from '../wire/admin/spend.ts';

const sumColumns = [
  'requests',
  'failed_requests',
  'prompt_tokens',
  'completion_tokens',
  'cached_tokens',
  'cost_usd',
  'cost_nano_usd',
] as const;

/** A report as CSV (RFC 4180) with a line of names, its numbers as they are. */
export function spendCsv({ group_by, rows }: SpendReport): string {
  const parts = group_by.split(',');
  const group = parts.find((part) => part !== 'day');
  const names = [...(parts.includes('day') ? ['day'] : []), ...(group === undefined ? [] : [group, `${group}_label`])];
  const lines = rows.map((row) => {
    const texts = [...(row.day === undefined ? [] : [row.day]), ...(group === undefined ? [] : [row.id ?? '', row.label ?? ''])];
    return [...texts.map(csvText), ...sumColumns.map((column) => plainNumber(row[column]))].join(',');
  });
  return [[...names, ...sumColumns].join(','), ...lines].map((line) => `${line}\r\n`).join('');
}

/**
 * A text as a CSV field. Spreadsheets run what begins with one of `= + - @`, a tab or a line break as a formula, and clients choose some of these
 * texts; an apostrophe before it makes it a text (OWASP, CSV injection).
 */
export function csvText(text: string): string {
  const safe = /^\s*[=+\-@\t\r\n|%＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n;\t']/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Without an exponent, which some readers take for a text. */
function plainNumber(value: number | string): string {
  if (typeof value === 'string' || Number.isInteger(value)) return String(value);
  return value.toFixed(9).replace(/\.?0+$/, '');
}
