import { expect, test } from 'vitest';
import type { Limit } from '../limits/limiter.ts';
import { ModelTable } from './model-table.ts';
import { planLimits } from './limit-plan.ts';
import { refusal } from './limit-refusal.ts';
import { accessOf, budgetOf, modelOf, scopeOf } from './testing/world.ts';
import type { Scope } from './access.ts';

const nowMs = Date.UTC(2026, 10, 21, 5, 27, 6);

function refused(
  scope: Scope,
  kind: Limit['kind'],
  more: { used?: number; retryAfterMs?: number | null; remaining?: number } = {},
) {
  const model = modelOf('gpt');
  const plan = planLimits(
    { access: accessOf({ scopes: [scope] }), model, table: new ModelTable([model]), globalScope: null },
    nowMs,
  );
  const limit = plan.limits.find((one) => one.kind === kind)!;
  return refusal(plan, { isGranted: false, limit, remaining: 0, used: 0, retryAfterMs: 30_000, ...more }, nowMs);
}

test('over a limit it says whose it is, how much it allows, and when to come again', () => {
  const error = refused(scopeOf('team', { requestsPerMinute: 5, label: 'Red' }), 'requests');
  expect(error.message).toBe('team "Red" allows 5 requests a minute; try again in 30 s');
  expect(error).toMatchObject({
    code: 'rate_limit_exceeded',
    retryAfterMs: 30_000,
    headers: { rate_limit_type: 'requests', reset_at: '2026-11-21 05:27:36 UTC' },
  });
});

test('in LiteLLM’s words it names the key by its hash', () => {
  const error = refused(scopeOf('key', { id: 'abc', tokensPerMinute: 9 }), 'tokens', { remaining: 4 });
  expect(error.compatible).toEqual({
    type: 'throttling_error',
    message:
      'Rate limit exceeded for api_key: abc. Limit type: tokens. Current limit: 9, Remaining: 4. Limit resets at: 2026-11-21 05:27:36 UTC',
  });
});

test('where no time helps it says so instead of a time', () => {
  const error = refused(scopeOf('key', { tokensPerMinute: 9 }), 'tokens', { retryAfterMs: null });
  expect(error.message).toBe('key "my key" allows 9 tokens a minute; ask for less at once');
  expect(error.retryAfterMs).toBeUndefined();
});

test('slots and limits on one model are told as such', () => {
  expect(refused(scopeOf('ip', { maxParallel: 2 }), 'parallel').message).toContain('address "my ip" allows 2 requests at once');
  const models = { gpt: { requestsPerMinute: 1, tokensPerMinute: null, budget: null } };
  expect(refused(scopeOf('key', { models }), 'requests').message).toContain('allows 1 requests a minute on model "gpt"');
});

test('over a budget it says what was spent of how much, and when that begins anew', () => {
  const budget = budgetOf('key:abc', { maxNanoUsd: 2_000_000_000 });
  const error = refused(scopeOf('key', { budget }), 'budget', { used: 1_500_000_000 });
  expect(error.code).toBe('budget_exceeded');
  expect(error.message).toBe(
    'Budget has been exceeded! Key=my key Current cost: 1.5, Max budget: 2. It begins anew at 2026-11-21 05:27:36 UTC',
  );
  expect(error.compatible).toEqual({
    message: 'Budget has been exceeded! Key=my key Current cost: 1.5, Max budget: 2',
    hasNoRetryAfter: true,
  });
});

test('a budget that never begins anew names no time', () => {
  const budget = budgetOf('user:ada', { maxNanoUsd: 2_000_000_000 });
  const error = refused(scopeOf('user', { id: 'ada', budget }), 'budget', { used: 2_000_000_000, retryAfterMs: null });
  expect(error.message).toMatch(/Max budget: 2$/);
  expect(error.retryAfterMs).toBeUndefined();
  expect(error.compatible?.message).toBe('ExceededBudget: User=ada over budget. Spend=2, Budget=2');
});
