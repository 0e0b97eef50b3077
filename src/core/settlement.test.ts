import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryLimiter } from '../limits/memory-limiter.ts';
import { costOf } from '../money/price.ts';
import { newRecord, type InferenceRecord } from '../telemetry/record.ts';
import { Admission, type Admitted } from './admission.ts';
import { ModelTable } from './model-table.ts';
import { Settlement } from './settlement.ts';
import type { SpendRow } from './spend.ts';
import { accessOf, budgetOf, modelOf, priceOf, scopeOf } from './testing/world.ts';

const price = priceOf(1_000_000, 2_000_000);
const access = accessOf({ scopes: [scopeOf('key', { maxParallel: 1_000, budget: budgetOf('key:hash', { maxNanoUsd: 1e12 }) })] });
const body = { messages: [{ role: 'user', content: 'x'.repeat(40) }], max_tokens: 10 };
const asker = { access, ip: '203.0.113.1', customerId: 'visitor' };

function world() {
  const rows: SpendRow[] = [];
  const limiter = new MemoryLimiter({ now: () => 5_000, leaseMs: 60_000 });
  let ids = 0;
  const newId = () => `id-${ids++}`;
  const admission = new Admission({
    limiter: () => limiter,
    directory: { customer: () => null },
    settings: () => ({ assumedOutputTokens: 10, ipRequestsPerMinute: null }),
    wallNow: () => 5_000,
    newId,
    globalScope: () => null,
    onSoftBudget: () => undefined,
  });
  const settlement = new Settlement({
    admission,
    ledger: () => ({ append: (row) => rows.push(row) }),
    now: () => 250,
    wallNow: () => 5_000,
    newId,
  });
  const model = modelOf('m', {}, price);
  const admit = (record: InferenceRecord): Promise<Admitted> =>
    admission.admit(
      asker,
      { operation: 'chat', body, isStreaming: false, wantsUsageEvent: false },
      { model, table: new ModelTable([model]) },
      record,
    );
  const finish = async (own: Partial<InferenceRecord>) => {
    const record = newRecord('chat');
    const admitted = await admit(record);
    Object.assign(
      record,
      { originalModel: 'alias', requestModel: 'm', responseModel: 'm', backend: 'm#0', provider: 'openai' },
      own,
    );
    settlement.settle(
      { request: { operation: 'chat', body }, client: { requestId: 'req' }, asker, record, receivedAtMs: 50 },
      admitted,
      record.attempts === 0 ? null : price,
    );
    return record;
  };
  const readings = () => admission.limitsOf(access);
  return { finish, rows, readings };
}

const usage = { promptTokens: 7, completionTokens: 3, cachedTokens: 0, isEstimated: false };

test('an answer is priced, told and written down once', async () => {
  const { finish, rows } = world();
  const record = await finish({ attempts: 1, usage, firstByteMs: 20 });
  expect(record).toMatchObject({ costNanoUsd: 13, keySpendNanoUsd: 13, keyMaxBudgetNanoUsd: 1e12 });
  expect(rows).toEqual([
    expect.objectContaining({
      requestId: 'req',
      startedAtMs: 4_800,
      endedAtMs: 5_000,
      keyHash: 'hash',
      customerId: 'visitor',
      originalModel: 'alias',
      model: 'm',
      promptTokens: 7,
      completionTokens: 3,
      isEstimated: false,
      costNanoUsd: 13,
      httpStatus: 200,
      errorCode: null,
      charges: [{ scope: 'key:hash', duration: null, periodEndMs: null }],
    }),
  ]);
});

test('what never reached a backend is no row of the ledger', async () => {
  const { finish, rows } = world();
  await finish({ attempts: 0, errorCode: 'content_blocked' });
  expect(rows).toEqual([]);
});

test('a client that left before the answer is charged for its prompt, as we count it', async () => {
  const { finish, rows } = world();
  await finish({ attempts: 1, isClientGone: true });
  expect(rows).toMatchObject([{ httpStatus: 499, promptTokens: 10, completionTokens: 0, isEstimated: true, costNanoUsd: 10 }]);
});

test('one that left in the middle of a stream was answered', async () => {
  const { finish, rows } = world();
  await finish({ attempts: 1, isClientGone: true, firstByteMs: 5, usage: { ...usage, isEstimated: true } });
  expect(rows).toMatchObject([{ httpStatus: 200, isEstimated: true, costNanoUsd: 13 }]);
});

test('a failure has its status and code, and costs what was used', async () => {
  const { finish, rows } = world();
  await finish({ attempts: 2, errorCode: 'gateway_timeout' });
  await finish({ attempts: 1, errorCode: 'content_blocked', usage });
  expect(rows).toMatchObject([
    { httpStatus: 504, errorCode: 'gateway_timeout', costNanoUsd: 0 },
    { httpStatus: 400, errorCode: 'content_blocked', costNanoUsd: 13 },
  ]);
});

test('law: whatever becomes of requests, no slot and no money stays held, and ledger and budget agree to the nano-dollar', async () => {
  const tokens = fc.nat({ max: 1_000 });
  const outcome = fc.record({
    attempts: fc.nat({ max: 3 }),
    isClientGone: fc.boolean(),
    firstByteMs: fc.constantFrom(null, 5),
    errorCode: fc.constantFrom(null, 'bad_gateway' as const, 'content_blocked' as const, 'internal_error' as const),
    usage: fc.option(
      fc.record({ promptTokens: tokens, completionTokens: tokens, cachedTokens: fc.constant(0), isEstimated: fc.boolean() }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(outcome, { maxLength: 20 }), async (outcomes) => {
      const { finish, rows, readings } = world();
      for (const given of outcomes) await finish({ ...given, usage: given.attempts === 0 ? null : given.usage });
      const reached = outcomes.filter(({ attempts }) => attempts > 0);
      expect(rows).toHaveLength(reached.length);
      expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
      const ledger = rows.reduce((sum, row) => sum + row.costNanoUsd, 0);
      const known = reached.flatMap((given) => (given.usage === null ? [] : [costOf(price, given.usage)]));
      expect(ledger).toBeGreaterThanOrEqual(known.reduce((sum, cost) => sum + cost, 0));
      const used = Object.fromEntries((await readings()).map(({ limit, used: amount }) => [limit.kind, amount]));
      expect(used).toEqual({ parallel: 0, budget: ledger });
    }),
    { numRuns: 50 },
  );
});
