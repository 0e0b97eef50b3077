import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../support/client.ts';
import { promptTokens } from './governance/engine.ts';
import { ask, costOf, figures, flood, LastingLoad, maxTokens, pause, slowestMs, statuses, whole } from './governance/load.ts';
import { costOfTokens, redisBudget, redisSlots, spentOf } from './governance/sums.ts';
import { GovernanceWorld } from './governance/world.ts';

let world: GovernanceWorld;
beforeEach(async () => {
  world = await GovernanceWorld.start();
});
afterEach(() => world.stop());

const oneCost = costOfTokens(promptTokens, maxTokens);
const usdFor = (requests: number) => Number(oneCost * BigInt(requests)) / 1e9;
const limitsAre = (state: string) =>
  until(
    async () => (await Promise.all(world.urls.map((url) => world.readiness(url)))).every(({ limits }) => limits === state),
    10_000,
  );

describe('a Redis that comes back empty under load', () => {
  test(
    'lets a budget be passed by what was under way and spent meanwhile at most, and rates by the maximum of each gateway',
    { timeout: 90_000 },
    async () => {
      const { key, hash } = await world.newKey({ max_budget: usdFor(600) });
      const rated = await world.newKey({ rpm_limit: 30 });
      const parallel = await world.newKey({ max_parallel_requests: 8 });
      expect(whole(await flood(world, rated.key, 60)).length).toBe(30);
      world.engine.durationMs = 60;
      const load = new LastingLoad(world, key, 20);
      await until(() => whole(load.outcomes).length > 200);
      const before = whole(load.outcomes).length;
      const emptiedMs = performance.now();
      await world.redis.restartEmpty();
      await limitsAre('ok');
      const backMs = Math.round(performance.now() - emptiedMs);
      await until(() => load.outcomes.slice(-40).every(({ status }) => status === 429), 30_000);
      const outcomes = await load.stop();
      const spent = await spentOf(world, hash, whole(outcomes).length);
      const overrun = spent.ledger - oneCost * 600n;
      const whileAway = whole(outcomes).filter(({ endedMs }) => endedMs > emptiedMs && endedMs < emptiedMs + backMs).length;
      const more = whole(await flood(world, rated.key, 200)).length;
      const slots = whole(await flood(world, parallel.key, 60)).length;
      figures('Redis emptied under load', {
        before,
        backMs,
        succeeded: whole(outcomes).length,
        statuses: statuses(outcomes),
        slowestMs: slowestMs(outcomes),
        spent,
        requestsOverBudget: overrun / oneCost,
        inRedis: await redisBudget(world, hash),
        rated: 30 + more,
        slots,
      });
      expect(new Set(Object.keys(statuses(outcomes)))).toEqual(new Set(['200', '429']));
      expect(spent.ledger).toBe(costOf(whole(outcomes)));
      expect(spent.counter).toBe(spent.ledger);
      // What was under way when Redis went and when it came back, and what one gateway spent meanwhile without the other.
      expect(overrun).toBeLessThanOrEqual(oneCost * BigInt(20 + 20 + whileAway));
      expect(30 + more).toBeLessThanOrEqual(30 * 4);
      expect(slots).toBe(8);
      expect(await redisSlots(world, parallel.hash)).toBe(0);
    },
  );
});

describe('a Redis that is away', () => {
  test('lets each gateway spend what it knew to be left, and a raise works all the same', { timeout: 90_000 }, async () => {
    const { key, hash } = await world.newKey({ max_budget: usdFor(100) });
    expect(whole(await flood(world, key, 40)).length).toBe(40);
    await spentOf(world, hash, 40);
    // Each asks Redis once more, and so knows what both have spent.
    for (const gateway of [0, 1]) expect((await ask(world, { key, gateway })).isWhole).toBe(true);
    await world.redis.kill();
    const away = await flood(world, key, 200);
    await limitsAre('degraded');
    const awaySpent = await spentOf(world, hash, 42 + whole(away).length);
    const refused = await flood(world, key, 20);

    await world.admin('/key/update', { key, max_budget: usdFor(200) });
    const raisedMs = performance.now();
    const first = [0, 1].map((gateway) => until(async () => (await ask(world, { key, gateway })).isWhole, 1_000));
    await Promise.all(first);
    const raiseSeenMs = Math.round(performance.now() - raisedMs);
    const raised = await flood(world, key, 200);
    const allSpent = await spentOf(world, hash, awaySpent.rows + 2 + whole(raised).length);

    await world.redis.restartEmpty();
    await limitsAre('ok');
    const back = await flood(world, key, 100);
    await pause(1_500);
    const end = await spentOf(world, hash, 0);
    const again = await flood(world, key, 50);
    const inRedis = await redisBudget(world, hash);
    figures('Redis away', {
      slowestMs: slowestMs(away),
      budgetOf100: awaySpent.rows,
      refused: statuses(refused),
      raiseSeenMs,
      budgetOf200: allSpent.rows,
      back: statuses(back),
      end,
      again: statuses(again),
      inRedis,
    });
    // From the last known spend, 41 and 42, each of the two spends what is left.
    expect(awaySpent.rows).toBeLessThanOrEqual(42 + 59 + 58);
    expect(allSpent.rows).toBeLessThanOrEqual(200 + (200 - awaySpent.rows));
    expect(whole(back).length).toBe(0);
    expect(statuses(again)).toEqual({ 429: 50 });
    expect(inRedis).toEqual({ spent: end.ledger, reserved: 0n });
  });
});

describe('a Redis that stands still under load', () => {
  test('delays what was under way by one timeout, and nothing after that', { timeout: 90_000 }, async () => {
    const { key, hash } = await world.newKey({ max_budget: usdFor(100_000), max_parallel_requests: 100 });
    world.engine.durationMs = 40;
    const load = new LastingLoad(world, key, 12);
    await until(() => whole(load.outcomes).length > 300);
    const pausedMs = performance.now();
    world.redis.pause();
    await limitsAre('degraded');
    const noticedMs = Math.round(performance.now() - pausedMs);
    await pause(2_000);
    const during = load.outcomes.filter(({ endedMs }) => endedMs > pausedMs);
    // By when all that had waited for Redis was on its way again.
    const later = during.filter(({ endedMs, ms }) => endedMs - ms > pausedMs + noticedMs);
    world.redis.resume();
    await limitsAre('ok');
    const outcomes = await load.stop();
    const spent = await spentOf(world, hash, whole(outcomes).length);
    await pause(3_500);
    // The ledger has told each gateway what the other spent meanwhile: the next request asks for it, and the one after raises the counter.
    expect((await ask(world, { key })).isWhole).toBe(true);
    const again = await flood(world, key, 99);
    const end = await spentOf(world, hash, spent.rows + 100);
    const [inRedis, slots] = [await redisBudget(world, hash), await redisSlots(world, hash)];
    figures('Redis stopped where it stands', {
      noticedMs,
      during: { statuses: statuses(during), slowestMs: slowestMs(during) },
      later: { requests: later.length, slowestMs: slowestMs(later) },
      spent,
      again: statuses(again),
      inRedis,
      slots,
    });
    expect(statuses(outcomes)).toEqual({ 200: outcomes.length });
    expect(slowestMs(during)).toBeLessThan(1_200);
    expect(slowestMs(later)).toBeLessThan(400);
    expect(spent).toMatchObject({ ledger: costOf(whole(outcomes)), counter: costOf(whole(outcomes)) });
    expect(whole(again).length).toBe(99);
    // A counter is raised to the ledger's figure: what ran while that was looked up may be missing, one request of each gateway here.
    expect(end.ledger - inRedis.spent).toBeLessThanOrEqual(oneCost * 2n);
    expect(inRedis.reserved).toBe(0n);
    expect(slots).toBe(0);
  });
});
