/**
 * Milliseconds that a `Retry-After` header asks to wait: a number of seconds or a date (RFC 9110, section 10.2.3). Undefined where the
 * header is missing or means nothing; a date in the past is 0.
 */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // A date has a weekday's name in front. Without this check `Date.parse` takes "-5" or "1.5" for a year or a month.
  if (!/^[A-Za-z]/.test(text)) return undefined;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
