import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { costOf } from './price.ts';

const price = { inputNanoUsd: 150_000_000, outputNanoUsd: 600_000_000, cachedInputNanoUsd: 75_000_000, requestNanoUsd: 0 };

test('costs input, cached input and output at their own prices', () => {
  expect(costOf(price, { promptTokens: 1000, completionTokens: 500, cachedTokens: 400 })).toBe(600 * 150 + 400 * 75 + 500 * 600);
});

test('rounds once, half up', () => {
  const cheap = { inputNanoUsd: 250_000, outputNanoUsd: 250_000, cachedInputNanoUsd: null, requestNanoUsd: 0 };
  expect(costOf(cheap, { promptTokens: 1, completionTokens: 1, cachedTokens: 0 })).toBe(1);
  expect(costOf(cheap, { promptTokens: 1, completionTokens: 0, cachedTokens: 0 })).toBe(0);
});

test('equals exact arithmetic for all prices and counts that occur', () => {
  const nano = fc.integer({ min: 0, max: 1e12 });
  const tokens = fc.integer({ min: 0, max: 2_000_000 });
  const rates = fc.record({ inputNanoUsd: nano, outputNanoUsd: nano, cachedInputNanoUsd: nano, requestNanoUsd: nano });
  const counts = fc.record({ promptTokens: tokens, completionTokens: tokens, cachedTokens: tokens });
  fc.assert(
    fc.property(rates, counts, (price, usage) => {
      const { promptTokens, completionTokens } = usage;
      const cachedTokens = Math.min(usage.cachedTokens, promptTokens);
      const sum =
        BigInt(promptTokens - cachedTokens) * BigInt(price.inputNanoUsd) +
        BigInt(cachedTokens) * BigInt(price.cachedInputNanoUsd) +
        BigInt(completionTokens) * BigInt(price.outputNanoUsd);
      const exact = (sum + 500_000n) / 1_000_000n + BigInt(price.requestNanoUsd);
      fc.pre(exact < BigInt(Number.MAX_SAFE_INTEGER));
      expect(BigInt(costOf(price, { ...usage, cachedTokens }))).toBe(exact);
    }),
  );
});
