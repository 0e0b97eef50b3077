import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../support/client.ts';
import { promptTokens } from './governance/engine.ts';
import { ask, costOf, figures, flood, maxTokens, statuses, whole } from './governance/load.ts';
import { redisSlots, spentOf } from './governance/sums.ts';
import { GovernanceWorld } from './governance/world.ts';

let world: GovernanceWorld;
beforeAll(async () => {
  world = await GovernanceWorld.start();
});
afterAll(() => world.stop());
beforeEach(() => {
  world.engine.durationMs = 60;
  world.engine.reset();
});

const tokensOfOne = promptTokens + maxTokens;

describe('200 requests at once over two gateways, half of them streams', () => {
  test('of a key with 50 requests a minute: exactly 50 succeed, and more as soon as the limit is raised', async () => {
    const { key, hash } = await world.newKey({ rpm_limit: 50 });
    const startedMs = Date.now();
    const outcomes = await flood(world, key, 200);
    const again = await flood(world, key, 40);
    const isWithinAMinute = Date.now() - startedMs < 60_000;
    const refused = outcomes.find(({ status }) => status === 429)!;
    const spent = await spentOf(world, hash, 50);
    figures('50 requests a minute', {
      statuses: statuses(outcomes),
      again: statuses(again),
      retryAfter: refused.headers['retry-after'],
      spent,
    });
    expect(isWithinAMinute).toBe(true);
    expect(whole([...outcomes, ...again]).length).toBe(50);
    expect(world.engine.answered).toBe(50);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(61);
    expect(refused.headers['x-ratelimit-remaining-requests']).toBe('0');
    expect(spent).toMatchObject({ rows: 50, ledger: costOf(whole(outcomes)) });
    await world.admin('/key/update', { key, rpm_limit: 60 });
    await until(async () => (await ask(world, { key, gateway: 1 })).isWhole, 1_000);
    expect(whole(await flood(world, key, 60)).length).toBe(9);
  });

  test('of a key with tokens for 30 requests a minute: exactly 30 succeed', async () => {
    const { key, hash } = await world.newKey({ tpm_limit: 30 * tokensOfOne });
    const outcomes = await flood(world, key, 200);
    const again = await flood(world, key, 40);
    const spent = await spentOf(world, hash, 30);
    figures('tokens for 30 requests a minute', { statuses: statuses(outcomes), again: statuses(again), spent });
    expect(whole([...outcomes, ...again]).length).toBe(30);
    expect(spent).toMatchObject({ rows: 30, ledger: costOf(whole(outcomes)) });
  });

  test('of a key with 8 at once: never more at the engine, and all 8 slots come back', async () => {
    const { key, hash } = await world.newKey({ max_parallel_requests: 8 });
    const waves = [];
    for (let wave = 0; wave < 4; wave++) waves.push(await flood(world, key, 200));
    const outcomes = waves.flat();
    const spent = await spentOf(world, hash, whole(outcomes).length);
    figures('8 at once', { mostAtOnce: world.engine.mostAtOnce, waves: waves.map((wave) => statuses(wave)), spent });
    expect(world.engine.mostAtOnce).toBe(8);
    expect(whole(outcomes).length).toBe(outcomes.filter(({ status }) => status === 200).length);
    expect(Math.min(...waves.map((wave) => whole(wave).length))).toBeGreaterThanOrEqual(8);
    expect(spent).toMatchObject({ rows: whole(outcomes).length, ledger: costOf(whole(outcomes)) });
    world.engine.durationMs = 500;
    expect(whole(await flood(world, key, 8)).length).toBe(8);
  });
});

describe('limits on one model, a user and a team', () => {
  test('hold over both gateways for all of their keys together', async () => {
    await world.admin('/team/new', { team_id: 'team-of-20', rpm_limit: 20 });
    await world.admin('/user/new', { user_id: 'user-of-15', rpm_limit: 15, auto_create_key: false });
    const keys = await Promise.all(
      [{ team_id: 'team-of-20' }, { team_id: 'team-of-20' }, { user_id: 'user-of-15' }, { user_id: 'user-of-15' }].map((holder) =>
        world.newKey(holder),
      ),
    );
    const perModel = await world.newKey({ model_rpm_limit: { m: 12 } });
    const [teamOne, teamTwo, userOne, userTwo, model] = await Promise.all(
      [...keys, perModel].map(({ key }) => flood(world, key, 40)),
    );
    const seen = {
      team: whole([...teamOne!, ...teamTwo!]).length,
      user: whole([...userOne!, ...userTwo!]).length,
      model: whole(model!).length,
    };
    figures('20 a minute of a team, 15 of a user, 12 of a key on a model', seen);
    expect(seen).toEqual({ team: 20, user: 15, model: 12 });
  });
});

describe('streams that clients cut after three pieces', () => {
  test('give their slots back at once', async () => {
    const { key, hash } = await world.newKey({ max_parallel_requests: 40 });
    world.engine.durationMs = 400;
    const cut = [];
    let slowestMs = 0;
    for (let round = 0; round < 5; round++) {
      cut.push(...(await flood(world, key, 40, { isStream: true, cutAfter: 3 })));
      const cutAtMs = performance.now();
      await until(async () => (await redisSlots(world, hash)) === 0, 1_000);
      slowestMs = Math.max(slowestMs, Math.round(performance.now() - cutAtMs));
    }
    const rounds = statuses(cut);
    const full = await flood(world, key, 40);
    const spent = await spentOf(world, hash, cut.filter(({ isCut }) => isCut).length + 40);
    figures('slots of streams that are cut', {
      rounds,
      slowestMs,
      cut: cut.filter(({ isCut }) => isCut).length,
      afterwards: statuses(full),
      spent,
    });
    expect(cut.filter(({ isCut }) => isCut).length).toBe(200);
    expect(whole(full).length).toBe(40);
    expect(spent.counter).toBe(spent.ledger);
    const tokens = await world.sql('select sum(completion_tokens) as tokens from ledger where key_hash = $1 and is_estimated', [
      hash,
    ]);
    expect(Number(tokens[0]!['tokens'])).toBeGreaterThanOrEqual(3 * cut.filter(({ isCut }) => isCut).length);
  });

  test('keep their requests counted, so that cutting is no way around a limit', async () => {
    const { key } = await world.newKey({ rpm_limit: 30 });
    world.engine.durationMs = 300;
    const cut = await flood(world, key, 100, { isStream: true, cutAfter: 2 });
    figures('30 requests a minute, all cut', { statuses: statuses(cut) });
    expect(cut.filter(({ status }) => status === 200).length).toBe(30);
    expect((await ask(world, { key })).status).toBe(429);
  });
});
