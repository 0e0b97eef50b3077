import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Client } from 'pg';
import { hashKey } from '../../src/keys/key-hash.ts';
import { SluiceProcess } from '../support/sluice-process.ts';
import { baseline } from './import/litellm-schema.ts';
import { ImportWorld, sealed } from './import/world.ts';

let world: ImportWorld;
beforeAll(async () => {
  world = await ImportWorld.start();
});
afterAll(() => world.stop());
beforeEach(() => world.empty());

describe('organizations', () => {
  test('that limit something stop an import, unless it shall go on without them', async () => {
    await world.insert(
      'BudgetTable',
      { budget_id: 'o', max_budget: 0, created_by: 'a', updated_by: 'a' },
      { budget_id: 'none', created_by: 'a', updated_by: 'a' },
    );
    await world.insert(
      'OrganizationTable',
      { organization_id: '1', organization_alias: 'Limited', budget_id: 'o' },
      { organization_id: '2', organization_alias: 'Free', budget_id: 'none' },
    );
    expect((await world.run({ isDryRun: true })).plan.limitingOrganizations).toEqual(['Limited']);
    await expect(world.run()).rejects.toThrow(/1 organizations limit .*Limited.*--without-organizations/);
    expect(await world.store.db.selectFrom('budgets').select('id').execute()).toEqual([]);
    await world.run({ withoutOrganizations: true });
    expect(await world.store.db.selectFrom('budgets').select('id').execute()).toHaveLength(2);
  });
});

describe('the log of requests', () => {
  const log = (id: string, more: Record<string, unknown> = {}) => ({
    request_id: id,
    call_type: 'acompletion',
    api_key: hashKey('sk-ada-0001'),
    spend: 0.001,
    total_tokens: 30,
    prompt_tokens: 10,
    completion_tokens: 20,
    startTime: '2026-11-20T23:59:59.000',
    endTime: '2026-11-21T00:00:01.000',
    completionStartTime: '2026-11-20T23:59:59.500',
    model: 'gpt-4o',
    model_group: 'gpt',
    model_id: 'm-1',
    custom_llm_provider: 'openai',
    user: 'ada',
    team_id: 'red',
    end_user: 'end-1',
    request_tags: '["a"]',
    metadata: { user_api_key_alias: 'ada' },
    messages: { secret: 1 },
    response: { secret: 1 },
    ...more,
  });

  test('comes over from a day on, is counted once by day, and charges no budget again', async () => {
    await world.fillUsual();
    await world.insert(
      'SpendLogs',
      log('r-1'),
      log('r-2', {
        status: 'failure',
        metadata: { error_information: { error_code: '429' } },
        call_type: 'aembedding',
        api_key: 'litellm-internal-health-check',
      }),
      log('r-3', { startTime: '2026-10-31T23:00:00', endTime: '2026-10-31T23:00:01' }),
      log('x'.repeat(900)),
    );
    const { logs } = await world.run({ spendLogsSince: '2026-11-01' });
    expect(logs).toEqual({ rows: 3, costNanoUsd: 3_000_000 });
    const before = await world.contents();
    expect((await world.run({ spendLogsSince: '2026-11-01' })).logs).toEqual({ rows: 0, costNanoUsd: 0 });
    expect(await world.contents()).toBe(before);
    const row = await world.store.db.selectFrom('ledger').selectAll().where('request_id', '=', 'r-1').executeTakeFirstOrThrow();
    expect(row).toMatchObject({
      id: 'litellm:r-1',
      key_hash: hashKey('sk-ada-0001'),
      key_alias: 'ada',
      user_id: 'ada',
      team_id: 'red',
      customer_id: 'end-1',
      tags: ['a'],
      operation: 'chat',
      is_streaming: true,
      first_byte_ms: 500,
      model: 'gpt',
      response_model: 'gpt-4o',
      provider: 'openai',
      cost: 1_000_000,
      http_status: 200,
    });
    const failed = await world.store.db
      .selectFrom('ledger')
      .selectAll()
      .where('request_id', '=', 'r-2')
      .executeTakeFirstOrThrow();
    expect(failed).toMatchObject({ http_status: 429, operation: 'embeddings', key_hash: null });
    const days = await world.store.db
      .selectFrom('daily_spend')
      .select(['day', 'key_hash', 'requests', 'failed_requests', 'cost'])
      .orderBy('requests')
      .execute();
    expect(days).toEqual([
      { day: '2026-11-21', key_hash: '', requests: 1, failed_requests: 1, cost: 1_000_000 },
      { day: '2026-11-21', key_hash: hashKey('sk-ada-0001'), requests: 2, failed_requests: 0, cost: 2_000_000 },
    ]);
    const counter = await world.store.db
      .selectFrom('spend')
      .select('spent')
      .where('scope', '=', `key:${hashKey('sk-ada-0001')}`)
      .executeTakeFirstOrThrow();
    expect(counter.spent).toBe(100);
    expect((await world.run({ spendLogsSince: '2026-10-01' })).logs?.rows).toBe(1);
  });

  test('is read in pages: many requests of one moment, each once', async () => {
    await world.litellm.query(`insert into "LiteLLM_SpendLogs" (request_id, call_type, spend, "startTime", "endTime")
      select 'r' || n, 'acompletion', 0.000001, '2026-11-20', '2026-11-20' from generate_series(1, 2500) n`);
    expect((await world.run({ spendLogsSince: '2026-11-20' })).logs).toEqual({ rows: 2500, costNanoUsd: 2_500_000 });
  });
});

describe('the database', () => {
  test('of a version of 2025-03 comes over too', async () => {
    const old = new Client(world.address('old'));
    await old.connect();
    await old.query(baseline);
    await old.query(
      `insert into "LiteLLM_VerificationToken" (token, key_alias, spend) values ('${hashKey('sk-from-2025')}', 'old', 0.5)`,
    );
    await old.end();
    await world.run({ databaseUrl: `${world.address('old')}?schema=public&connection_limit=5`, spendLogsSince: '2025-01-01' });
    expect((await world.access('sk-from-2025')).keyAlias).toBe('old');
  });

  test('that is not LiteLLM’s, or cannot be reached, is told', async () => {
    await expect(world.run({ databaseUrl: world.address('gateway') })).rejects.toThrow(/no database of LiteLLM/);
    await expect(world.run({ databaseUrl: 'postgresql://x:secret@127.0.0.1:1/y' })).rejects.toThrow(
      /cannot be read.*Check --database-url/s,
    );
    await expect(world.run({ databaseUrl: 'postgresql://x:secret@127.0.0.1:1/y' })).rejects.not.toThrow(/secret/);
    await expect(world.run({ databaseUrl: 'mysql://x' })).rejects.toThrow(/postgresql:\/\//);
  });

  test('is as it was when the import fails in the middle', async () => {
    await world.fillUsual();
    const before = await world.contents();
    await expect(
      world.run({
        onReport: () => {
          throw new Error('interrupted');
        },
      }),
    ).rejects.toThrow('interrupted');
    expect(await world.contents()).toBe(before);
  });
});

describe('sluice import litellm', () => {
  const environment = () => ({
    DATABASE_URL: world.address('gateway'),
    LITELLM_MASTER_KEY: 'sk-master-of-litellm',
    LITELLM_SALT_KEY: sealed.saltKey,
  });

  test('says on a dry run what it would do, and does it without', async () => {
    await world.fillUsual();
    const dry = new SluiceProcess(['import', 'litellm', '--database-url', world.address('litellm'), '--dry-run'], {
      environment: environment(),
    });
    expect(await dry.ended).toMatchObject({ code: 0 });
    expect(dry.stdout).toMatch(/nothing is written/);
    expect(dry.stdout).toMatch(/^keys +4 +0 +0 +0$/m);
    expect(await world.store.db.selectFrom('keys').select('hash').execute()).toEqual([]);
    const real = new SluiceProcess(['import', 'litellm', '--json'], {
      environment: { ...environment(), LITELLM_DATABASE_URL: world.address('litellm') },
    });
    expect(await real.ended).toMatchObject({ code: 0 });
    expect(JSON.parse(real.stdout)).toMatchObject({ isDryRun: false, tables: { keys: { inserted: 4 } }, blocked: [] });
    expect((await world.access('sk-ada-0001')).userId).toBe('ada');
  });

  test('ends with status 1 and the reason where it cannot go on', async () => {
    const none = new SluiceProcess(['import', 'litellm'], { environment: environment() });
    expect(await none.ended).toMatchObject({ code: 1 });
    expect(none.stderr).toContain('Give --database-url');
    const wrong = new SluiceProcess(['import', 'litellm', '--database-url', world.address('gateway')], {
      environment: environment(),
    });
    expect(await wrong.ended).toMatchObject({ code: 1 });
    expect(wrong.stderr).toContain('no database of LiteLLM');
  });
});
