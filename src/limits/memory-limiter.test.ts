import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { KnownSpend } from './known-spend.ts';
import type { BudgetLimit, Limit, Reservation, Verdict } from './limiter.ts';
import { MemoryLimiter } from './memory-limiter.ts';

const leaseMs = 30_000;
const startMs = Date.UTC(2026, 10, 1);
let opened: MemoryLimiter[] = [];
afterEach(async () => {
  await Promise.all(opened.map((limiter) => limiter.close()));
  opened = [];
});

function setUp(knownSpend?: KnownSpend) {
  const clock = { nowMs: startMs };
  const limiter = new MemoryLimiter({ now: () => clock.nowMs, leaseMs, ...(knownSpend === undefined ? {} : { knownSpend }) });
  opened.push(limiter);
  let count = 0;
  const reserve = (limits: readonly Limit[], { tokens = 0, costNanoUsd = 0 } = {}) =>
    limiter.reserve({ id: `r${(count += 1)}`, limits, tokens, costNanoUsd });
  const used = async (limit: Limit) => (await limiter.read([limit]))[0]!.used;
  return { clock, limiter, reserve, used };
}

const requests = (max: number, id = 'a'): Limit => ({ kind: 'requests', id, max });
const tokens = (max: number, id = 'a'): Limit => ({ kind: 'tokens', id, max });
const parallel = (max: number, id = 'a'): Limit => ({ kind: 'parallel', id, max });
const budget = (max: number, more: Partial<BudgetLimit> = {}): BudgetLimit => {
  return { kind: 'budget', id: 'a', max, periodEndMs: 0, spentNanoUsd: 0, ...more };
};

function granted(verdict: Verdict): Reservation {
  if (!verdict.isGranted) throw new Error(`refused by ${verdict.limit.kind} ${verdict.limit.id}`);
  return verdict.reservation;
}

/** Steps of time as traffic has them: bursts, pauses, jumps over the window; not in whole milliseconds. */
const pauseMs = fc.oneof(
  fc.constant(0),
  fc.double({ min: 0, max: 5, noNaN: true }),
  fc.double({ min: 0, max: 9_000, noNaN: true }),
  fc.double({ min: 55_000, max: 65_000, noNaN: true }),
);

describe('rates', () => {
  test('never more than the maximum is admitted in any 60 seconds', () => {
    const traffic = fc.array(fc.record({ pauseMs, tokens: fc.integer({ min: 0, max: 40 }) }), { maxLength: 300, size: 'max' });
    fc.assert(
      fc.property(traffic, fc.integer({ min: 1, max: 20 }), (steps, max) => {
        const { clock, reserve } = setUp();
        const admitted: { atMs: number; tokens: number }[] = [];
        for (const step of steps) {
          clock.nowMs += step.pauseMs;
          const verdict = reserve([requests(max), tokens(max * 10)], { tokens: step.tokens });
          if (!verdict.isGranted) continue;
          admitted.push({ atMs: clock.nowMs, tokens: step.tokens });
          const inWindow = admitted.filter(({ atMs }) => atMs >= clock.nowMs - 60_000);
          expect(inWindow.length).toBeLessThanOrEqual(max);
          expect(inWindow.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(max * 10);
        }
      }),
    );
  });

  test('what was settled counts in place of the estimate', () => {
    const step = fc.record({ pauseMs, tokens: fc.integer({ min: 0, max: 40 }), used: fc.integer({ min: 0, max: 60 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const { clock, limiter, reserve } = setUp();
        const counted: { atMs: number; tokens: number }[] = [];
        for (const step of steps) {
          clock.nowMs += step.pauseMs;
          const before = counted.filter(({ atMs }) => atMs >= clock.nowMs - 60_000).reduce((sum, { tokens }) => sum + tokens, 0);
          const verdict = reserve([tokens(100)], { tokens: step.tokens });
          if (!verdict.isGranted) continue;
          expect(before + step.tokens).toBeLessThanOrEqual(100);
          limiter.settle(verdict.reservation, { tokens: step.used, costNanoUsd: 0 });
          counted.push({ atMs: clock.nowMs, tokens: step.used });
        }
      }),
    );
  });

  test('waiting exactly as long as told admits, and a second less does not', () => {
    const step = fc.record({ pauseMs: fc.integer({ min: 0, max: 9_000 }), tokens: fc.integer({ min: 1, max: 50 }) });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }),
        fc.integer({ min: 1, max: 100 }),
        (steps, wanted) => {
          const { clock, reserve } = setUp();
          const limits = [requests(5), tokens(100)];
          for (const step of steps) {
            clock.nowMs += step.pauseMs;
            reserve(limits, { tokens: step.tokens });
          }
          const verdict = reserve(limits, { tokens: wanted });
          fc.pre(!verdict.isGranted);
          if (verdict.isGranted) return;
          const waitMs = verdict.retryAfterMs!;
          expect(waitMs).toBeGreaterThan(0);
          expect(waitMs).toBeLessThanOrEqual(61_000);
          const askedMs = clock.nowMs;
          clock.nowMs = askedMs + waitMs - 1;
          expect(reserve(limits, { tokens: wanted }).isGranted).toBe(false);
          clock.nowMs = askedMs + waitMs;
          expect(reserve(limits, { tokens: wanted }).isGranted).toBe(true);
        },
      ),
    );
  });

  test('a request counts for 60 seconds, and less than one second longer', () => {
    const { clock, reserve } = setUp();
    clock.nowMs += 999;
    granted(reserve([requests(1)]));
    clock.nowMs += 60_000;
    expect(reserve([requests(1)])).toMatchObject({ isGranted: false, retryAfterMs: 1 });
    clock.nowMs += 1;
    granted(reserve([requests(1)]));
  });

  test('tokens settled after their minute change nothing', async () => {
    const { clock, limiter, reserve, used } = setUp();
    const reservation = granted(reserve([tokens(100)], { tokens: 50 }));
    clock.nowMs += 62_000;
    granted(reserve([tokens(100)], { tokens: 30 }));
    limiter.settle(reservation, { tokens: 99, costNanoUsd: 0 });
    expect(await used(tokens(100))).toBe(30);
  });

  test('a clock that steps back neither frees the window nor blocks for longer than a minute of it', () => {
    const { clock, reserve } = setUp();
    granted(reserve([requests(1)]));
    clock.nowMs -= 20_000;
    expect(reserve([requests(1)])).toMatchObject({ isGranted: false, retryAfterMs: 81_000 });
    clock.nowMs -= 3_600_000;
    granted(reserve([requests(1)]));
  });
});

describe('all or nothing', () => {
  test('a refusal charges no limit, and names the one that takes longest', async () => {
    const { limiter, reserve, used } = setUp();
    const limits = [requests(10), tokens(100), parallel(1), budget(1000, { periodEndMs: startMs + 3_600_000 })];
    granted(reserve(limits, { tokens: 10, costNanoUsd: 600 }));
    const before = await limiter.read(limits);
    expect(reserve(limits, { tokens: 10, costNanoUsd: 100 })).toMatchObject({ limit: { kind: 'parallel' }, retryAfterMs: 1000 });
    expect(reserve(limits, { tokens: 95, costNanoUsd: 100 })).toMatchObject({
      limit: { kind: 'tokens' },
      remaining: 90,
      used: 0,
    });
    expect(reserve(limits, { tokens: 101, costNanoUsd: 100 })).toMatchObject({ limit: { kind: 'tokens' }, retryAfterMs: null });
    expect(await limiter.read(limits)).toEqual(before);
    expect(await used(parallel(1))).toBe(1);
  });

  test('what is left is told in the order of the limits', () => {
    const { reserve } = setUp();
    const limits = [budget(1000), requests(10), parallel(3), tokens(Infinity)];
    expect(reserve(limits, { tokens: 7, costNanoUsd: 400 })).toMatchObject({ remaining: [600, 9, 2, Infinity] });
  });

  test('a maximum of 0 allows nothing, however little is asked', () => {
    for (const limit of [requests(0), tokens(0), parallel(0), budget(0)]) {
      const { reserve } = setUp();
      expect(reserve([limit]), limit.kind).toMatchObject({ isGranted: false, limit, retryAfterMs: null });
    }
  });
});

describe('settlement', () => {
  test('counts once, and when everything is settled only what was used is left', async () => {
    const step = fc.record({ tokens: fc.integer({ min: 0, max: 40 }), costNanoUsd: fc.integer({ min: 0, max: 1000 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, step), { maxLength: 40 }), async (all) => {
        const { limiter, reserve, used } = setUp();
        const limits = [requests(1000), tokens(1e6), parallel(1000), budget(1e9)];
        const held = all.map(([estimate, actual]) => ({ actual, reservation: granted(reserve(limits, estimate)) }));
        for (const { actual, reservation } of [...held, ...held.toReversed()]) limiter.settle(reservation, actual);
        const sum = (field: 'tokens' | 'costNanoUsd') => all.reduce((total, [, actual]) => total + actual[field], 0);
        expect(await Promise.all(limits.map(used))).toEqual([all.length, sum('tokens'), 0, sum('costNanoUsd')]);
      }),
    );
  });
});

describe('leases', () => {
  test('a slot and reserved money come free when nobody renews them, and the cost counts all the same', async () => {
    const { clock, limiter, reserve, used } = setUp();
    const limits = [parallel(1), budget(100)];
    const first = granted(reserve(limits, { costNanoUsd: 80 }));
    clock.nowMs += leaseMs - 1;
    expect(reserve(limits, { costNanoUsd: 30 }).isGranted).toBe(false);
    clock.nowMs += 1;
    granted(reserve(limits, { costNanoUsd: 30 }));
    limiter.settle(first, { tokens: 0, costNanoUsd: 60 });
    expect(await Promise.all(limits.map(used))).toEqual([1, 90]);
  });

  test('renewal keeps them, and takes back those that had expired', async () => {
    const { clock, limiter, reserve, used } = setUp();
    const limits = [parallel(1), budget(100)];
    granted(reserve(limits, { costNanoUsd: 80 }));
    clock.nowMs += leaseMs - 1;
    limiter.renew();
    clock.nowMs += leaseMs - 1;
    expect(reserve(limits).isGranted).toBe(false);
    clock.nowMs += 1;
    expect(await Promise.all(limits.map(used))).toEqual([0, 0]);
    limiter.renew();
    expect(await Promise.all(limits.map(used))).toEqual([1, 80]);
  });
});

describe('budgets', () => {
  test('spent and reserved never pass the maximum where estimates are upper bounds', async () => {
    const step = fc.record({
      estimate: fc.integer({ min: 0, max: 300 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      isSettledFirst: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const { limiter, reserve, used } = setUp();
        const running: { reservation: Reservation; costNanoUsd: number }[] = [];
        for (const { estimate, share, isSettledFirst } of steps) {
          const next = isSettledFirst ? running.shift() : undefined;
          if (next !== undefined) limiter.settle(next.reservation, { tokens: 0, costNanoUsd: next.costNanoUsd });
          const verdict = reserve([budget(1000)], { costNanoUsd: estimate });
          const costNanoUsd = Math.floor(estimate * share);
          if (verdict.isGranted) running.push({ reservation: verdict.reservation, costNanoUsd });
          expect(await used(budget(1000))).toBeLessThanOrEqual(1000);
        }
      }),
    );
  });

  test('a budget that is spent refuses even what costs nothing, until its period ends', () => {
    const { reserve } = setUp();
    const spent = budget(100, { spentNanoUsd: 100, periodEndMs: startMs + 5_000 });
    expect(reserve([spent])).toMatchObject({ isGranted: false, used: 100, remaining: 0, retryAfterMs: 5_000 });
    expect(reserve([budget(100, { id: 'b', spentNanoUsd: 100 })])).toMatchObject({ isGranted: false, retryAfterMs: null });
  });

  test('where only running requests stand in the way, trying again soon is suggested', () => {
    const { reserve } = setUp();
    const month = budget(100, { periodEndMs: startMs + 1e9 });
    granted(reserve([month], { costNanoUsd: 80 }));
    expect(reserve([month], { costNanoUsd: 30 })).toMatchObject({ isGranted: false, used: 80, retryAfterMs: 1000 });
  });

  test('a later period begins anew, and late settlements of the earlier one stay out of it', async () => {
    const { limiter, reserve, used } = setUp();
    const first = budget(100, { periodEndMs: startMs + 1000 });
    const second = budget(100, { periodEndMs: startMs + 2000, spentNanoUsd: 5 });
    const late = granted(reserve([first], { costNanoUsd: 70 }));
    expect(await used(first)).toBe(70);
    granted(reserve([second], { costNanoUsd: 20 }));
    limiter.settle(late, { tokens: 0, costNanoUsd: 70 });
    expect(await used(second)).toBe(25);
    // Somebody whose clock is late is held to the period that has begun, and does not bring the old one back.
    expect(reserve([first], { costNanoUsd: 80 }).isGranted).toBe(false);
  });

  test('spend that somebody else knows of raises the counter, and never lowers it', async () => {
    const { limiter, reserve, used } = setUp();
    limiter.settle(granted(reserve([budget(100)])), { tokens: 0, costNanoUsd: 40 });
    expect(await used(budget(100, { spentNanoUsd: 30 }))).toBe(40);
    granted(reserve([budget(100, { spentNanoUsd: 30 })]));
    expect(await used(budget(100))).toBe(40);
    granted(reserve([budget(100, { spentNanoUsd: 60 })]));
    expect(await used(budget(100))).toBe(60);
  });

  test('known spend is shared with whoever counts next', async () => {
    const knownSpend = new KnownSpend();
    knownSpend.learn(budget(100), 30);
    const { limiter, reserve, used } = setUp(knownSpend);
    limiter.settle(granted(reserve([budget(100)])), { tokens: 0, costNanoUsd: 40 });
    expect(await used(budget(100))).toBe(70);
    expect(knownSpend.of(budget(100))).toBe(70);
    expect(knownSpend.of(budget(100, { periodEndMs: 1 }))).toBe(0);
  });
});

describe('memory', () => {
  test('a flood of distinct addresses is forgotten within two minutes of the last', () => {
    const { clock, reserve, limiter } = setUp();
    for (let index = 0; index < 20_000; index += 1) granted(reserve([requests(1, `ip:${index}`)]));
    expect(limiter.size).toBe(20_000);
    clock.nowMs += 63_000;
    reserve([requests(1, 'other')]);
    clock.nowMs += 63_000;
    limiter.renew();
    expect(limiter.size).toBe(1);
  });

  test('a slot that is held and renewed is never forgotten', async () => {
    const { clock, limiter, reserve, used } = setUp();
    granted(reserve([parallel(1), budget(100)], { costNanoUsd: 5 }));
    for (let passedMs = 0; passedMs < 3 * 86_400_000; passedMs += leaseMs / 3) {
      clock.nowMs += leaseMs / 3;
      limiter.renew();
    }
    expect([await used(parallel(1)), await used(budget(100))]).toEqual([1, 5]);
  });
});
