import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../support/client.ts';
import { usageOf } from './governance/engine.ts';
import { ask, figures, inTurns, statuses, type Outcome, type Plan } from './governance/load.ts';
import { costOfTokens, redisBudget, redisSlots } from './governance/sums.ts';
import { GovernanceWorld } from './governance/world.ts';

const requests = 10_000;

let world: GovernanceWorld;
beforeAll(async () => {
  world = await GovernanceWorld.start();
});
afterAll(() => world.stop());

/** A request of every kind, by its number: plain, streams, embeddings, text; in a hundred some that fail or are cut. */
function planOf(number: number, keys: readonly string[]): Plan {
  const seed = 1 + ((number * 7_919) % 1_009);
  const max_tokens = 1 + (number % 7);
  const base = {
    key: keys[number % keys.length]!,
    gateway: number % 2,
    requestId: `mixed-${number}`,
    body: { seed, max_tokens },
  };
  const kind = number % 100;
  if (kind < 30) return { ...base, isStream: true };
  if (kind < 36) return { ...base, isStream: true, body: { ...base.body, stream_options: { include_usage: true } } };
  if (kind < 56) return { ...base, path: '/v1/embeddings', body: { seed } };
  if (kind < 62) return { ...base, path: '/v1/completions' };
  if (kind < 66) return { ...base, body: { ...base.body, stop: 'fail' } };
  if (kind < 68) return { ...base, isStream: true, body: { ...base.body, stop: 'fail' } };
  if (kind < 70) return { ...base, isStream: true, cutAfter: 2, body: { seed, max_tokens: 60 } };
  if (kind < 72) return { ...base, isStream: number % 2 === 0, cutAfterMs: (number / 100) % 12 };
  return base;
}

interface Row {
  request_id: string;
  prompt_tokens: number;
  completion_tokens: number;
  is_estimated: boolean;
  cost: string;
}

test('10,000 mixed requests over two gateways add up to the nano-dollar in every record', { timeout: 150_000 }, async () => {
  world.engine.durationMs = 6;
  await world.admin('/team/new', { team_id: 'mixed', max_budget: 1_000 });
  const keys = await Promise.all(
    Array.from({ length: 4 }, () =>
      world.newKey({ team_id: 'mixed', max_budget: 1_000, max_parallel_requests: 1_000, tpm_limit: 1e9 }),
    ),
  );
  const plans = Array.from({ length: requests }, (_, number) =>
    planOf(
      number,
      keys.map(({ key }) => key),
    ),
  );
  const startedMs = performance.now();
  const outcomes = await inTurns(
    plans.map((plan) => () => ask(world, plan)),
    48,
  );
  const seconds = (performance.now() - startedMs) / 1000;
  const rows = await settledRows(outcomes.filter(({ isCut }) => !isCut).length);

  let expected = 0n;
  let sum = 0n;
  let estimated = 0;
  const seen = new Set<string>();
  for (const row of rows) {
    const number = Number(row.request_id.slice('mixed-'.length));
    expect(seen.has(row.request_id), row.request_id).toBe(false);
    seen.add(row.request_id);
    const cost = expectedCost(row, plans[number]!, outcomes[number]!);
    if (BigInt(row.cost) !== cost) expect({ row, outcome: outcomes[number] }).toEqual({ cost });
    expected += cost;
    sum += BigInt(row.cost);
    if (row.is_estimated) estimated++;
  }
  const [daily] = await world.sql('select sum(cost) as cost, sum(requests) as requests from daily_spend');
  const [counters] = await world.sql(`select sum(spent) as spent from spend where scope like 'key:%'`);
  const [team] = await world.sql(`select spent from spend where scope = 'team:mixed'`);
  const inRedis = await Promise.all(keys.map(({ hash }) => redisBudget(world, hash)));
  const spentInRedis = inRedis.reduce((total, { spent }) => total + spent, 0n);
  figures('10,000 mixed requests', {
    seconds,
    statuses: statuses(outcomes),
    cut: outcomes.filter(({ isCut }) => isCut).length,
    rows: rows.length,
    estimated,
    expected,
    sum,
    daily: daily?.['cost'],
    keys: counters?.['spent'],
    team: team?.['spent'],
    redis: spentInRedis,
  });
  expect(sum).toBe(expected);
  expect(BigInt(daily!['cost']!)).toBe(sum);
  expect(Number(daily!['requests'])).toBe(rows.length);
  expect(BigInt(counters!['spent']!)).toBe(sum);
  expect(BigInt(team!['spent']!)).toBe(sum);
  expect(spentInRedis).toBe(sum);
  expect(inRedis.map(({ reserved }) => reserved)).toEqual([0n, 0n, 0n, 0n]);
  expect(await Promise.all(keys.map(({ hash }) => redisSlots(world, hash)))).toEqual([0, 0, 0, 0]);
  const missing = outcomes.filter(({ isCut, status }, number) => !isCut && status !== 0 && !seen.has(`mixed-${number}`));
  expect(missing.length).toBe(0);
});

/** What the row must say of its request, and what it must cost. */
function expectedCost(row: Row, plan: Plan, outcome: Outcome): bigint {
  const body = plan.body ?? {};
  const ofRow = costOfTokens(Number(row.prompt_tokens), Number(row.completion_tokens));
  if (outcome.isWhole && !outcome.isCut) {
    const usage = usageOf(plan.path === '/v1/embeddings' ? { ...body, max_tokens: 0 } : body);
    expect(row.is_estimated).toBe(false);
    return costOfTokens(usage.prompt_tokens, usage.completion_tokens);
  }
  if (body['stop'] === 'fail' && !outcome.isStream) return 0n;
  // The engine broke off after its last piece: all of them came.
  if (body['stop'] === 'fail') expect(Number(row.completion_tokens)).toBe(body['max_tokens']);
  if (row.is_estimated) expect(Number(row.completion_tokens)).toBeGreaterThanOrEqual(outcome.pieces);
  return ofRow;
}

/** All rows, once there are so many and every request is over. */
async function settledRows(least: number): Promise<Row[]> {
  const count = async () => Number((await world.sql('select count(*) as rows from ledger'))[0]!['rows']);
  await until(() => world.engine.running === 0);
  await until(async () => (await count()) >= least, 20_000);
  // What was cut may have a row or none: a whole flush later there are no more.
  let before = -1;
  for (let now = await count(); now !== before; now = await count()) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  }
  const rows = await world.sql('select request_id, prompt_tokens, completion_tokens, is_estimated, cost from ledger');
  return rows as unknown as Row[];
}
