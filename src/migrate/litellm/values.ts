import { toNanoUsd } from '../../money/usd.ts';
import type { SourceRow } from './source.ts';

/** The most that our columns hold: what is more is cut, so that no limit is lost. */
const mostUsd = 9_000_000;

/** What is asked of columns that are there and not null; what a version does not have is as if it were null. */

export function textOf(row: SourceRow, name: string): string | null {
  const value = row[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** USD as nano-dollars, rounded once. null: no amount. What is below zero counts as zero. */
export function nanoUsdOf(row: SourceRow, name: string): number | null {
  return toNano(row[name]);
}

/** An amount of a JSON document or a column. */
export function toNano(value: unknown): number | null {
  if (value === null || value === undefined || value === '') return null;
  const amount = Number(value);
  if (Number.isNaN(amount)) return null;
  if (amount <= 0) return 0;
  return amount >= mostUsd ? mostUsd * 1e9 : toNanoUsd(typeof value === 'string' ? value.trim() : amount);
}

/** A limit. null: none. What is below zero allows nothing. */
export function countOf(row: SourceRow, name: string): number | null {
  return toCount(row[name]);
}

export function toCount(value: unknown): number | null {
  if (value === null || value === undefined || value === '') return null;
  const count = Number(value);
  return Number.isNaN(count) ? null : Math.min(Math.max(Math.floor(count), 0), Number.MAX_SAFE_INTEGER);
}

/** A time, which the source gives as ISO 8601 in UTC. */
export function dateOf(row: SourceRow, name: string): Date | null {
  const text = textOf(row, name);
  const date = text === null ? null : new Date(text);
  return date === null || Number.isNaN(date.getTime()) ? null : date;
}

export function flagOf(row: SourceRow, name: string): boolean {
  return row[name] === true;
}

/** A list of texts, as an array or as JSON. */
export function listOf(row: SourceRow, name: string): string[] {
  return toList(row[name]);
}

export function toList(value: unknown): string[] {
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  return Array.isArray(parsed) ? parsed.filter((item): item is string => typeof item === 'string' && item !== '') : [];
}

/** A JSON object; older versions stored some as JSON text within JSON. */
export function objectOf(row: SourceRow, name: string): Record<string, unknown> {
  return toObject(row[name]);
}

export function toObject(value: unknown): Record<string, unknown> {
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : {};
}

/** Whether a value says nothing: null, false, an empty text, list or object. */
export function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
