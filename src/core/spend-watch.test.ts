import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Budget } from './access.ts';
import { SpendWatch } from './spend-watch.ts';

const budget = (own: Partial<Budget> = {}): Budget => ({
  scope: 'team:red',
  maxNanoUsd: null,
  softNanoUsd: 100,
  duration: '1d',
  anchorMs: 0,
  periodEndMs: 1_000,
  spentNanoUsd: 0,
  ...own,
});

function watch() {
  const told: number[] = [];
  return { told, spend: new SpendWatch((_budget, spent) => told.push(spent)) };
}

test('a soft budget that several keys pass together is told of once', () => {
  const { told, spend } = watch();
  const [one, other] = [budget(), budget()];
  spend.add(one, 60);
  spend.add(other, 60);
  spend.add(one, 60);
  expect(told).toEqual([120]);
  expect(spend.spentOf(one)).toBe(180);
  expect(spend.spentOf(other)).toBe(180);
});

test('what others have spent counts as soon as it was loaded', () => {
  const { told, spend } = watch();
  spend.add(budget(), 10);
  spend.add(budget({ spentNanoUsd: 95 }), 10);
  expect(told).toEqual([105]);
});

test('what was passed before it was seen here is not told again', () => {
  const { told, spend } = watch();
  spend.add(budget({ spentNanoUsd: 100 }), 10);
  expect(told).toEqual([]);
});

test('each period is told of, and what settles late belongs to the one that is over', () => {
  const { told, spend } = watch();
  spend.add(budget(), 100);
  spend.add(budget({ periodEndMs: 2_000 }), 99);
  spend.add(budget(), 50);
  expect(told).toEqual([100]);
  expect(spend.spentOf(budget({ periodEndMs: 2_000 }))).toBe(99);
  spend.add(budget({ periodEndMs: 2_000 }), 1);
  expect(told).toEqual([100, 100]);
});

test('a counter that was set back begins anew', () => {
  const { told, spend } = watch();
  spend.add(budget(), 150);
  const back = budget({ anchorMs: 5 });
  expect(spend.spentOf(back)).toBe(0);
  spend.add(back, 30);
  expect(spend.spentOf(back)).toBe(30);
  expect(told).toEqual([150]);
});

test('law: whatever is spent by whom, it is told of exactly once and never too early', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 30 }), fc.integer({ min: 1, max: 400 }), (costs, soft) => {
      const { told, spend } = watch();
      for (const cost of costs) spend.add(budget({ softNanoUsd: soft }), cost);
      const sum = costs.reduce((total, cost) => total + cost, 0);
      expect(told).toHaveLength(sum >= soft ? 1 : 0);
      for (const spent of told) expect(spent).toBeGreaterThanOrEqual(soft);
      expect(spend.spentOf(budget())).toBe(sum);
    }),
  );
});
