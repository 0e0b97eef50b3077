import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toNanoUsd, toUsd } from './usd.ts';

test.each([
  [0, 0],
  ['10', 10_000_000_000],
  [0.1, 100_000_000],
  ['0.000000001', 1],
  [1.5e-7, 150],
  ['1.5e-07', 150],
  ['0.0000000005', 1],
  ['0.0000000004', 0],
  [1e-12, 0],
  ['2e3', 2_000_000_000_000],
])('%s USD is %d nano-dollars', (usd, nano) => {
  expect(toNanoUsd(usd)).toBe(nano);
});

test.each(['', '-1', 'ten', '1e', 'Infinity', '1,5'])('%j is refused', (text) => {
  expect(() => toNanoUsd(text)).toThrow('is no amount in USD');
});

test('dollars and back again lose nothing', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e15 }), (nano) => toNanoUsd(toUsd(nano)) === nano));
});
