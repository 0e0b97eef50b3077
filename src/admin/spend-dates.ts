import { GatewayError } from '../errors.ts';
import type { DaySpan } from '../store/spend-filter.ts';

const dayMs = 86_400_000;
const longestSpanDays = 1_000;

/** `2026-11-21`, `2026-11-21 10:00:00` or ISO 8601; a time without a zone is UTC. */
const datePattern = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s*(Z|[+-]\d{2}:?\d{2})?)?$/;

interface Dates {
  start_date?: string | undefined;
  end_date?: string | undefined;
}

/**
 * The days that a report is about, both included: those asked for, else the last `usualDays` up to today.
 * @throws GatewayError `bad_request` that names the field
 */
export function daySpan({ start_date, end_date }: Dates, usualDays: number, nowMs: number): DaySpan {
  const endMs = end_date === undefined ? nowMs : parseDate('end_date', end_date).ms;
  const startMs = start_date === undefined ? endMs - (usualDays - 1) * dayMs : parseDate('start_date', start_date).ms;
  const span = { start: dayOf(startMs), end: dayOf(endMs) };
  if (span.start > span.end) throw wrongDate('start_date', `${span.start} is after end_date ${span.end}`);
  if (daysOf(span).length > longestSpanDays) throw wrongDate('start_date', `a report spans at most ${longestSpanDays} days`);
  return span;
}

/**
 * The times that rows are asked for: from a time, until before another. A day as end includes that day.
 * @throws GatewayError `bad_request` that names the field
 */
export function timeSpan({ start_date, end_date }: Dates): { from: Date | undefined; until: Date | undefined } {
  const start = start_date === undefined ? undefined : parseDate('start_date', start_date);
  const end = end_date === undefined ? undefined : parseDate('end_date', end_date);
  if (start !== undefined && end !== undefined && start.ms > end.ms) throw wrongDate('start_date', 'is after end_date');
  return {
    from: start && new Date(start.ms),
    until: end && new Date(end.isDay ? end.ms + dayMs : end.ms + 1),
  };
}

/** Every day of a span. */
export function daysOf({ start, end }: DaySpan): string[] {
  const first = Date.parse(start);
  const count = Math.round((Date.parse(end) - first) / dayMs) + 1;
  return Array.from({ length: Math.min(count, longestSpanDays + 1) }, (_, at) => dayOf(first + at * dayMs));
}

function parseDate(field: string, text: string): { ms: number; isDay: boolean } {
  const [match, day = '', time, zone = 'Z'] = datePattern.exec(text.trim()) ?? [];
  const ms = match === undefined ? Number.NaN : Date.parse(time === undefined ? day : `${day}T${time}${zone}`);
  // Date.parse takes 30 February for 2 March.
  const isReal = !Number.isNaN(Date.parse(day)) && dayOf(Date.parse(day)) === day;
  if (Number.isNaN(ms) || !isReal) throw wrongDate(field, `"${text.slice(0, 40)}" is no date; write it as 2026-11-21`);
  return { ms, isDay: time === undefined };
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function wrongDate(field: string, message: string): GatewayError {
  return new GatewayError('bad_request', `${field}: ${message}`, { param: field, details: [{ field, message }] });
}
