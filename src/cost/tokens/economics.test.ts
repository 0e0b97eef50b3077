import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { book, fixturePlan, forecastOf, handPlan } from '../../../test/cost/harness.ts';
import type { ForecastOptions } from '../forecast.ts';
import { approximate } from '../money.ts';
import { parseUsage, type UsageInput } from '../usage/profile.ts';
import { createCostCurve } from './cost-curve.ts';
import { findBreakEven, tokenEconomics, type TokenEconomics } from './economics.ts';

function economicsOf(plan: ReturnType<typeof fixturePlan>, usage: UsageInput = {}): TokenEconomics | undefined {
  const options: ForecastOptions = { plan, book, usage: parseUsage(usage), today: '2026-11-21' };
  const base = forecastOf(plan, usage);
  return tokenEconomics(base, createCostCurve(options, base));
}

describe('the cost curve', () => {
  test('is the forecast at every volume', () => {
    for (const name of ['gpu-dev', 'gpu-prod', 'seed-002']) {
      const plan = fixturePlan(name);
      const curve = createCostCurve({ plan, book, usage: parseUsage({}), today: '2026-11-21' }, forecastOf(plan));
      for (const requests of [0, 1000, 1_000_000, 4_321_000, 30_000_000, 500_000_000]) {
        expect(curve(requests)).toBeCloseTo(approximate(forecastOf(plan, { traffic: { requests } }).total.typical), 6);
      }
    }
  });
});

describe('dollars per million tokens', () => {
  const tokens = economicsOf(fixturePlan('gpu-dev'))!;

  test('of the GPU hour: price / (tokens/s × 3600 × 2.5 tokens for each output token × utilisation)', () => {
    // 1.006 / 4.5 million tokens an hour = 0.22356; / 0.7 = 0.31937; / 0.3 = 0.74519; / 0.1 = 2.23556
    expect(tokens.gpuOnly.map((entry) => entry.dollarsPerMillion.toFixed(5))).toEqual([
      '0.22356',
      '0.31937',
      '0.74519',
      '2.23556',
    ]);
    expect(tokens.asymptote.toFixed(5)).toBe('0.31937');
    expect(tokens.inputShare).toBe(0.6);
  });

  test('the capacity is what the fleet serves with its busiest hour at the target', () => {
    // 4 hosts × 4.5 M/h × 730 h × 0.7 / 1.9 = 4841.05
    expect(tokens.capacityMegatokens).toBeCloseTo(4841.05, 2);
  });

  test('the whole stack beats Claude Haiku 4.5 from 326 million tokens on', () => {
    // One host: 842.86 + 5.33 for each million requests of 500 tokens. 842.86 / (2.60 − 5.33 / 500) = 325.5
    const haiku = tokens.breakEvens.find((entry) => entry.provider === 'anthropic' && entry.model === 'claude-haiku-4-5');
    // 1.00 × 0.6 + 5.00 × 0.4
    expect(haiku?.dollarsPerMillion).toBeCloseTo(2.6, 9);
    expect(haiku?.megatokens).toBeCloseTo(325.5, 0);
  });

  test('and never the models that cost less than the GPU hour, at any volume', () => {
    const never = tokens.breakEvens.filter((entry) => entry.dollarsPerMillion <= tokens.asymptote);
    expect(never.map((entry) => entry.model)).toEqual(
      expect.arrayContaining(['llama-3.2-3b-instruct', 'nova-micro', 'phi-3-mini-128k-instruct', 'gpt-5-nano']),
    );
    expect(never.every((entry) => entry.megatokens === null)).toBe(true);
  });

  test('a faster measurement moves the break-even', () => {
    const faster = economicsOf(fixturePlan('gpu-dev'), { gpu: { outputTokensPerSecond: 1000 } })!;
    const mini = (of: TokenEconomics): number | null | undefined =>
      of.breakEvens.find((entry) => entry.model === 'gpt-4o-mini')?.megatokens;
    expect(mini(tokens)).toBeNull();
    expect(mini(faster)).toBeGreaterThan(1000);
    expect(faster.tokensPerSecondSource).toBe('given');
  });

  test('nothing is said without a GPU, or where no throughput is known', () => {
    expect(economicsOf(fixturePlan('seed-002'))).toBeUndefined();
    expect(economicsOf(handPlan({ 'aws_instance.x': { instance_type: 'g5.12xlarge' } }))).toBeUndefined();
  });
});

test('a break-even is the first volume that pays, also where cost jumps', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 1, max: 500 }),
      fc.double({ min: 0.05, max: 5, noNaN: true }),
      (fixed, step, price) => {
        const cost = (megatokens: number): number => fixed + step * Math.floor(megatokens / 250);
        const found = findBreakEven(cost, price, 2000);
        const pays = (megatokens: number): boolean => cost(megatokens) <= megatokens * price;
        const grid = Array.from({ length: 400 }, (_, index) => (index + 1) * 5);
        if (found === null) expect(grid.some((megatokens) => pays(megatokens))).toBe(false);
        else {
          expect(pays(found)).toBe(true);
          expect(grid.filter((megatokens) => megatokens < found - 5).some((megatokens) => pays(megatokens))).toBe(false);
        }
      },
    ),
  );
});
