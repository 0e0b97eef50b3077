import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLimiter, type LimiterOptions } from '../../src/limits/create-limiter.ts';
import type { BudgetLimit, Limit, Limiter, Reservation, Verdict } from '../../src/limits/limiter.ts';
import { startRedis, type RedisServer } from '../support/services.ts';

const commandTimeoutMs = 300;

let server: RedisServer;
let opened: Limiter[] = [];
beforeEach(async () => {
  server = await startRedis();
});
afterEach(async () => {
  await Promise.all(opened.map((limiter) => limiter.close()));
  opened = [];
  await server.stop();
});

/** A gateway's limiter, with all that it told. */
async function open(options: Partial<LimiterOptions> = {}) {
  const told: string[] = [];
  const limiter = await createLimiter({
    redis: { url: server.url, keyPrefix: 'test', commandTimeoutMs, probeIntervalMs: 50 },
    leaseMs: 30_000,
    onRedisFailure: 'local',
    now: Date.now,
    onStateChange: (state) => told.push(state),
    onCold: () => told.push('cold'),
    ...options,
  });
  opened.push(limiter);
  return { limiter, told };
}

const requests = (max: number): Limit => ({ kind: 'requests', id: 'a', max });
const parallel = (max: number): Limit => ({ kind: 'parallel', id: 'a', max });
const budget = (max: number, more: Partial<BudgetLimit> = {}): BudgetLimit => {
  return { kind: 'budget', id: 'a', max, periodEndMs: 0, spentNanoUsd: 0, ...more };
};

let ids = 0;
const ask = (limits: readonly Limit[], costNanoUsd = 0) => ({ id: `request-${(ids += 1)}`, limits, tokens: 0, costNanoUsd });
function granted(verdict: Verdict): Reservation {
  if (!verdict.isGranted) throw new Error(`refused by ${verdict.limit.kind} ${verdict.limit.id}`);
  return verdict.reservation;
}
async function spend(limiter: Limiter, limit: BudgetLimit, costNanoUsd: number): Promise<Reservation> {
  const reservation = granted(await limiter.reserve(ask([limit], costNanoUsd)));
  limiter.settle(reservation, { tokens: 0, costNanoUsd });
  return reservation;
}
const usedOf = async (limiter: Limiter, limit: Limit) => (await limiter.read([limit]))[0]!.used;
const becomes = (limiter: Limiter, state: Limiter['state']) => expect.poll(() => limiter.state, { timeout: 10_000 }).toBe(state);

describe('a Redis that dies', () => {
  test('is replaced by counters of this process, and taken back when it answers', async () => {
    const { limiter, told } = await open();
    expect(granted(await limiter.reserve(ask([requests(2)]))).heldBy).toBe('redis');
    await server.kill();
    for (let admitted = 0; admitted < 2; admitted += 1) {
      expect(granted(await limiter.reserve(ask([requests(2)]))).heldBy).toBe('memory');
    }
    expect(await limiter.reserve(ask([requests(2)]))).toMatchObject({ isGranted: false });
    expect(limiter.state).toBe('degraded');
    await server.restartEmpty();
    await becomes(limiter, 'ok');
    expect(granted(await limiter.reserve(ask([requests(2)]))).heldBy).toBe('redis');
    expect(told).toEqual(['cold', 'degraded', 'ok', 'cold']);
  });

  test('takes no spend with it: not what it knew, nor what was spent while it was away', async () => {
    const { limiter } = await open();
    const limit = budget(100);
    const across = granted(await limiter.reserve(ask([limit], 10)));
    await spend(limiter, limit, 40);
    await server.kill();
    const inMemory = await spend(limiter, limit, 20);
    expect(inMemory.heldBy).toBe('memory');
    limiter.settle(across, { tokens: 0, costNanoUsd: 10 });
    limiter.settle(across, { tokens: 0, costNanoUsd: 10 });
    expect(await limiter.reserve(ask([limit], 31))).toMatchObject({ isGranted: false, used: 70 });
    await server.restartEmpty();
    await becomes(limiter, 'ok');
    limiter.settle(inMemory, { tokens: 0, costNanoUsd: 20 });
    expect(await limiter.reserve(ask([limit], 31))).toMatchObject({ isGranted: false, used: 70 });
    await spend(limiter, limit, 30);
    expect(await usedOf(limiter, limit)).toBe(100);
  });

  test('lets each gateway admit its maximum once more, and no more', async () => {
    const gateways = await Promise.all([open(), open()]);
    let admitted = 0;
    const flood = async () => {
      for (let attempt = 0; attempt < 30; attempt += 1) {
        for (const { limiter } of gateways) {
          if ((await limiter.reserve(ask([requests(10)]))).isGranted) admitted += 1;
        }
      }
    };
    await flood();
    expect(admitted).toBe(10);
    await server.kill();
    await flood();
    expect(admitted).toBe(30);
    await server.restartEmpty();
    await Promise.all(gateways.map(({ limiter }) => becomes(limiter, 'ok')));
    await flood();
    expect(admitted).toBe(40);
  });

  test('settles what a gateway held in memory in memory', async () => {
    const { limiter } = await open();
    await server.kill();
    const held = granted(await limiter.reserve(ask([parallel(1)])));
    await server.restartEmpty();
    await becomes(limiter, 'ok');
    limiter.settle(held, { tokens: 0, costNanoUsd: 0 });
    await server.kill();
    expect(granted(await limiter.reserve(ask([parallel(1)]))).heldBy).toBe('memory');
  });

  test('is no reason to refuse to start', async () => {
    await server.kill();
    const { limiter, told } = await open();
    expect(told).toEqual(['degraded']);
    expect(granted(await limiter.reserve(ask([requests(1)]))).heldBy).toBe('memory');
    await server.restartEmpty();
    await becomes(limiter, 'ok');
  });
});

describe('a Redis that hangs', () => {
  test('costs the timeout once, not once a request', async () => {
    const { limiter } = await open();
    granted(await limiter.reserve(ask([requests(1e9)])));
    server.pause();
    const timed = async () => {
      const startedMs = performance.now();
      granted(await limiter.reserve(ask([requests(1e9)])));
      return performance.now() - startedMs;
    };
    const together = await Promise.all(Array.from({ length: 20 }, timed));
    expect(Math.max(...together)).toBeLessThan(commandTimeoutMs + 200);
    const untilMs = performance.now() + 3 * commandTimeoutMs;
    let slowestMs = 0;
    while (performance.now() < untilMs) {
      slowestMs = Math.max(slowestMs, await timed());
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(slowestMs).toBeLessThan(commandTimeoutMs / 3);
    server.resume();
    await becomes(limiter, 'ok');
    expect(granted(await limiter.reserve(ask([requests(1e9)]))).heldBy).toBe('redis');
  });

  test('counts nothing twice when it goes on: what it still finds in its sockets comes too late', async () => {
    const { limiter } = await open();
    const limit = budget(1000);
    await spend(limiter, limit, 100);
    const held = granted(await limiter.reserve(ask([limit, parallel(5)], 50)));
    server.pause();
    limiter.settle(held, { tokens: 0, costNanoUsd: 50 });
    const unanswered = granted(await limiter.reserve(ask([limit, parallel(5)], 7)));
    expect(unanswered.heldBy).toBe('memory');
    limiter.settle(unanswered, { tokens: 0, costNanoUsd: 7 });
    await becomes(limiter, 'degraded');
    // The deadline of what was sent last passes, by both clocks.
    await new Promise((resolve) => setTimeout(resolve, 100));
    server.resume();
    await becomes(limiter, 'ok');
    await spend(limiter, limit, 1);
    expect(await usedOf(limiter, limit)).toBe(158);
    expect(await usedOf(limiter, parallel(5))).toBe(0);
  });

  test('is no reason to refuse to start', async () => {
    server.pause();
    const { limiter } = await open();
    expect(limiter.state).toBe('degraded');
    server.resume();
    await becomes(limiter, 'ok');
  });
});

describe('where a gateway must not count alone', () => {
  test('requests that a limit could refuse are refused while Redis is away, others are not', async () => {
    const { limiter } = await open({ onRedisFailure: 'refuse' });
    await server.kill();
    const limited = async () => limiter.reserve(ask([requests(1000)]));
    const refused = { code: 'service_unavailable', retryAfterMs: 1000 };
    await expect(limited()).rejects.toMatchObject(refused);
    await expect(limited()).rejects.toMatchObject(refused);
    granted(await limiter.reserve(ask([])));
    granted(await limiter.reserve(ask([budget(Infinity)], 5)));
    await server.restartEmpty();
    await becomes(limiter, 'ok');
    granted(await limited());
  });
});

test('a password that is wrong is an outage, and is not in what is told of it', async () => {
  const causes: unknown[] = [];
  await server.stop();
  server = await startRedis({ arguments: ['--requirepass', 'right'] });
  const url = server.url.replace('redis://', 'redis://:wrong-secret@');
  const { limiter } = await open({
    redis: { url, keyPrefix: 'test', commandTimeoutMs, probeIntervalMs: 50 },
    onStateChange: (_state, cause) => causes.push(cause),
  });
  expect(limiter.state).toBe('degraded');
  expect(String(causes[0])).toMatch(/WRONGPASS|NOAUTH|closed/);
  expect(JSON.stringify(causes[0], Object.getOwnPropertyNames(causes[0]))).not.toContain('wrong-secret');
});
