import type { Span } from '../api/spend.ts';

const dayMs = 86_400_000;

/** The UTC day of a moment: `2026-11-21`. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** A day some days away. */
export function shiftDay(day: string, days: number): string {
  return dayOf(Date.parse(`${day}T00:00:00Z`) + days * dayMs);
}

/** Every day of a span, the first and the last included; none where it ends before it begins or is no date. */
export function daysOf({ start, end }: Span): string[] {
  const count = (Date.parse(`${end}T00:00:00Z`) - Date.parse(`${start}T00:00:00Z`)) / dayMs + 1;
  return count >= 1 ? Array.from({ length: Math.round(count) }, (_, at) => shiftDay(start, at)) : [];
}

/** The spans that can be chosen with one click. */
export const presets: readonly { id: string; label: string }[] = [
  { id: '7', label: '7 days' },
  { id: '30', label: '30 days' },
  { id: '90', label: '90 days' },
  { id: 'month', label: 'This month' },
];

const isDay = (text: string | null): text is string =>
  /^\d{4}-\d\d-\d\d$/.test(text ?? '') && !Number.isNaN(Date.parse(text ?? ''));

/** The longest span that is drawn, in days. */
export const maxSpanDays = 400;

/** The span that a page's query names: a preset, or `from` and `to`. Without one, the last 30 days. Too long spans lose their beginning. */
export function spanOf(query: URLSearchParams, nowMs: number): Span & { preset: string } {
  const today = dayOf(nowMs);
  const [from, to] = [query.get('from'), query.get('to')];
  if (isDay(from) && isDay(to) && from <= to) {
    const earliest = shiftDay(to, 1 - maxSpanDays);
    return { start: from < earliest ? earliest : from, end: to, preset: '' };
  }
  const preset = presets.find(({ id }) => id === query.get('span'))?.id ?? '30';
  if (preset === 'month') return { start: `${today.slice(0, 8)}01`, end: today, preset };
  return { start: shiftDay(today, 1 - Number(preset)), end: today, preset };
}
