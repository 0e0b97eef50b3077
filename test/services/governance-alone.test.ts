import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../support/client.ts';
import { promptTokens } from './governance/engine.ts';
import { ask, costOf, figures, flood, inTurns, maxTokens, statuses, whole } from './governance/load.ts';
import { costOfTokens } from './governance/sums.ts';
import { GovernanceWorld } from './governance/world.ts';

let world: GovernanceWorld;
beforeAll(async () => {
  world = await GovernanceWorld.start({ gateways: 1, hasServices: false });
});
afterAll(() => world.stop());
beforeEach(() => {
  world.engine.durationMs = 60;
  world.engine.reset();
});

const oneCost = costOfTokens(promptTokens, maxTokens);
const usdFor = (requests: number) => Number(oneCost * BigInt(requests)) / 1e9;

/** What the reports say of a key, once they have so many requests of it. */
async function reported(hash: string, requests: number) {
  const read = async () => {
    const { total } = (await world.admin(`/spend/report?group_by=key&api_key=${hash}`)) as { total: Record<string, string> };
    return { requests: Number(total['requests']), cost: BigInt(total['cost_nano_usd']!) };
  };
  await until(async () => (await read()).requests >= requests, 20_000);
  return read();
}

describe('one gateway with the embedded database and limits in the process', () => {
  test('holds a budget, and works on after a raise', async () => {
    const { key, hash } = await world.newKey({ max_budget: usdFor(40) });
    const outcomes = await flood(world, key, 200);
    const spent = await reported(hash, 40);
    await world.admin('/key/update', { key, max_budget: usdFor(50) });
    const raised = await flood(world, key, 100);
    const both = await reported(hash, 50);
    figures('a budget for 40, then 50, alone', { first: statuses(outcomes), spent, raised: statuses(raised), both });
    expect(whole(outcomes).length).toBe(40);
    expect(spent).toEqual({ requests: 40, cost: oneCost * 40n });
    expect(whole(raised).length).toBe(10);
    expect(both).toEqual({ requests: 50, cost: oneCost * 50n });
  });

  test('holds requests, tokens and slots', async () => {
    const rated = await world.newKey({ rpm_limit: 30 });
    const tokens = await world.newKey({ tpm_limit: 20 * (promptTokens + maxTokens) });
    const slots = await world.newKey({ max_parallel_requests: 8 });
    const seen = {
      requests: whole(await flood(world, rated.key, 200)).length,
      tokens: whole(await flood(world, tokens.key, 200)).length,
      slots: [] as number[],
    };
    world.engine.reset();
    for (let wave = 0; wave < 3; wave++) seen.slots.push(whole(await flood(world, slots.key, 100)).length);
    figures('30 requests, 20 requests of tokens, 8 at once, alone', { seen, mostAtOnce: world.engine.mostAtOnce });
    expect(seen.requests).toBe(30);
    expect(seen.tokens).toBe(20);
    expect(world.engine.mostAtOnce).toBe(8);
    expect(Math.min(...seen.slots)).toBeGreaterThanOrEqual(8);
  });

  test('gives the slots of streams that are cut back, and counts what was generated', async () => {
    const { key, hash } = await world.newKey({ max_parallel_requests: 30 });
    world.engine.durationMs = 300;
    const cut = await flood(world, key, 30, { isStream: true, cutAfter: 3 });
    await until(() => world.engine.running === 0);
    const full = await flood(world, key, 30);
    const spent = await reported(hash, 60);
    figures('30 streams cut, alone', { cut: cut.filter(({ isCut }) => isCut).length, afterwards: statuses(full), spent });
    expect(cut.filter(({ isCut }) => isCut).length).toBe(30);
    expect(whole(full).length).toBe(30);
    expect(spent.cost).toBeGreaterThanOrEqual(oneCost * 30n + costOfTokens(0, 3) * 30n);
    expect(spent.cost).toBeLessThan(oneCost * 60n);
  });

  test('adds 1,000 requests up to the nano-dollar', async () => {
    world.engine.durationMs = 5;
    const { key, hash } = await world.newKey({ max_budget: 100 });
    const tasks = Array.from({ length: 1_000 }, (_, number) => () => {
      const body = { seed: 1 + ((number * 7_919) % 1_009), max_tokens: 1 + (number % 7) };
      return ask(world, { key, isStream: number % 2 === 0, body });
    });
    const outcomes = await inTurns(tasks, 32);
    const spent = await reported(hash, 1_000);
    const { info } = (await world.admin(`/key/info?key=${hash}`)) as { info: { spend: number } };
    figures('1,000 requests alone', { statuses: statuses(outcomes), spent, expected: costOf(outcomes), info: info.spend });
    expect(whole(outcomes).length).toBe(1_000);
    expect(spent).toEqual({ requests: 1_000, cost: costOf(outcomes) });
    expect(info.spend).toBeCloseTo(Number(spent.cost) / 1e9, 12);
  });

  test(
    'is killed and started again with what it had written, and takes its keys up where they were',
    { timeout: 90_000 },
    async () => {
      const { key, hash } = await world.newKey({ max_budget: usdFor(40) });
      expect(whole(await flood(world, key, 30)).length).toBe(30);
      await reported(hash, 30);
      await world.gateways[0]!.process.stop();
      await world.startGateway(0);
      const outcomes = await flood(world, key, 60);
      const spent = await reported(hash, 40);
      figures('a start after kill -9, alone', { statuses: statuses(outcomes), spent });
      expect(whole(outcomes).length).toBe(10);
      expect(spent).toEqual({ requests: 40, cost: oneCost * 40n });
    },
  );
});
