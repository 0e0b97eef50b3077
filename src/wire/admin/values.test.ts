import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDuration } from '../../money/budget-period.ts';
import { isDuration, name, object, usd } from './values.ts';

test('a duration is what the budgets take for one', () => {
  const near = fc.stringMatching(/^ ?[0-9]{0,7} ?(s|m|h|d|w|mo|y|x|S|min|)$/);
  const named = fc.constantFrom('daily', 'weekly', 'monthly', 'hourly', 'yearly', 'never', '', '-1', 'Daily', '0d', '00s', '07d');
  fc.assert(
    fc.property(fc.oneof(near, named, fc.string()), (text) => {
      expect(isDuration(text)).toBe(parseDuration(text) !== null);
    }),
  );
});

test('money is a number of dollars that can be kept exactly enough, or no limit', () => {
  for (const value of [0, 0.000001, 9_000_000, null]) expect(usd.safeParse(value).success).toBe(true);
  for (const value of [-0.01, 9_000_001, '5', Infinity, NaN]) expect(usd.safeParse(value).success).toBe(false);
});

test('what the database cannot keep is refused', () => {
  for (const value of ['', 'a\0b', 'line\nbreak', '\uD800', 'x'.repeat(257)]) expect(name.safeParse(value).success).toBe(false);
  for (const value of [{ a: 'x\0' }, { a: { b: ['\uDC00'] } }, { '\0': 1 }]) expect(object.safeParse(value).success).toBe(false);
  expect(object.safeParse({ text: 'fine — 🙂', path: 'C:\\u0000' }).success).toBe(true);
});
