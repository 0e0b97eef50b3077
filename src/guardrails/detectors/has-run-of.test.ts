import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasRunOf } from './has-run-of.ts';

test('it says what a pattern would say', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 7 }),
      fc.string({ unit: fc.constantFrom('a', 'b', '-', 'é'), maxLength: 40 }),
      (length, text) => {
        expect(hasRunOf(length, /[ab]/)(text)).toBe(new RegExp(`[ab]{${length}}`).test(text));
      },
    ),
  );
});
