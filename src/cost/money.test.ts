import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ceilUnits,
  decimalMicro,
  decimalUsd,
  divideRounded,
  formatQuantity,
  formatUsd,
  micro,
  multiply,
  product,
  settle,
  usd,
} from './money.ts';

describe('decimals', () => {
  test.each([
    ['0.0000035', 35_000n],
    ['1e-7', 1000n],
    ['-2', -20_000_000_000n],
    ['0.00000000005', 1n],
    ['12.5', 125_000_000_000n],
  ])('%s dollars', (text, expected) => {
    expect(usd(text)).toBe(expected);
  });

  test.each(['', 'abc', '1,000', 'NaN', '0x10', '1.2.3'])('%j is refused', (text) => {
    expect(() => usd(text)).toThrow(RangeError);
  });

  test('a decimal survives the way there and back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (value) => {
        expect(usd(decimalUsd(value))).toBe(value);
        expect(micro(decimalMicro(value))).toBe(value);
      }),
    );
  });

  test('ten thousand dimes are a thousand dollars, which floating point misses', () => {
    const dimes = Array.from({ length: 10_000 }, () => usd('0.1'));
    expect(dimes.reduce((left, right) => left + right, 0n)).toBe(usd(1000));
    expect(Array.from({ length: 10_000 }, () => 0.1).reduce((left, right) => left + right, 0)).not.toBe(1000);
  });
});

describe('units', () => {
  test('quantity × price is settled once', () => {
    // 3 × a third of 1e-6 of a GB at $0.09: 1e-6 × 0.09 = 9e-8 dollars each
    expect(settle(product(micro('0.000001'), usd('0.09')))).toBe(usd('0.00000009'));
    // 2.5e-6 × 1e-10 settles to 0, 5e-7 × 1e-10 × 1e6 to half up
    expect(settle(5n * 10n ** 5n)).toBe(1n);
    expect(settle(5n * 10n ** 5n - 1n)).toBe(0n);
  });

  test('730 hours of 2 instances', () => {
    expect(multiply(micro(730), micro(2))).toBe(micro(1460));
    expect(ceilUnits(micro('1.000001'))).toBe(micro(2));
    expect(ceilUnits(micro(1))).toBe(micro(1));
  });

  test('halves are rounded away from zero', () => {
    expect([divideRounded(5n, 10n), divideRounded(-5n, 10n), divideRounded(4n, 10n)]).toEqual([1n, -1n, 0n]);
  });
});

describe('printing', () => {
  test.each([
    ['1234567.895', '$1,234,567.90'],
    ['0.004', '$0.00'],
    ['-3', '-$3.00'],
    ['0.005', '$0.01'],
  ])('%s dollars', (value, expected) => {
    expect(formatUsd(usd(value))).toBe(expected);
  });

  test('quantities keep three decimals and no trailing zeros', () => {
    expect([
      formatQuantity(micro(21e9)),
      formatQuantity(micro('0.802449')),
      formatQuantity(micro(730)),
      formatQuantity(micro(100)),
    ]).toEqual(['21,000,000,000', '0.802', '730', '100']);
  });
});
