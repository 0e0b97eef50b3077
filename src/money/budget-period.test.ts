import { describe, expect, test } from 'vitest';
import { durationMs, parseDuration, periodEnd } from './budget-period.ts';

const at = (text: string) => Date.parse(text);
const end = (duration: string, now: string, anchor = '2026-01-15T10:00:00Z') =>
  new Date(periodEnd(duration, at(anchor), at(now))).toISOString();

describe('the end of a budget’s period', () => {
  test.each([
    ['1d', '2026-11-21T23:59:59.999Z', '2026-11-22T00:00:00.000Z'],
    ['daily', '2026-11-21T00:00:00Z', '2026-11-22T00:00:00.000Z'],
    ['7d', '2026-11-21T12:00:00Z', '2026-11-23T00:00:00.000Z'],
    ['7d', '2026-11-23T00:00:00Z', '2026-11-30T00:00:00.000Z'],
    ['1w', '2026-11-22T12:00:00Z', '2026-11-23T00:00:00.000Z'],
    ['30d', '2026-11-21T05:26:30Z', '2026-12-01T00:00:00.000Z'],
    ['1mo', '2026-12-31T23:00:00Z', '2027-01-01T00:00:00.000Z'],
    ['3mo', '2026-11-21T00:00:00Z', '2027-01-01T00:00:00.000Z'],
    ['1y', '2026-11-21T00:00:00Z', '2027-01-01T00:00:00.000Z'],
    ['30s', '2026-01-15T10:00:30Z', '2026-01-15T10:01:00.000Z'],
    ['12h', '2026-01-15T21:59:59Z', '2026-01-15T22:00:00.000Z'],
    ['3d', '2026-01-15T10:00:00Z', '2026-01-18T10:00:00.000Z'],
  ])('%s at %s ends at %s', (duration, now, expected) => {
    expect(end(duration, now)).toBe(expected);
  });

  test('is refused for what is no duration', () => {
    expect(() => end('soon', '2026-11-21T00:00:00Z')).toThrow('"soon" is no duration');
  });
});

test('durations are numbers with a unit, and nothing else', () => {
  expect(parseDuration('30m')).toEqual({ count: 30, unit: 'm' });
  expect(['', '0s', '5', 'd', '1.5h', '-1d'].map(parseDuration)).toEqual([null, null, null, null, null, null]);
  expect(durationMs('2h')).toBe(7_200_000);
});
