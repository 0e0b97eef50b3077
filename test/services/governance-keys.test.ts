import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/client.ts';
import { ask, figures, inTurns, pause, statuses } from './governance/load.ts';
import { GovernanceWorld } from './governance/world.ts';

let world: GovernanceWorld;
beforeAll(async () => {
  world = await GovernanceWorld.start();
});
afterAll(() => world.stop());

/** Until both gateways answer a key with this status: milliseconds. */
async function takesEffect(key: string, status: number): Promise<number> {
  const sinceMs = performance.now();
  const isSeen = (gateway: number) => async () => (await ask(world, { key, gateway })).status === status;
  await Promise.all([0, 1].map((gateway) => until(isSeen(gateway), 1_000)));
  return Math.round(performance.now() - sinceMs);
}

describe('changes of a key that both gateways know', () => {
  test('are seen by both within a second, whichever was asked', async () => {
    world.engine.durationMs = 1;
    const seen: Record<string, number[]> = { block: [], unblock: [], models: [], delete: [] };
    for (let round = 0; round < 5; round++) {
      const { key } = await world.newKey();
      const by = world.urls[round % 2]!;
      await takesEffect(key, 200);
      await world.admin('/key/block', { key }, by);
      seen['block']!.push(await takesEffect(key, 401));
      await world.admin('/key/unblock', { key }, by);
      seen['unblock']!.push(await takesEffect(key, 200));
      await world.admin('/key/update', { key, models: ['other'] }, by);
      seen['models']!.push(await takesEffect(key, 403));
      await world.admin('/key/update', { key, models: [] }, by);
      await takesEffect(key, 200);
      await world.admin('/key/delete', { keys: [key] }, by);
      seen['delete']!.push(await takesEffect(key, 401));
    }
    figures('changes of keys, ms until both gateways saw them', seen);
  });

  test('are seen while both are under load', async () => {
    world.engine.durationMs = 5;
    const { key } = await world.newKey();
    await takesEffect(key, 200);
    let isDeleted = false;
    let latestMs = 0;
    let deletedAtMs = Infinity;
    const task = (index: number) => async () => {
      const outcome = await ask(world, { key, gateway: index % 2 });
      if (isDeleted && outcome.status === 200) latestMs = Math.max(latestMs, performance.now() - outcome.ms - deletedAtMs);
      return outcome;
    };
    const load = inTurns(
      Array.from({ length: 3_000 }, (_, index) => task(index)),
      32,
    );
    await until(() => world.engine.answered > 500);
    await world.admin('/key/delete', { keys: [key] });
    isDeleted = true;
    deletedAtMs = performance.now();
    const outcomes = await load;
    figures('a key deleted under load', { statuses: statuses(outcomes), lastAdmittedAfterMs: Math.round(latestMs) });
    expect(statuses(outcomes)['401']).toBeGreaterThan(0);
    expect(latestMs).toBeLessThan(1_000);
  });
});

describe('a key that was seen in the last minute', () => {
  test('costs no statement, by the count of the database itself', async () => {
    await world.sql(`alter system set shared_preload_libraries = 'pg_stat_statements'`);
    await world.postgres.restart();
    await Promise.all(world.urls.map((url) => until(async () => (await world.readiness(url))['db'] === 'connected')));
    await world.sql('create extension pg_stat_statements');
    const { key, hash } = await world.newKey({ max_budget: 1, rpm_limit: 1e6, tpm_limit: 1e9, max_parallel_requests: 1_000 });
    await takesEffect(key, 200);
    const count = async () =>
      Number((await world.sql('select count(*) as rows from ledger where key_hash = $1', [hash]))[0]!['rows']);
    const before = await until(async () => (await count()) >= 2).then(count);
    // The first request with a limit found Redis empty, so that every key is looked up anew, then and two intervals later. That is over now.
    await pause(2_500);
    await takesEffect(key, 200);
    await until(async () => (await count()) >= before + 2);
    await world.sql('select pg_stat_statements_reset()');
    world.engine.durationMs = 1;
    const tasks = Array.from(
      { length: 1_000 },
      (_, index) => () => ask(world, { key, gateway: index % 2, isStream: index % 4 > 1 }),
    );
    expect(statuses(await inTurns(tasks, 32))).toEqual({ 200: 1_000 });
    await until(async () => (await count()) >= before + 1_002);
    const rows = await world.sql('select calls, query from pg_stat_statements order by calls desc');
    const calls = rows
      .filter(({ query = '' }) => !/pg_stat_statements|count\(\*\) as rows/.test(query))
      .map(({ calls: times, query = '' }) => `${times} × ${query.replaceAll(/\s+/g, ' ').slice(0, 60)}`);
    const reading = rows.filter(({ query = '' }) =>
      /\b(from|join) "?(keys|users|teams|members|budgets|customers|retired_keys)\b/.test(query),
    );
    figures('statements for 1,000 requests', { calls });
    expect(reading).toEqual([]);
    const total = rows
      .filter(({ query = '' }) => /ledger|spend/.test(query) && !/count\(\*\)/.test(query))
      .reduce((sum, row) => sum + Number(row['calls']), 0);
    expect(total).toBeGreaterThan(0);
    expect(total).toBeLessThan(100);
  });
});
