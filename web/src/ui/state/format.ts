const usdLarge = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' });
const usdCents = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumFractionDigits: 4 });
const usdSmall = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });
const dateTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const shortDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** Money: `$1,234.50`, below a dollar `$0.107`, and below a cent with three significant digits, `$0.00214`: answers cost that little. */
export function formatUsd(usd: number): string {
  const size = Math.abs(usd);
  if (size === 0 || size >= 1) return usdLarge.format(usd);
  return (size < 0.01 ? usdSmall : usdCents).format(usd);
}

/** A count in full: `12,345`. */
export function formatCount(count: number): string {
  return whole.format(count);
}

/** A count in short: `12.3K`. */
export function formatCompact(count: number): string {
  return compact.format(count);
}

/** A share of a whole: `1.5%`; of nothing it is `0%`. */
export function formatShare(part: number, all: number): string {
  return percent.format(all === 0 ? 0 : part / all);
}

/** A date with the time of day, where the reader is. */
export function formatDateTime(ms: number): string {
  return dateTime.format(ms);
}

/** A date, where the reader is. */
export function formatDate(ms: number): string {
  return date.format(ms);
}

/** The time of day with seconds, where the reader is. */
export function formatClock(ms: number): string {
  return clock.format(ms);
}

/** A UTC day, `2026-11-21`, as `21 Nov`. */
export function formatDay(day: string): string {
  const ms = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(ms) ? day : shortDay.format(ms);
}

const periods: Readonly<Record<string, string>> = {
  '1d': 'a day',
  '7d': 'a week',
  '30d': 'a month (30d)',
  '1mo': 'a month',
  '1h': 'an hour',
};

/** How often a budget starts anew: `a day`, or the duration as it was given. */
export function formatPeriod(duration: string | null): string {
  return duration === null ? 'in all' : (periods[duration] ?? `every ${duration}`);
}
