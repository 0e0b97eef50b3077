import { expect, test } from 'vitest';
import type { Access } from '../core/access.ts';
import { Admission } from '../core/admission.ts';
import { ModelTable, type Model } from '../core/model-table.ts';
import { buildAccess } from '../keys/build-access.ts';
import { accessRow, keyHash, keyRow, teamRow } from '../keys/testing/rows.ts';
import { MemoryLimiter } from '../limits/memory-limiter.ts';
import { newRecord } from '../telemetry/record.ts';
import type { Caller } from './caller.ts';
import { limitUsage, type LimitUsageSource } from './limit-usage.ts';

const nowMs = Date.UTC(2026, 10, 21, 12);
const row = accessRow({
  key: keyRow({
    team_id: 'red',
    rpm_limit: 10,
    max_parallel_requests: 0,
    max_budget: 2_000_000_000,
    budget_duration: '1d',
    model_limits: { gpt: { rpm_limit: 3 }, other: { tpm_limit: 5 } },
  }),
  team: teamRow({ id: 'red', tpm_limit: 1_000 }),
});
const model: Model = {
  name: 'gpt',
  aliases: [],
  created: 1,
  timeoutMs: null,
  streamIdleTimeoutMs: 1,
  contextTokens: null,
  engineContextTokens: null,
  maxOutputTokens: 5,
  scope: null,
  promptFormat: 'raw',
  backends: [],
  fallbacks: [],
  contextFallbacks: [],
};
const caller: Caller = { role: 'viewer', isMaster: false, keyHash, userId: null, teamId: 'red', requestId: 'r' };

function world(changes: Partial<typeof row.key> = {}) {
  const limiter = new MemoryLimiter({ leaseMs: 60_000, now: () => nowMs });
  const { access } = buildAccess({ ...row, key: { ...row.key, ...changes } }, nowMs);
  const admission = new Admission({
    limiter: () => limiter,
    directory: { customer: () => null },
    settings: () => ({ assumedOutputTokens: 5, ipRequestsPerMinute: null }),
    wallNow: () => nowMs,
    newId: () => 'one',
    globalScope: () => null,
    onSoftBudget: () => undefined,
  });
  const source = {
    store: { db: null } as never,
    accessOf: (hash: string): Promise<Access | null> => Promise.resolve(hash === keyHash ? access : null),
    limitsOf: (of: Access) => admission.limitsOf(of),
  } satisfies LimitUsageSource;
  const ask = () =>
    admission.admit(
      { access, ip: null, customerId: null },
      {
        operation: 'chat',
        body: { model: 'gpt', messages: [{ role: 'user', content: 'hi' }], max_tokens: 5 },
        isStreaming: false,
        wantsUsageEvent: false,
      },
      { model, table: new ModelTable([model]) },
      newRecord('chat'),
    );
  return { source, ask, limiter };
}

test('every limit of a key, its team and its models is told with how much of it is used', async () => {
  const { source, ask, limiter } = world({ max_parallel_requests: 4 });
  await ask();
  const { limits } = await limitUsage(source, caller, undefined);
  expect(limits).toEqual([
    { scope: 'key', kind: 'requests', max: 10, used: 1, resets_at: null },
    { scope: 'key', kind: 'parallel', max: 4, used: 1, resets_at: null },
    { scope: 'key', kind: 'budget', max: 2, used: 0, resets_at: '2026-11-22T00:00:00.000Z' },
    { scope: 'key:model:gpt', kind: 'requests', max: 3, used: 1, resets_at: null },
    { scope: 'key:model:other', kind: 'tokens', max: 5, used: 0, resets_at: null },
    { scope: 'team', kind: 'tokens', max: 1_000, used: expect.any(Number) as number, resets_at: null },
  ]);
  expect((limits.at(-1) as { used: number }).used).toBeGreaterThan(5);
  await limiter.close();
});

test('administrators ask for any key, others for what they see', async () => {
  const { source, limiter } = world();
  const other = { ...caller, keyHash: 'b'.repeat(64) };
  await expect(limitUsage(source, { ...other, role: 'admin_viewer' }, keyHash)).resolves.toMatchObject({
    limits: expect.arrayContaining([{ scope: 'key', kind: 'parallel', max: 0, used: 0, resets_at: null }]) as unknown,
  });
  await expect(limitUsage(source, other, keyHash)).rejects.toMatchObject({ code: 'not_found' });
  await expect(limitUsage(source, { ...caller, role: 'admin' }, 'sk-unknown-unknown')).rejects.toMatchObject({
    code: 'not_found',
    message: expect.not.stringContaining('unknown-unknown') as string,
  });
  await limiter.close();
});
