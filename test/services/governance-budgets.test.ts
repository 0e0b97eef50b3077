import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../support/client.ts';
import { ask, costOf, figures, flood, LastingLoad, maxTokens, pause, statuses, whole } from './governance/load.ts';
import { promptTokens } from './governance/engine.ts';
import { costOfTokens, redisBudget, spentOf, wrongRows } from './governance/sums.ts';
import { GovernanceWorld } from './governance/world.ts';

let world: GovernanceWorld;
beforeAll(async () => {
  world = await GovernanceWorld.start();
});
afterAll(() => world.stop());
beforeEach(() => world.engine.reset());

const oneCost = costOfTokens(promptTokens, maxTokens);
const usdFor = (requests: number) => Number(oneCost * BigInt(requests)) / 1e9;

describe('a budget for 40 requests, and 200 at once over two gateways, half of them streams', () => {
  test('is never overrun, loses no row, and works on after a raise', async () => {
    const { key, hash } = await world.newKey({ max_budget: usdFor(40) });
    const outcomes = await flood(world, key, 200);
    const succeeded = whole(outcomes);
    const spent = await spentOf(world, hash, succeeded.length);
    const inRedis = await redisBudget(world, hash);
    figures('a budget for 40', {
      statuses: statuses(outcomes),
      streams: succeeded.filter(({ isStream }) => isStream).length,
      spent,
      inRedis,
    });
    expect(succeeded.length).toBe(40);
    expect(world.engine.answered).toBe(40);
    expect(spent).toEqual({ rows: 40, ledger: costOf(succeeded), daily: costOf(succeeded), counter: costOf(succeeded) });
    expect(spent.ledger).toBe(oneCost * 40n);
    expect(inRedis).toEqual({ spent: spent.ledger, reserved: 0n });
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set([200, 429]));

    await world.admin('/key/update', { key, max_budget: usdFor(60) });
    const raisedMs = performance.now();
    await until(async () => (await ask(world, { key, gateway: 1 })).isWhole, 1_000);
    const seenAfterMs = Math.round(performance.now() - raisedMs);
    const more = await flood(world, key, 100);
    const both = await spentOf(world, hash, 60);
    figures('the raise to 60', { seenAfterMs, statuses: statuses(more), both });
    expect(whole(more).length).toBe(19);
    expect(both.ledger).toBe(oneCost * 60n);
    expect(both.counter).toBe(both.ledger);
    const info = (await world.admin(`/key/info?key=${hash}`))['info'] as { spend: number };
    expect(info.spend).toBeCloseTo(Number(both.ledger) / 1e9, 12);
  });

  test('is not overrun either when answers are shorter than what was reserved: by at most one settled difference', async () => {
    // The engine says 5 tokens of prompt where 17 were reserved: what is settled frees room for more.
    const { key, hash } = await world.newKey({ max_budget: usdFor(40) });
    const outcomes = [
      ...(await flood(world, key, 200, { body: { seed: 5 } })),
      ...(await flood(world, key, 50, { body: { seed: 5 } })),
    ];
    const spent = await spentOf(world, hash, whole(outcomes).length);
    figures('a budget with short answers', { statuses: statuses(outcomes), spent, budget: oneCost * 40n });
    expect(spent.ledger).toBe(costOf(whole(outcomes)));
    expect(spent.ledger).toBeLessThanOrEqual(oneCost * 40n);
    expect(whole(outcomes).length).toBeGreaterThanOrEqual(40);
  });

  test('passes it by one settled difference at most when the last answer is longer than what was reserved', async () => {
    // 30 tokens of prompt where 17 were reserved, one after the other: seven of these would fit, and an eighth is let in.
    const budget = costOfTokens(30, maxTokens) * 7n + oneCost;
    const { key, hash } = await world.newKey({ max_budget: Number(budget) / 1e9 });
    const outcomes = [];
    for (let index = 0; index < 14; index++) outcomes.push(await ask(world, { key, gateway: index % 2, body: { seed: 30 } }));
    const spent = await spentOf(world, hash, whole(outcomes).length);
    const difference = costOfTokens(30, maxTokens) - oneCost;
    figures('a budget with long prompts', { statuses: statuses(outcomes), spent, budget, difference });
    expect(spent.ledger).toBe(costOf(whole(outcomes)));
    expect(spent.ledger).toBe(budget + difference);
  });

  test('counts for streams that clients cut what was generated, and gives their money back', async () => {
    const { key, hash } = await world.newKey({ max_budget: usdFor(60), max_parallel_requests: 40 });
    world.engine.durationMs = 400;
    const cut = [];
    for (let round = 0; round < 3; round++) {
      const plain = flood(world, key, 10, { isStream: true });
      cut.push(...(await flood(world, key, 10, { isStream: true, cutAfter: 3 })), ...(await plain));
    }
    world.engine.durationMs = 60;
    const spent = await spentOf(world, hash, 60);
    await until(async () => (await redisBudget(world, hash)).reserved === 0n);
    const inRedis = await redisBudget(world, hash);
    const rows = await world.sql('select prompt_tokens, completion_tokens, is_estimated from ledger where key_hash = $1', [hash]);
    const estimated = rows.filter((row) => String(row['is_estimated']) === 'true');
    const lengths = estimated.map((row) => Number(row['completion_tokens']));
    figures('streams that are cut', {
      statuses: statuses(cut),
      cut: cut.filter(({ isCut }) => isCut).length,
      spent,
      inRedis,
      longest: Math.max(...lengths),
      shortest: Math.min(...lengths),
    });
    expect(whole(cut).length).toBe(30);
    expect(estimated.length).toBe(30);
    // Three pieces were read; what was on its way when the client left counts too.
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...lengths)).toBeLessThan(maxTokens);
    expect(spent.rows).toBe(60);
    expect(spent.counter).toBe(spent.ledger);
    expect(inRedis.spent).toBe(spent.ledger);
    expect(spent.ledger).toBeLessThan(oneCost * 60n);
    // Slots and money that were left are there for a whole batch more.
    const room = Number((oneCost * 60n - spent.ledger) / oneCost);
    const later = await flood(world, key, 40);
    expect(whole(later).length).toBe(Math.min(40, room));
    expect(await wrongRows(world)).toBe(0);
  });
});

describe('a budget that begins anew every three seconds', () => {
  test('is held in each period, whoever answers, and what ends late stays in its own', async () => {
    const { key, hash } = await world.newKey({ max_budget: usdFor(20), budget_duration: '3s' });
    world.engine.durationMs = 200;
    const anchor = await world.sql('select extract(epoch from budget_anchor) * 1000 as ms from keys where hash = $1', [hash]);
    const anchorMs = Number(anchor[0]!['ms']);
    const load = new LastingLoad(world, key, 24);
    await pause(8_500);
    const outcomes = await load.stop();
    world.engine.durationMs = 60;
    const periods = Math.floor((Date.now() - anchorMs) / 3_000) + 1;
    const spent = await spentOf(world, hash, whole(outcomes).length);
    const started = await world.sql('select extract(epoch from started_at) * 1000 as ms from ledger where key_hash = $1', [hash]);
    const byPeriod: number[] = Array.from({ length: periods }, () => 0);
    // A request that began a moment before the border was admitted before or behind it.
    const isClear = (ms: number) => (ms - anchorMs) % 3_000 < 2_900;
    for (const row of started) if (isClear(Number(row['ms']))) byPeriod[Math.floor((Number(row['ms']) - anchorMs) / 3_000)]!++;
    figures('20 requests every three seconds', { periods, succeeded: whole(outcomes).length, byPeriod, spent });
    expect(whole(outcomes).length).toBeLessThanOrEqual(20 * periods);
    expect(whole(outcomes).length).toBeGreaterThan(20 * (periods - 2));
    expect(Math.max(...byPeriod)).toBeLessThanOrEqual(20);
    expect(spent.ledger).toBe(costOf(whole(outcomes)));
  });
});

describe('budgets of a team and of its members', () => {
  test('hold for all keys together, the tightest of them', async () => {
    await world.admin('/team/new', { team_id: 'shared', max_budget: usdFor(30) });
    await world.admin('/user/new', { user_id: 'member', auto_create_key: false });
    await world.admin('/team/member_add', {
      team_id: 'shared',
      member: { user_id: 'member', role: 'user' },
      max_budget_in_team: usdFor(10),
    });
    const [own, other] = [
      await world.newKey({ team_id: 'shared', user_id: 'member' }),
      await world.newKey({ team_id: 'shared', max_budget: usdFor(1_000) }),
    ];
    const [ofMember, ofTeam] = [await flood(world, own.key, 60), await flood(world, other.key, 120)];
    const seen = { member: whole(ofMember).length, rest: whole(ofTeam).length };
    figures('a team with 30, a member with 10', seen);
    expect(seen).toEqual({ member: 10, rest: 20 });
  });
});

describe('answers that cost more than was reserved for them', () => {
  test('pass a budget by the differences of what was under way at once, and by no more', async () => {
    const { key, hash } = await world.newKey({ max_budget: usdFor(40), max_parallel_requests: 20 });
    const outcomes = [];
    for (let wave = 0; wave < 6; wave++) outcomes.push(...(await flood(world, key, 60, { body: { seed: 60 } })));
    const spent = await spentOf(world, hash, whole(outcomes).length);
    const difference = costOfTokens(60, maxTokens) - oneCost;
    const overrun = spent.ledger - oneCost * 40n;
    figures('answers dearer than reserved, 20 at once', { statuses: statuses(outcomes), spent, overrun, difference });
    expect(spent.ledger).toBe(costOf(whole(outcomes)));
    expect(overrun).toBeLessThanOrEqual(difference * 20n);
  });
});
