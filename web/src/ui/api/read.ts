import { asNumber, asText, isRecord } from '../../json.ts';

/** A parsed JSON object whose fields are looked at one by one. */
export type Fields = Record<string, unknown>;

/** The objects of a list: the value itself, or the first of the named fields that is a list. Anything else is an empty list. */
export function readRows(value: unknown, ...names: readonly string[]): Fields[] {
  if (Array.isArray(value)) return value.filter(isRecord);
  if (!isRecord(value)) return [];
  const name = names.find((name) => Array.isArray(value[name]));
  return name === undefined ? [] : readRows(value[name]);
}

/** The texts of a list; other values are left out. */
export function readTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** An object, or an empty one. */
export function readFields(value: unknown): Fields {
  return isRecord(value) ? value : {};
}

/** A text that says something, or null. */
export function readText(value: unknown): string | null {
  const text = asText(value);
  return text === undefined || text === '' ? null : text;
}

/** A number, or null. */
export function readNumber(value: unknown): number | null {
  return asNumber(value) ?? null;
}

/** A point in time (ISO 8601, or milliseconds since 1970) in milliseconds since 1970, or null. */
export function readTime(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** One page of a list that the server pages. */
export interface Page<Row> {
  rows: Row[];
  /** All rows on the server; null where it does not say. */
  total: number | null;
  /** From 1. */
  page: number;
  /** At least 1; null where the server does not say. */
  pages: number | null;
}

/** The page's place in the list, by any of the names in use. */
export function readPage<Row>(value: unknown, rows: Row[], asked: { page: number; size: number }): Page<Row> {
  const fields = readFields(value);
  const total = readNumber(fields['total_count']) ?? readNumber(fields['total']);
  const pages = readNumber(fields['total_pages']) ?? (total === null ? null : Math.ceil(total / asked.size));
  const page = readNumber(fields['current_page']) ?? readNumber(fields['page']) ?? asked.page;
  return { rows, total, page, pages: pages === null ? null : Math.max(1, pages) };
}
