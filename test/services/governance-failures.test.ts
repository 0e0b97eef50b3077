import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../support/client.ts';
import { promptTokens } from './governance/engine.ts';
import { costOf, figures, flood, LastingLoad, maxTokens, pause, slowestMs, statuses, whole } from './governance/load.ts';
import { costOfTokens, redisBudget, redisSlots, spentOf, wrongRows } from './governance/sums.ts';
import { GovernanceWorld } from './governance/world.ts';

const outageMs = Number(process.env['SLUICE_TEST_OUTAGE_MS'] ?? 10_000);

let world: GovernanceWorld;
beforeEach(async () => {
  world = await GovernanceWorld.start();
});
afterEach(() => world.stop());

const oneCost = costOfTokens(promptTokens, maxTokens);
const usdFor = (requests: number) => Number(oneCost * BigInt(requests)) / 1e9;
const everywhere = (spent: bigint, rows: number) => ({ rows, ledger: spent, daily: spent, counter: spent });

describe('a gateway that is killed under load', () => {
  test('gives back what it held after the lease, and loses its last unflushed second at most', { timeout: 90_000 }, async () => {
    const { key, hash } = await world.newKey({ max_parallel_requests: 24, max_budget: usdFor(100_000) });
    world.engine.durationMs = 60;
    const load = new LastingLoad(world, key, 8);
    const hung = flood(world, key, 16, { body: { stop: 'hang' } });
    await until(() => world.engine.hanging === 16 && whole(load.outcomes).length > 300);
    const killed = world.gateways[0]!.process;
    const killedMs = performance.now();
    killed.child.kill('SIGKILL');
    await killed.ended;
    const heldAtKill = await redisSlots(world, hash);
    // Eight that hang and four of the load are the survivor's.
    await until(async () => (await redisSlots(world, hash)) <= 12, 10_000);
    const slotsBackMs = Math.round(performance.now() - killedMs);
    world.engine.release();
    const released = await hung;
    const outcomes = await load.stop();
    const after = outcomes.filter(({ endedMs, status }) => endedMs > killedMs && status !== 0);
    const succeeded = [...whole(outcomes), ...whole(released)];
    // The survivor flushes once more; what the dead had not written is lost.
    await pause(2_500);
    const spent = await spentOf(world, hash, 0);
    const known = new Set((await world.sql('select request_id from ledger')).map((row) => row['request_id']));
    const lost = whole(outcomes).filter(({ requestId }) => !known.has(requestId));
    const oldestLostMs = Math.round(Math.max(0, ...lost.map(({ endedMs }) => killedMs - endedMs)));
    const inRedis = await redisBudget(world, hash);
    await world.startGateway(0);
    const full = await flood(world, key, 24);
    await spentOf(world, hash, spent.rows + 24);
    const settled = await redisBudget(world, hash);
    figures('kill -9 of one of two gateways', {
      heldAtKill,
      slotsBackMs,
      survivor: { statuses: statuses(after), slowestMs: slowestMs(after) },
      succeeded: succeeded.length,
      lost: lost.length,
      oldestLostMs,
      spent,
      inRedis,
      afterwards: statuses(full),
      settled,
    });
    expect(slotsBackMs).toBeLessThan(4_000);
    expect(statuses(after)).toEqual({ 200: after.length });
    expect(lost.every(({ gateway }) => gateway === 0)).toBe(true);
    expect(oldestLostMs).toBeLessThan(1_500);
    expect(spent).toEqual(everywhere(spent.ledger, succeeded.length - lost.length));
    // Redis had heard of the lost ones before they went to the ledger.
    expect(inRedis.spent).toBeGreaterThanOrEqual(costOf(succeeded) - oneCost);
    expect(whole(full).length).toBe(24);
    expect(settled.reserved).toBe(0n);
  });
});

describe('a gateway that is asked to end under load', () => {
  test('finishes what it began and loses no row of it', async () => {
    const { key, hash } = await world.newKey({ max_budget: usdFor(100_000), max_parallel_requests: 100 });
    world.engine.durationMs = 300;
    const load = new LastingLoad(world, key, 16);
    await until(() => whole(load.outcomes).length > 60);
    const asked = world.gateways[0]!.process;
    const askedMs = performance.now();
    asked.child.kill('SIGTERM');
    const ending = await asked.ended;
    const endedMs = Math.round(performance.now() - askedMs);
    const outcomes = await load.stop();
    const half = outcomes.filter(({ status, isWhole }) => status === 200 && !isWhole).length;
    await spentOf(world, hash, whole(outcomes).length);
    const spent = await spentOf(world, hash, 0);
    const [inRedis, slots] = [await redisBudget(world, hash), await redisSlots(world, hash)];
    figures('SIGTERM under load', { ending, endedMs, statuses: statuses(outcomes), half, spent, inRedis, slots });
    expect(ending.code).toBe(0);
    expect(half).toBe(0);
    expect(spent).toEqual(everywhere(costOf(whole(outcomes)), whole(outcomes).length));
    expect(inRedis).toEqual({ spent: spent.ledger, reserved: 0n });
    expect(slots).toBe(0);
  });
});

describe('a PostgreSQL that dies under load', () => {
  test('stops nobody, and its rows are there afterwards, each once', { timeout: 150_000 }, async () => {
    const { key, hash } = await world.newKey({ max_budget: usdFor(1_000_000) });
    world.engine.durationMs = 40;
    const load = new LastingLoad(world, key, 12);
    await until(() => whole(load.outcomes).length > 300);
    const startedMs = performance.now();
    await world.postgres.kill();
    await until(async () => (await world.readiness(world.urls[0]!))['db'] === 'disconnected');
    const noticedMs = Math.round(performance.now() - startedMs);
    await pause(outageMs);
    const during = load.outcomes.filter(({ endedMs }) => endedMs > startedMs);
    const states = await Promise.all(world.urls.map((url) => world.readiness(url)));
    await world.postgres.restart();
    const backMs = performance.now();
    await until(
      async () => (await Promise.all(world.urls.map((url) => world.readiness(url)))).every(({ ledger }) => ledger === 'ok'),
      30_000,
    );
    const replayedMs = Math.round(performance.now() - backMs);
    const outcomes = await load.stop();
    await spentOf(world, hash, whole(outcomes).length);
    // A row that counts twice would come with a later batch.
    await pause(2_000);
    const spent = await spentOf(world, hash, 0);
    const inRedis = await redisBudget(world, hash);
    const before = load.outcomes.filter(({ endedMs }) => endedMs <= startedMs);
    figures('PostgreSQL killed', {
      outageMs: Math.round(backMs - startedMs),
      noticedMs,
      before: { requests: before.length, slowestMs: slowestMs(before) },
      during: { statuses: statuses(during), slowestMs: slowestMs(during) },
      states,
      replayedMs,
      succeeded: whole(outcomes).length,
      spent,
      inRedis,
    });
    expect(statuses(during)).toEqual({ 200: during.length });
    expect(states.map(({ ledger }) => ledger)).toEqual(['spooling', 'spooling']);
    expect(spent).toEqual(everywhere(costOf(whole(outcomes)), whole(outcomes).length));
    expect(inRedis).toEqual({ spent: spent.ledger, reserved: 0n });
    expect(await wrongRows(world)).toBe(0);
  });
});

describe('a PostgreSQL that stands still under load', () => {
  test('makes no request slower, and loses nothing', { timeout: 90_000 }, async () => {
    const { key, hash } = await world.newKey({ max_budget: usdFor(1_000_000) });
    world.engine.durationMs = 40;
    const load = new LastingLoad(world, key, 12);
    await until(() => whole(load.outcomes).length > 300);
    const startedMs = performance.now();
    world.postgres.pause();
    await pause(7_000);
    const during = load.outcomes.filter(({ endedMs }) => endedMs > startedMs);
    const states = await Promise.all(world.urls.map((url) => world.readiness(url)));
    world.postgres.resume();
    await until(
      async () => (await Promise.all(world.urls.map((url) => world.readiness(url)))).every(({ ledger }) => ledger === 'ok'),
      30_000,
    );
    const outcomes = await load.stop();
    await spentOf(world, hash, whole(outcomes).length);
    await pause(2_000);
    const spent = await spentOf(world, hash, 0);
    const before = load.outcomes.filter(({ endedMs }) => endedMs <= startedMs);
    figures('PostgreSQL stopped where it stands', {
      before: slowestMs(before.slice(24)),
      during: { statuses: statuses(during), slowestMs: slowestMs(during) },
      states,
      spent,
    });
    expect(statuses(during)).toEqual({ 200: during.length });
    expect(slowestMs(during)).toBeLessThan(1_000);
    expect(spent).toEqual(everywhere(costOf(whole(outcomes)), whole(outcomes).length));
  });
});

describe('a gateway that is killed while PostgreSQL is away', () => {
  test('has what it spooled written by its next start', { timeout: 90_000 }, async () => {
    const { key, hash } = await world.newKey({ max_budget: usdFor(1_000_000) });
    world.engine.durationMs = 20;
    expect(whole(await flood(world, key, 40)).length).toBe(40);
    await spentOf(world, hash, 40);
    await world.postgres.kill();
    await until(async () => (await world.readiness(world.urls[0]!))['db'] === 'disconnected');
    expect(whole(await flood(world, key, 100)).length).toBe(100);
    // Two intervals later all of them are on the disk.
    await pause(2_500);
    await Promise.all(world.gateways.map(({ process: gateway }) => gateway.stop()));
    await world.postgres.restart();
    await Promise.all([world.startGateway(0), world.startGateway(1)]);
    const spent = await spentOf(world, hash, 140);
    figures('both gateways killed with spooled rows', { spent });
    expect(spent).toEqual(everywhere(oneCost * 140n, 140));
  });
});
