import { expect, test } from 'vitest';
import { GatewayError } from '../errors.ts';
import type { Limiter } from '../limits/limiter.ts';
import { MemoryLimiter } from '../limits/memory-limiter.ts';
import { newRecord } from '../telemetry/record.ts';
import type { Access, Budget, Scope } from './access.ts';
import { Admission, type Asker } from './admission.ts';
import { ModelTable } from './model-table.ts';
import { accessOf, budgetOf, modelOf, priceOf, scopeOf } from './testing/world.ts';

interface Given {
  limiter?: Limiter;
  customer?: Scope | null | Promise<Scope | null>;
  ipRequestsPerMinute?: number | null;
}

function world({ limiter, customer = null, ipRequestsPerMinute = null }: Given = {}) {
  const clock = { nowMs: 1_000 };
  const told: [Budget, number][] = [];
  const changing: { globalScope: Scope | null } = { globalScope: null };
  const counting = limiter ?? new MemoryLimiter({ now: () => clock.nowMs, leaseMs: 60_000 });
  let ids = 0;
  const admission = new Admission({
    limiter: () => counting,
    directory: { customer: () => customer },
    settings: () => ({ assumedOutputTokens: 10, ipRequestsPerMinute }),
    wallNow: () => clock.nowMs,
    newId: () => `id-${ids++}`,
    globalScope: () => changing.globalScope,
    onSoftBudget: (budget, spent) => told.push([budget, spent]),
  });
  const model = modelOf('m', {}, priceOf(0, 1_000_000));
  const table = new ModelTable([model]);
  const record = newRecord('chat');
  const admit = (access: Access, asker: Partial<Asker> = {}, body: object = { max_tokens: 10 }) =>
    admission.admit(
      { access, ip: null, customerId: null, ...asker },
      { operation: 'chat', body: { messages: [], ...body }, isStreaming: false, wantsUsageEvent: false },
      { model, table },
      record,
    );
  return { admission, admit, clock, told, changing, record, limiter: counting };
}

const once = { requestsPerMinute: 1 };
const limited = (own: Partial<Scope>) => accessOf({ scopes: [scopeOf('key', own)] });

test('who has no limits reserves nothing', async () => {
  const { admit } = world();
  expect(await admit(accessOf())).toMatchObject({ reservation: null, impliedMaxTokens: null });
});

test('a limit refuses, and the record says which kind and how much is left', async () => {
  const { admit, record } = world();
  const access = limited({ ...once, maxParallel: 9 });
  await admit(access);
  expect(record.limits).toMatchObject({ requests: { limit: 1, remaining: 0 }, keyRequests: { limit: 1, remaining: 0 } });
  await expect(admit(access)).rejects.toMatchObject({ code: 'rate_limit_exceeded' });
  expect(record).toMatchObject({ refusedBy: 'requests', keyHash: 'hash' });
});

test('a slot is held until it is settled, and settling twice frees no other’s', async () => {
  const { admit, admission } = world();
  const access = limited({ maxParallel: 1 });
  const first = await admit(access);
  await expect(admit(access)).rejects.toMatchObject({ code: 'rate_limit_exceeded' });
  admission.settle(first, { tokens: 0, costNanoUsd: 0 });
  await admit(access);
  admission.settle(first, { tokens: 0, costNanoUsd: 0 });
  await expect(admit(access)).rejects.toMatchObject({ code: 'rate_limit_exceeded' });
});

test('money is held by the estimate and put right by what was used', async () => {
  const { admit, admission } = world();
  const access = limited({ budget: budgetOf('key:hash', { maxNanoUsd: 15 }) });
  const first = await admit(access);
  await expect(admit(access)).rejects.toMatchObject({ code: 'budget_exceeded' });
  admission.settle(first, { tokens: 5, costNanoUsd: 5 });
  expect(admission.keyBudget(first, access)).toEqual({ spentNanoUsd: 5, maxNanoUsd: 15 });
  await admit(access);
});

test('an unbounded answer gets the bound that is held for it', async () => {
  const { admit } = world();
  expect(await admit(limited({ tokensPerMinute: 1_000 }), {}, {})).toMatchObject({ impliedMaxTokens: 10 });
  expect(await admit(limited(once), {}, {})).toMatchObject({ impliedMaxTokens: null });
});

test.each([0, 15])('a budget of %d without a price refuses nothing but the budget of nothing', async (maxNanoUsd) => {
  const { admission } = world();
  const model = modelOf('free');
  const admit = admission.admit(
    { access: limited({ budget: budgetOf('key:hash', { maxNanoUsd }) }), ip: null, customerId: null },
    { operation: 'chat', body: { messages: [] }, isStreaming: false, wantsUsageEvent: false },
    { model, table: new ModelTable([model]) },
    newRecord('chat'),
  );
  if (maxNanoUsd === 0) await expect(admit).rejects.toMatchObject({ code: 'budget_exceeded' });
  else expect((await admit).reservation).not.toBeNull();
});

test('an address and an end user are held beside the key', async () => {
  const byAddress = world({ ipRequestsPerMinute: 1 });
  await byAddress.admit(accessOf(), { ip: '203.0.113.1' });
  await byAddress.admit(accessOf(), { ip: '203.0.113.2' });
  await expect(byAddress.admit(accessOf(), { ip: '203.0.113.1' })).rejects.toMatchObject({ code: 'rate_limit_exceeded' });
  const customer = Promise.resolve(scopeOf('customer', once));
  const byCustomer = world({ customer });
  await byCustomer.admit(accessOf(), { customerId: 'visitor' });
  await expect(byCustomer.admit(accessOf(), { customerId: 'visitor' })).rejects.toMatchObject({ code: 'rate_limit_exceeded' });
  await byCustomer.admit(accessOf());
});

test('new limits over everything hold from the next request on, for keys that were seen before too', async () => {
  const { admit, changing } = world();
  const access = accessOf();
  await admit(access);
  changing.globalScope = scopeOf('global', { budget: budgetOf('global:all', { maxNanoUsd: 10, spentNanoUsd: 10 }) });
  await expect(admit(access)).rejects.toMatchObject({ code: 'budget_exceeded' });
  changing.globalScope = null;
  await admit(access);
});

test('a plan ends with its budget’s period', async () => {
  const { admit, admission, clock } = world();
  const access = limited({ budget: budgetOf('key:hash', { maxNanoUsd: 10, duration: '30s', periodEndMs: 30_000 }) });
  const first = await admit(access);
  admission.settle(first, { tokens: 10, costNanoUsd: 10 });
  await expect(admit(access)).rejects.toMatchObject({ code: 'budget_exceeded', retryAfterMs: 29_000 });
  clock.nowMs = 30_000;
  expect((await admit(access)).charges).toEqual([{ scope: 'key:hash', duration: '30s', periodEndMs: 60_000 }]);
});

test('a soft budget is told of when it is passed, and refuses nobody', async () => {
  const { admit, admission, told } = world();
  const access = limited({ budget: budgetOf('key:hash', { softNanoUsd: 10 }) });
  for (let time = 0; time < 3; time++) admission.settle(await admit(access), { tokens: 6, costNanoUsd: 6 });
  expect(told.map(([{ scope }, spent]) => [scope, spent])).toEqual([['key:hash', 12]]);
});

test('a limiter that refuses to count without Redis refuses the request', async () => {
  const failure = new GatewayError('service_unavailable', 'Redis is away');
  const limiter = { reserve: () => Promise.reject(failure) } as unknown as Limiter;
  await expect(world({ limiter }).admit(limited(once))).rejects.toBe(failure);
});
