import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { gpuHourPrice, priceOf } from './configured-price.ts';
import { costOf } from './price.ts';

test('a machine of 1.20 USD an hour at 1,000 tokens a second costs a third of a dollar for a million tokens', () => {
  expect(gpuHourPrice({ usdPerHourNano: 1_200_000_000, tokensPerSecond: 1000 })).toEqual({
    inputNanoUsd: 333_333_333,
    outputNanoUsd: 333_333_333,
    cachedInputNanoUsd: null,
    requestNanoUsd: 0,
  });
});

test('an hour at full throughput costs the hour, to one part in a thousand', () => {
  const hour = fc.record({
    usdPerHourNano: fc.integer({ min: 1e7, max: 1e11 }),
    tokensPerSecond: fc.integer({ min: 1, max: 10_000 }),
  });
  fc.assert(
    fc.property(hour, ({ usdPerHourNano, tokensPerSecond }) => {
      const price = gpuHourPrice({ usdPerHourNano, tokensPerSecond });
      const cost = costOf(price, { promptTokens: tokensPerSecond * 3600, completionTokens: 0, cachedTokens: 0 });
      expect(Math.abs(cost - usdPerHourNano)).toBeLessThanOrEqual(usdPerHourNano / 1000);
    }),
  );
});

test('what is configured wins over the list; what it leaves out is free, and cached input costs as any other', () => {
  expect(priceOf({ inputUsdPerMillionTokens: 7 }, 'openai', 'gpt-4o')).toEqual({
    inputNanoUsd: 7,
    outputNanoUsd: 0,
    cachedInputNanoUsd: null,
    requestNanoUsd: 0,
  });
  expect(priceOf({ usdPerHour: 3_600_000_000, tokensPerSecond: 1000 }, 'vllm', 'm')?.inputNanoUsd).toBe(1_000_000_000);
  expect(priceOf(undefined, 'openai', 'gpt-4o-mini')?.outputNanoUsd).toBe(600_000_000);
  expect(priceOf(undefined, 'vllm', 'gpt-4o-mini')).toBeNull();
});
