import { expect, test } from 'vitest';
import type { Access, Scope } from './access.ts';
import { planLimits } from './limit-plan.ts';
import { ModelTable, type Model } from './model-table.ts';
import { accessOf, budgetOf, modelOf, priceOf, scopeOf } from './testing/world.ts';

const dayMs = 86_400_000;

interface Given {
  access?: Access;
  models?: Model[];
  globalScope?: Scope | null;
  nowMs?: number;
}

function plan({ access = accessOf(), models = [modelOf('m')], globalScope = null, nowMs = 0 }: Given) {
  return planLimits({ access, model: models[0]!, table: new ModelTable(models), globalScope }, nowMs);
}

test('nothing limits who has no limits, and nothing need be estimated', () => {
  expect(plan({})).toEqual({
    limits: [],
    owners: [],
    charges: [],
    budgets: [],
    needsEstimate: false,
    price: null,
    validUntilMs: Infinity,
  });
});

test('limits of key, model and everything are held in one step, each with its owner', () => {
  const key = scopeOf('key', {
    requestsPerMinute: 5,
    models: { m: { requestsPerMinute: null, tokensPerMinute: 7, budget: null } },
  });
  const ofModel = scopeOf('model', { maxParallel: 0 });
  const globalScope = scopeOf('global', { tokensPerMinute: 9 });
  const { limits, owners, needsEstimate } = plan({
    access: accessOf({ scopes: [key] }),
    models: [modelOf('m', { scope: ofModel })],
    globalScope,
  });
  expect(limits).toEqual([
    { kind: 'requests', id: 'key:key:requests', max: 5 },
    { kind: 'tokens', id: 'key:key:model:m:tokens', max: 7 },
    { kind: 'parallel', id: 'model:model:parallel', max: 0 },
    { kind: 'tokens', id: 'global:global:tokens', max: 9 },
  ]);
  expect(owners.map(({ scope, model }) => [scope.kind, model])).toEqual([
    ['key', null],
    ['key', 'm'],
    ['model', null],
    ['global', null],
  ]);
  expect(needsEstimate).toBe(true);
});

test('limits on other models, and names that every object has, are none', () => {
  const models = { other: { requestsPerMinute: 1, tokensPerMinute: null, budget: null } };
  for (const name of ['m', 'constructor', 'toString']) {
    expect(plan({ access: accessOf({ scopes: [scopeOf('key', { models })] }), models: [modelOf(name)] }).limits).toEqual([]);
  }
});

test('a budget without a maximum is charged and refuses nothing', () => {
  const budget = budgetOf('key:hash', { spentNanoUsd: 5 });
  const { limits, charges, budgets, needsEstimate } = plan({ access: accessOf({ scopes: [scopeOf('key', { budget })] }) });
  expect([limits, needsEstimate]).toEqual([[], false]);
  expect(charges).toEqual([{ scope: 'key:hash', duration: null, periodEndMs: null }]);
  expect(budgets).toEqual([budget]);
});

test('a budget whose period is over begins anew, and the plan ends with the first period that ends', () => {
  const budget = budgetOf('key:hash', { maxNanoUsd: 10, duration: '1d', periodEndMs: dayMs, spentNanoUsd: 8 });
  const access = accessOf({ scopes: [scopeOf('key', { budget })] });
  expect(plan({ access, nowMs: dayMs - 1 })).toMatchObject({
    limits: [{ kind: 'budget', max: 10, periodEndMs: dayMs, spentNanoUsd: 8 }],
    validUntilMs: dayMs,
  });
  expect(plan({ access, nowMs: dayMs })).toMatchObject({
    limits: [{ kind: 'budget', max: 10, periodEndMs: 2 * dayMs, spentNanoUsd: 0 }],
    charges: [{ scope: 'key:hash', duration: '1d', periodEndMs: 2 * dayMs }],
    validUntilMs: 2 * dayMs,
  });
});

test('a counter that was set back is another one', () => {
  const idOf = (anchorMs: number) => {
    const budget = budgetOf('key:hash', { maxNanoUsd: 10, anchorMs });
    return plan({ access: accessOf({ scopes: [scopeOf('key', { budget })] }) }).limits[0]!.id;
  };
  expect(idOf(1)).not.toBe(idOf(2));
});

test('the price is the dearest of all that may answer, fallbacks of what stands in for long prompts too', () => {
  const models = [
    modelOf('m', { fallbacks: ['cheap'], contextFallbacks: ['long'] }, priceOf(10, 10)),
    modelOf('cheap', {}, priceOf(1, 1)),
    modelOf('long', { fallbacks: ['dear'] }, priceOf(50, 20)),
    modelOf('dear', {}, priceOf(30, 90)),
    modelOf('unrelated', {}, priceOf(1_000, 1_000)),
  ];
  expect(plan({ models }).price).toEqual(priceOf(50, 90));
  expect(plan({ models: [modelOf('m')] }).price).toBeNull();
});
