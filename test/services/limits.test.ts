import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { KnownSpend } from '../../src/limits/known-spend.ts';
import type { BudgetLimit, Limit, Limiter, Reservation, Verdict } from '../../src/limits/limiter.ts';
import { MemoryLimiter } from '../../src/limits/memory-limiter.ts';
import { openRedis, type RedisClient } from '../../src/limits/redis-client.ts';
import { RedisLimiter } from '../../src/limits/redis-limiter.ts';
import { startRedis, type RedisServer } from '../support/services.ts';

let server: RedisServer;
let inspector: RedisClient;
beforeAll(async () => {
  server = await startRedis();
  inspector = await openRedis(server.url, { commandTimeoutMs: 5000 });
  await inspector.connect();
});
afterAll(async () => {
  inspector?.disconnect();
  await server?.stop();
});

let prefixes = 0;
let opened: Limiter[] = [];
let cold = 0;
beforeEach(() => {
  prefixes += 1;
  cold = 0;
});
afterEach(async () => {
  await Promise.all(opened.map((limiter) => limiter.close()));
  opened = [];
});

const leaseMs = 30_000;
const startMs = Date.UTC(2026, 10, 1);

interface ConnectOptions {
  url?: string;
  keyPrefix?: string;
  clock?: () => number;
  knownSpend?: KnownSpend;
}

/** A limiter with a connection of its own, as another gateway would have it. */
async function connect({ url = server.url, keyPrefix = `test${prefixes}`, clock, knownSpend }: ConnectOptions = {}) {
  const limiter = new RedisLimiter(await openRedis(url, { commandTimeoutMs: 5000 }), {
    keyPrefix,
    leaseMs,
    commandTimeoutMs: 5000,
    now: Date.now,
    knownSpend: knownSpend ?? new KnownSpend(),
    onCold: () => (cold += 1),
    onFailure: (error) => {
      throw error;
    },
    ...(clock === undefined ? {} : { clock }),
  });
  await limiter.connect();
  opened.push(limiter);
  return limiter;
}

const requests = (max: number, id = 'a'): Limit => ({ kind: 'requests', id, max });
const tokens = (max: number, id = 'a'): Limit => ({ kind: 'tokens', id, max });
const parallel = (max: number, id = 'a'): Limit => ({ kind: 'parallel', id, max });
const budget = (max: number, more: Partial<BudgetLimit> = {}): BudgetLimit => {
  return { kind: 'budget', id: 'a', max, periodEndMs: 0, spentNanoUsd: 0, ...more };
};

let ids = 0;
const ask = (limits: readonly Limit[], { tokens = 0, costNanoUsd = 0 } = {}) => {
  return { id: `request-${(ids += 1)}`, limits, tokens, costNanoUsd };
};
function granted(verdict: Verdict): Reservation {
  if (!verdict.isGranted) throw new Error(`refused by ${verdict.limit.kind} ${verdict.limit.id}`);
  return verdict.reservation;
}
const usedOf = async (limiter: Limiter, limits: readonly Limit[]) => (await limiter.read(limits)).map(({ used }) => used);

/** Its floor would hide a counter that is too low. */
class Forgetful extends KnownSpend {
  override of(): number {
    return 0;
  }
}

const small = fc.integer({ min: 0, max: 60 });
const maximum = fc.oneof(fc.constantFrom(0, Infinity), fc.integer({ min: 1, max: 150 }));
const anyId = fc.constantFrom('a', 'b');
const anyLimit: fc.Arbitrary<Limit> = fc.oneof(
  fc.record({ kind: fc.constant('requests' as const), id: anyId, max: fc.integer({ min: 0, max: 12 }) }),
  fc.record({ kind: fc.constant('tokens' as const), id: anyId, max: maximum }),
  fc.record({ kind: fc.constant('parallel' as const), id: anyId, max: fc.integer({ min: 0, max: 4 }) }),
  fc.record({
    kind: fc.constant('budget' as const),
    id: anyId,
    max: maximum,
    periodEndMs: fc.constant(0),
    spentNanoUsd: fc.oneof(fc.constant(0), small),
  }),
);
const anyLimits = fc.uniqueArray(anyLimit, { maxLength: 6, selector: ({ kind, id }) => kind + id });
const anyStep = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ step: fc.constant('reserve' as const), limits: anyLimits, tokens: small, costNanoUsd: small }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ step: fc.constant('settle' as const), which: fc.nat(), tokens: small, costNanoUsd: small }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      step: fc.constant('wait' as const),
      waitMs: fc.oneof(
        fc.integer({ min: 0, max: 3000 }),
        fc.integer({ min: 0, max: 40_000 }),
        fc.integer({ min: 59_000, max: 63_000 }),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('renew' as const) }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('read' as const), limits: anyLimits }) },
);

/** Budget `a` has periods of 100 s, budget `b` never ends. */
function withPeriods(limits: readonly Limit[], nowMs: number): Limit[] {
  const periodEndMs = startMs + Math.ceil((nowMs - startMs + 1) / 100_000) * 100_000;
  return limits.map((limit) => (limit.kind === 'budget' && limit.id === 'a' ? { ...limit, periodEndMs } : limit));
}

type Step = typeof anyStep extends fc.Arbitrary<infer Value> ? Value : never;

describe('Redis and memory', () => {
  test('give equal verdicts in every history', async () => {
    let nowMs = startMs;
    const clock = () => nowMs;
    const shared = await openRedis(server.url, { commandTimeoutMs: 5000 });
    await shared.connect();
    const outcomes = new Map<string, number>();
    const history = fc.array(anyStep, { minLength: 1, maxLength: 80, size: 'max' });
    let runs = 0;
    const play = async (steps: readonly Step[]) => {
      nowMs = startMs;
      runs += 1;
      const inRedis = new RedisLimiter(shared, {
        keyPrefix: `twin${runs}`,
        leaseMs,
        commandTimeoutMs: 5000,
        now: clock,
        knownSpend: new Forgetful(),
        onCold: () => {},
        onFailure: () => {},
        clock,
      });
      const inMemory = new MemoryLimiter({ now: clock, leaseMs });
      opened.push(inMemory);
      const held: { memory: Reservation; redis: Reservation }[] = [];
      for (const step of steps) {
        if (step.step === 'wait') nowMs += step.waitMs;
        else if (step.step === 'renew') {
          inMemory.renew();
          await inRedis.renew();
        } else if (step.step === 'read') {
          const limits = withPeriods(step.limits, nowMs);
          expect(await inRedis.read(limits)).toEqual(await inMemory.read(limits));
        } else if (step.step === 'settle') {
          const settled = held[step.which % Math.max(1, held.length)];
          if (settled === undefined) continue;
          inMemory.settle(settled.memory, step);
          inRedis.settle(settled.redis, step);
        } else {
          const input = ask(withPeriods(step.limits, nowMs), step);
          const memory = inMemory.reserve(input);
          const redis = await inRedis.reserve(input);
          if (memory.isGranted && redis.isGranted) {
            held.push({ memory: memory.reservation, redis: redis.reservation });
            expect(redis.remaining).toEqual(memory.remaining);
            expect(redis.reservation.atMs).toBe(memory.reservation.atMs);
          } else expect(redis).toEqual(memory);
          const outcome = memory.isGranted ? 'granted' : memory.limit.kind;
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }
      }
    };
    await fc.assert(fc.asyncProperty(history, play), { numRuns: 250 });
    shared.disconnect();
    // The histories are worth their name only if every kind of limit has refused, and much was granted.
    for (const outcome of ['granted', 'requests', 'tokens', 'parallel', 'budget']) {
      expect(outcomes.get(outcome) ?? 0, outcome).toBeGreaterThan(50);
    }
  });

  test('stand still with a clock that steps back', async () => {
    let nowMs = startMs;
    const clock = () => nowMs;
    const inMemory = new MemoryLimiter({ now: clock, leaseMs });
    opened.push(inMemory);
    const inRedis = await connect({ clock });
    for (const stepMs of [0, -20_000, 0, 5000, -45_000, 100_000, -3_600_000, 0, 61_000, -1000]) {
      nowMs += stepMs;
      const input = ask([requests(2), tokens(100)], { tokens: 40 });
      const memory = inMemory.reserve(input);
      const redis = await inRedis.reserve(input);
      expect(redis.isGranted).toBe(memory.isGranted);
      if (!redis.isGranted) expect(redis).toEqual(memory);
    }
  });
});

describe('in Redis', () => {
  test('two gateways that flood the same limits never admit more than one would', async () => {
    const gateways = await Promise.all([connect(), connect()]);
    const limits = [requests(300), tokens(2000), parallel(20), budget(1_000_000)];
    let running = 0;
    let mostRunning = 0;
    let admitted = 0;
    const client = async (limiter: Limiter) => {
      for (let attempt = 0; attempt < 40; attempt += 1) {
        const verdict = await limiter.reserve(ask(limits, { tokens: 10, costNanoUsd: 10_000 }));
        if (!verdict.isGranted) continue;
        admitted += 1;
        running += 1;
        mostRunning = Math.max(mostRunning, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        limiter.settle(verdict.reservation, { tokens: 10, costNanoUsd: 10_000 });
      }
    };
    await Promise.all(gateways.flatMap((limiter) => Array.from({ length: 30 }, () => client(limiter))));
    expect(admitted).toBe(100);
    expect(mostRunning).toBeLessThanOrEqual(20);
    expect(await usedOf(gateways[0]!, limits)).toEqual([100, 1000, 0, 1_000_000]);
  });

  test('nano-dollars stay exact up to the largest safe integer', async () => {
    const limiter = await connect();
    const most = Number.MAX_SAFE_INTEGER;
    const large = budget(most, { spentNanoUsd: most - 10 });
    const verdict = await limiter.reserve(ask([large], { costNanoUsd: 7 }));
    expect(verdict).toMatchObject({ remaining: [3] });
    expect(await limiter.reserve(ask([large], { costNanoUsd: 4 }))).toMatchObject({ isGranted: false, used: most - 3 });
    limiter.settle(granted(verdict), { tokens: 0, costNanoUsd: 9 });
    expect(await usedOf(limiter, [large])).toEqual([most - 1]);
  });

  test('every counter expires by itself', async () => {
    const limiter = await connect();
    const limits = [requests(10), tokens(100), parallel(5), budget(1000), budget(Infinity, { id: 'b' })];
    const first = granted(await limiter.reserve(ask(limits, { tokens: 5, costNanoUsd: 5 })));
    granted(await limiter.reserve(ask(limits, { tokens: 5, costNanoUsd: 5 })));
    limiter.settle(first, { tokens: 3, costNanoUsd: 3 });
    await limiter.renew();
    const keys = await inspector.keys(`test${prefixes}:*`);
    expect(keys.length).toBe(8);
    for (const key of keys.filter((name) => !name.endsWith(':epoch'))) expect(await inspector.pttl(key), key).toBeGreaterThan(0);
  });

  test('a gateway that died gives its slots back when their leases end', async () => {
    let nowMs = startMs;
    const clock = () => nowMs;
    const [dead, alive] = [await connect({ clock }), await connect({ clock })];
    granted(await dead.reserve(ask([parallel(1)])));
    expect(await alive.reserve(ask([parallel(1)]))).toMatchObject({ isGranted: false, retryAfterMs: 1000 });
    nowMs += leaseMs;
    granted(await alive.reserve(ask([parallel(1)])));
  });

  test('renewal brings back what a Redis that was emptied has lost', async () => {
    const limiter = await connect();
    const held = granted(await limiter.reserve(ask([parallel(2), budget(100, { spentNanoUsd: 50 })], { costNanoUsd: 30 })));
    await inspector.del(...(await inspector.keys(`test${prefixes}:*`)));
    expect(await usedOf(limiter, [parallel(2)])).toEqual([0]);
    granted(await limiter.reserve(ask([budget(100)])));
    await limiter.renew();
    expect(await usedOf(limiter, [parallel(2), budget(100)])).toEqual([1, 80]);
    limiter.settle(held, { tokens: 0, costNanoUsd: 20 });
    expect(await usedOf(limiter, [parallel(2), budget(100)])).toEqual([0, 70]);
  });

  test('a Redis that lost its data is told by every gateway, and spend that one of them knew survives', async () => {
    const [one, other] = [await connect(), await connect()];
    const limit = budget(100);
    one.settle(granted(await one.reserve(ask([limit]))), { tokens: 0, costNanoUsd: 90 });
    await other.reserve(ask([requests(9)]));
    expect(cold).toBe(1);
    await inspector.del(...(await inspector.keys(`test${prefixes}:*`)));
    expect(await one.reserve(ask([limit], { costNanoUsd: 20 }))).toMatchObject({ isGranted: false, used: 90 });
    await other.reserve(ask([requests(9)]));
    await one.reserve(ask([requests(9)]));
    expect(cold).toBe(3);
  });

  test('a settlement counts once', async () => {
    const limiter = await connect();
    const limits = [tokens(100), parallel(5), budget(1000)];
    const reservation = granted(await limiter.reserve(ask(limits, { tokens: 50, costNanoUsd: 500 })));
    limiter.settle(reservation, { tokens: 20, costNanoUsd: 200 });
    limiter.settle(reservation, { tokens: 20, costNanoUsd: 200 });
    expect(await usedOf(limiter, limits)).toEqual([20, 0, 200]);
  });

  test('all keys of a request lie in one slot of a cluster', async () => {
    const cluster = await startRedis({ arguments: ['--cluster-enabled', 'yes'] });
    const admin = await openRedis(cluster.url, { commandTimeoutMs: 5000 });
    await admin.connect();
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await expect.poll(() => admin.cluster('INFO'), { timeout: 20_000 }).toContain('cluster_state:ok');
    const limiter = await connect({ url: cluster.url });
    const limits = [requests(9), tokens(9), parallel(9), budget(9), budget(9, { id: 'b' })];
    const reservation = granted(await limiter.reserve(ask(limits, { tokens: 2, costNanoUsd: 2 })));
    await limiter.renew();
    expect(await usedOf(limiter, limits)).toEqual([1, 2, 1, 2, 2]);
    limiter.settle(reservation, { tokens: 1, costNanoUsd: 1 });
    expect(await usedOf(limiter, limits)).toEqual([1, 1, 0, 1, 1]);
    admin.disconnect();
    await limiter.close();
    await cluster.stop();
  });
});
