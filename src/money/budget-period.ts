const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Names met in the wild for the usual periods. */
const spelledOut: Readonly<Record<string, string>> = {
  hourly: '1h',
  daily: '1d',
  weekly: '7d',
  monthly: '1mo',
  yearly: '1y',
};

interface Duration {
  count: number;
  unit: keyof typeof unitMs | 'mo' | 'y';
}

/** `30s 30m 12h 1d 1w 30d 1mo 1y`, and `daily`, `weekly`, `monthly`; null: no duration. */
export function parseDuration(text: string): Duration | null {
  const [, digits, unit] = /^(\d{1,6})\s*(s|m|h|d|w|mo|y)$/.exec(spelledOut[text] ?? text) ?? [];
  const count = Number(digits);
  return unit === undefined || count === 0 ? null : { count, unit: unit as Duration['unit'] };
}

/** How long a duration is, months taken as 30 days; null: no duration. For expiries, not for budgets. */
export function durationMs(text: string): number | null {
  const duration = parseDuration(text);
  if (duration === null) return null;
  const { count, unit } = duration;
  if (unit === 'mo') return count * 30 * unitMs.d;
  return count * (unit === 'y' ? 365 * unitMs.d : unitMs[unit]);
}

/**
 * The end of the period that contains `nowMs`, Unix milliseconds UTC. Days, weeks and months end on the calendar's borders as LiteLLM's do:
 * `1d` at midnight, `7d` and `1w` on Monday, `30d` and `1mo` on the 1st, `1y` on 1 January; any other duration repeats from its anchor.
 */
export function periodEnd(duration: string, anchorMs: number, nowMs: number): number {
  const parsed = parseDuration(duration);
  if (parsed === null) throw new RangeError(`"${duration}" is no duration`);
  const { count, unit } = parsed;
  const now = new Date(nowMs);
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  if (unit === 'd' && count === 1) return Date.UTC(year, month, day + 1);
  if ((unit === 'd' && count === 7) || (unit === 'w' && count === 1)) {
    const daysToMonday = (8 - now.getUTCDay()) % 7 || 7;
    return Date.UTC(year, month, day + daysToMonday);
  }
  if (unit === 'y') return Date.UTC(year + count, 0, 1);
  if ((unit === 'd' && count === 30) || unit === 'mo') {
    const months = unit === 'mo' ? count : 1;
    const monthsNow = year * 12 + month;
    return monthStart((Math.floor(monthsNow / months) + 1) * months);
  }
  const lengthMs = count * unitMs[unit];
  return anchorMs + (Math.floor((nowMs - anchorMs) / lengthMs) + 1) * lengthMs;
}

function monthStart(months: number): number {
  return Date.UTC(Math.floor(months / 12), months % 12, 1);
}
