import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toNanoUsd } from '../../money/usd.ts';
import { perMillion, usdOf } from './money.ts';

test.each([
  ['1.5e-07', '0.15'],
  [1.5e-7, '0.15'],
  ['0.0000006', '0.6'],
  [0.00003, '30'],
  ['1e-6', '1'],
  ['5E-5', '50'],
  ['.000001', '1'],
  ['2.', '2000000'],
  [0, '0'],
  ['0.0', '0'],
  ['1e-12', '0.000001'],
  ['', null],
  ['.', null],
  ['-1', null],
  ['cheap', null],
  ['1e9999', null],
])('%j USD for a token are %j USD for a million', (amount, expected) => {
  expect(perMillion(amount)).toBe(expected);
});

test('moves the decimal point of any text, exactly', () => {
  fc.assert(
    fc.property(fc.nat(1e9), fc.integer({ min: 0, max: 15 }), (digits, places) => {
      const text = String(digits).padStart(places + 1, '0');
      const amount = `${text.slice(0, text.length - places)}.${text.slice(text.length - places)}`;
      const expected = places >= 6 ? `${digits}e-${places - 6}` : `${digits}e${6 - places}`;
      expect(toNanoUsd(perMillion(amount)!)).toBe(toNanoUsd(expected));
      expect(perMillion(`${digits}e-${places}`)).toBe(perMillion(amount));
    }),
  );
});

test('nano-dollars as USD come back the same', () => {
  fc.assert(
    fc.property(fc.nat(1e15), (nanoUsd) => {
      expect(toNanoUsd(usdOf(nanoUsd))).toBe(nanoUsd);
    }),
  );
});
