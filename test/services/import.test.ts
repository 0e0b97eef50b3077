import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hashKey } from '../../src/keys/key-hash.ts';
import { openModelParams } from '../../src/keys/model-secrets.ts';
import { SecretBox } from '../../src/keys/secret-box.ts';
import { reportJson, reportText } from '../../src/migrate/litellm/report.ts';
import { storeKeySource } from '../../src/store/access-query.ts';
import { ImportWorld, now, reasonsOf, sealed, token } from './import/world.ts';

let world: ImportWorld;
beforeAll(async () => {
  world = await ImportWorld.start();
});
afterAll(() => world.stop());
beforeEach(() => world.empty());

describe('an import', () => {
  test('takes over keys, which go on working as they are, with their owners, limits and spend', async () => {
    await world.fillUsual();
    const report = await world.run();
    expect(report.applied.tables).toMatchObject({
      budgets: { inserted: 2 },
      users: { inserted: 1 },
      teams: { inserted: 1 },
      members: { inserted: 2 },
      keys: { inserted: 4 },
      customers: { inserted: 1 },
      models: { inserted: 1 },
    });
    expect(reasonsOf(report, 'blocked')).toEqual([]);
    expect(reasonsOf(report, 'skipped')).toEqual([]);
    const ada = await world.access('sk-ada-0001');
    expect(ada).toMatchObject({
      keyAlias: 'ada-0001',
      role: 'admin',
      userId: 'ada',
      teamId: 'red',
      tags: ['prod'],
      guardrails: ['pii'],
      modelAliases: { fast: 'gpt', quick: 'gpt' },
      expiresAtMs: Date.UTC(2027, 0, 1),
    });
    expect(ada.grants).toEqual([
      { kind: 'key', label: 'ada-0001', models: ['gpt'] },
      { kind: 'team', label: 'Red', models: ['gpt', 'claude'] },
    ]);
    const scopes = Object.fromEntries(ada.scopes.map((scope) => [scope.kind, scope]));
    expect(scopes['key']?.budget).toMatchObject({ maxNanoUsd: null, spentNanoUsd: 100 });
    expect(scopes['team']).toMatchObject({
      tokensPerMinute: Number.MAX_SAFE_INTEGER,
      budget: { maxNanoUsd: 1000e9, spentNanoUsd: 12_345_678_901 },
    });
    expect(scopes['member']).toMatchObject({
      tokensPerMinute: 1000,
      budget: { maxNanoUsd: 2_500_000_000, spentNanoUsd: 250_000_000, duration: '1d', periodEndMs: Date.UTC(2026, 10, 22) },
    });
  });

  test('keeps the moment at which a budget begins anew, and what was spent until now', async () => {
    await world.fillUsual();
    await world.run();
    const [halfDay] = (await world.access('sk-half-day1')).scopes;
    expect(halfDay?.budget).toMatchObject({ spentNanoUsd: 750_000_000, periodEndMs: Date.UTC(2026, 10, 21, 15, 30) });
    const [ofBudget] = (await world.access('sk-budget-01')).scopes;
    expect(ofBudget).toMatchObject({
      requestsPerMinute: 60,
      budget: { maxNanoUsd: 5e9, spentNanoUsd: 5_500_000_000, periodEndMs: Date.UTC(2026, 11, 1) },
    });
    const user = (await world.access('sk-ada-0001')).scopes.find(({ kind }) => kind === 'user');
    expect(user?.budget).toMatchObject({ spentNanoUsd: 100_000_000, duration: '7d', periodEndMs: Date.UTC(2026, 10, 23) });
    const customer = await storeKeySource(world.store).customer('end-1');
    expect(customer?.spend).toMatchObject([{ scope: 'customer:end-1', spent: 500_000_000, duration: '30d' }]);
  });

  test('holds a member without a budget of its own to that of its team’s members, with what it has spent', async () => {
    await world.fillUsual();
    await world.insert('TeamMembership', { user_id: 'bob', team_id: 'red', spend: 0.5 });
    await world.insert('VerificationToken', token('sk-bob-00001', { user_id: 'bob', team_id: 'red' }));
    await world.run();
    const member = (await world.access('sk-bob-00001')).scopes.find(({ kind }) => kind === 'member');
    expect(member).toMatchObject({
      tokensPerMinute: 1000,
      budget: { maxNanoUsd: 2_500_000_000, spentNanoUsd: 500_000_000, duration: '1d', periodEndMs: Date.UTC(2026, 10, 22) },
    });
  });

  test('reads limits by model, and what LiteLLM hides in metadata', async () => {
    await world.fillUsual();
    await world.run();
    const { scopes, metadata, tags } = await world.access('sk-models-01');
    expect(scopes[0]?.models).toMatchObject({
      gpt: { requestsPerMinute: 3, budget: { maxNanoUsd: 500_000_000, spentNanoUsd: 125_000_000 } },
      claude: { budget: { maxNanoUsd: 250_000_000, spentNanoUsd: 0, duration: '1d' } },
      other: { tokensPerMinute: 4, budget: null },
    });
    expect([metadata, tags]).toEqual([{ own: 'kept' }, ['t']]);
    const row = await world.store.db.selectFrom('keys').selectAll().where('alias', '=', 'models-01').executeTakeFirstOrThrow();
    expect(row).toMatchObject({
      temp_budget_increase: 2e9,
      temp_budget_expiry: new Date('2026-12-24'),
      created_at: new Date('2026-01-02T03:04:05.678Z'),
    });
  });

  test('decrypts models in all of LiteLLM’s forms and seals their secrets under the gateway’s key', async () => {
    await world.fillUsual();
    await world.run();
    const model = await world.store.db.selectFrom('models').selectAll().executeTakeFirstOrThrow();
    expect(JSON.stringify(model)).not.toContain('sk-upstream');
    expect(model).toMatchObject({ id: 'm-1', name: 'gpt', blocked: false, params: { model: 'openai/gpt-4o', rpm: 5 } });
    expect(openModelParams(model.params, new SecretBox('own-salt'))).toEqual({
      model: 'openai/gpt-4o',
      api_key: 'sk-upstream-3',
      api_base: sealed['boxedLong']!.text,
      rpm: 5,
      extra_headers: { 'x-team': 'sk-upstream-2' },
    });
  });

  test('disables models that it cannot decrypt, and never replaces what it could by what it cannot', async () => {
    await world.fillUsual();
    const first = await world.run({ litellmKey: 'sk-wrong' });
    expect(reasonsOf(first, 'blocked')).toEqual([expect.stringMatching(/^model gpt: .*cannot be decrypted with this key/)]);
    const disabled = await world.store.db.selectFrom('models').selectAll().executeTakeFirstOrThrow();
    expect(disabled).toMatchObject({ blocked: true, params: { api_key: null, rpm: 5 } });
    await world.run();
    expect((await world.store.db.selectFrom('models').selectAll().executeTakeFirstOrThrow()).blocked).toBe(false);
    await world.run({ litellmKey: null });
    expect((await world.store.db.selectFrom('models').selectAll().executeTakeFirstOrThrow()).blocked).toBe(false);
    await world.store.db.deleteFrom('models').execute();
    const keyless = await world.run({ ownKey: null });
    expect(reasonsOf(keyless, 'blocked')).toEqual([expect.stringContaining('set SLUICE_SALT_KEY')]);
    expect(await world.store.db.selectFrom('models').select(['blocked', 'params']).executeTakeFirstOrThrow()).toEqual({
      blocked: true,
      params: { model: 'openai/gpt-4o', api_base: sealed['boxedLong']!.text, rpm: 5 },
    });
  });

  test('does nothing on a dry run, and says what a run then does', async () => {
    await world.fillUsual();
    const before = await world.contents();
    const dry = await world.run({ isDryRun: true, spendLogsSince: '2026-01-01' });
    expect(await world.contents()).toBe(before);
    expect((await world.run({ spendLogsSince: '2026-01-01' })).applied).toEqual(dry.applied);
  });

  test('changes nothing the second time', async () => {
    await world.fillUsual();
    await world.run({ spendLogsSince: '2026-01-01' });
    const before = await world.contents();
    const { applied } = await world.run({ spendLogsSince: '2026-01-01' });
    expect(await world.contents()).toBe(before);
    for (const { inserted, updated } of Object.values(applied.tables)) expect([inserted, updated]).toEqual([0, 0]);
    expect(applied.counters).toBe(0);
  });

  test('takes over what LiteLLM changed since, and lets no spend fall', async () => {
    await world.fillUsual();
    await world.run();
    await world.litellm.query(`update "LiteLLM_VerificationToken" set rpm_limit = 9, spend = 0.5 where key_alias = 'half-day1'`);
    await world.litellm.query(`update "LiteLLM_VerificationToken" set spend = 6 where key_alias = 'budget-01'`);
    await world.litellm.query(`update "LiteLLM_VerificationToken" set spend = 2 where key_alias = 'ada-0001'`);
    await world.litellm.query('update "LiteLLM_TeamTable" set spend = 1');
    const { applied } = await world.run();
    expect([applied.tables.keys, applied.counters]).toEqual([{ inserted: 0, updated: 1, unchanged: 3 }, 2]);
    const spent = (await world.access('sk-ada-0001')).scopes.map(({ kind, budget }) => [kind, budget?.spentNanoUsd]);
    expect(spent).toContainEqual(['key', 2e9]);
    expect(spent).toContainEqual(['team', 12_345_678_901]);
    const [halfDay] = (await world.access('sk-half-day1')).scopes;
    expect(halfDay).toMatchObject({ requestsPerMinute: 9, budget: { spentNanoUsd: 750_000_000 } });
    expect((await world.access('sk-budget-01')).scopes[0]?.budget?.spentNanoUsd).toBe(6e9);
  });

  test('carries on in the next period, but brings back none that is over', async () => {
    await world.insert(
      'VerificationToken',
      token('sk-over-0001', { max_budget: 1, budget_duration: '1d', budget_reset_at: '2026-11-21T00:00:00', spend: 0.9 }),
    );
    const report = await world.run();
    expect(report.applied.spend['keys']).toEqual({ sourceNanoUsd: 900_000_000, carriedNanoUsd: 0 });
    await world.litellm.query(`update "LiteLLM_VerificationToken" set budget_reset_at = '2026-11-22', spend = 0.2`);
    await world.run();
    expect((await world.access('sk-over-0001')).scopes[0]?.budget?.spentNanoUsd).toBe(200_000_000);
    await world.litellm.query(`update "LiteLLM_VerificationToken" set budget_reset_at = '2026-11-23', spend = 0.1`);
    await world.run({ now: new Date('2026-11-22T12:00:00Z') });
    const rows = await world.store.db.selectFrom('spend').selectAll().execute();
    expect(rows).toMatchObject([{ spent: 100_000_000, period_end: new Date('2026-11-23') }]);
  });

  test('names the budgets that begin anew at another moment than LiteLLM had noted', async () => {
    const limits = { max_budget: 1, budget_duration: '30d', budget_reset_at: '2026-12-15T10:00:00', spend: 0.3 };
    await world.insert('VerificationToken', token('sk-rolling-1', limits));
    expect(reasonsOf(await world.run(), 'changed')).toEqual([
      expect.stringMatching(/^key rolling-1 \(\w{8}\): its budget \(30d\) begins anew at 2026-12-01T.*, not at 2026-12-15T10/),
    ]);
  });

  test('leaves alone what administrators changed, rotated or deleted here since', async () => {
    await world.fillUsual();
    await world.run();
    const [blocked, rotated, deleted] = ['sk-ada-0001', 'sk-half-day1', 'sk-budget-01'].map(hashKey) as [string, string, string];
    const audit = (action: string, id: string, before: object | null) =>
      world.store.db
        .insertInto('audit')
        .values({
          at: now,
          actor: 'master',
          actor_role: 'admin',
          action,
          entity: 'key',
          entity_id: id,
          request_id: null,
          before: before === null ? null : JSON.stringify(before),
          after: null,
        })
        .execute();
    await world.store.db.updateTable('keys').set({ blocked: true }).where('hash', '=', blocked).execute();
    await audit('key.block', blocked, { blocked: false });
    await world.store.db
      .updateTable('keys')
      .set({ hash: 'f'.repeat(64) })
      .where('hash', '=', rotated)
      .execute();
    await audit('key.rotate', 'f'.repeat(64), { hash: rotated });
    await world.store.db.deleteFrom('keys').where('hash', '=', deleted).execute();
    await audit('key.delete', deleted, null);
    const report = await world.run();
    expect(
      reasonsOf(report, 'skipped')
        .map((line) => line.split(' (')[0])
        .sort(),
    ).toEqual(['key ada-0001', 'key budget-01', 'key half-day1']);
    const rows = await world.store.db.selectFrom('keys').select(['hash', 'blocked']).orderBy('hash').execute();
    expect(rows).toEqual(
      [
        { hash: blocked, blocked: true },
        { hash: hashKey('sk-models-01'), blocked: false },
        { hash: 'f'.repeat(64), blocked: false },
      ].sort((one, other) => (one.hash < other.hash ? -1 : 1)),
    );
  });
});

describe('keys that need care', () => {
  test('logins of the dashboard and the master key are skipped; a key that was stored in plain is hashed and never shown', async () => {
    await world.insert('TeamTable', { team_id: 'litellm-dashboard', team_alias: 'UI' });
    await world.insert(
      'VerificationToken',
      token('sk-session-1', { team_id: 'litellm-dashboard' }),
      token('sk-master-of-litellm'),
      token('plain', { token: 'my-plain-key-4321', key_name: null, key_alias: null }),
    );
    const report = await world.run();
    expect(reasonsOf(report, 'skipped')).toEqual([
      expect.stringMatching(/^key session-1 .*a login of LiteLLM’s dashboard$/),
      expect.stringMatching(/^key master-of-litellm .*the master key/),
    ]);
    const keys = await world.store.db.selectFrom('keys').select(['hash', 'name']).execute();
    expect(keys).toEqual([{ hash: hashKey('my-plain-key-4321'), name: 'sk-...4321' }]);
    const told = `${JSON.stringify(reportJson(report))} ${reportText(report)}`;
    expect(told + (await world.contents())).not.toContain('my-plain-key');
  });

  test('what restricts a key and cannot be enforced blocks it, and so does what restricts its user, budget or team', async () => {
    await world.insert('BudgetTable', { budget_id: 'narrow', allowed_models: ['gpt'], created_by: 'a', updated_by: 'a' });
    await world.insert('UserTable', { user_id: 'eve', policies: ['p'] });
    await world.insert('TeamTable', {
      team_id: 'strict',
      team_alias: 'Strict',
      budget_limits: '[{"budget_duration": "1d", "max_budget": 1}]',
    });
    await world.insert(
      'ObjectPermissionTable',
      { object_permission_id: 'some', mcp_servers: ['one'] },
      { object_permission_id: 'empty', mcp_servers: [] },
    );
    await world.insert('EndUserTable', { user_id: 'european', allowed_model_region: 'eu' });
    await world.insert(
      'VerificationToken',
      token('sk-enforced1', { metadata: { enforced_params: ['user'] } }),
      token('sk-project-1', { project_id: 'p-1' }),
      token('sk-eve-00001', { user_id: 'eve' }),
      token('sk-narrow-01', { budget_id: 'narrow' }),
      token('sk-strict-01', { team_id: 'strict' }),
      token('sk-orphan-01', { team_id: 'gone' }),
      token('sk-objects-1', { object_permission_id: 'some' }),
      token('sk-objects-0', { object_permission_id: 'empty' }),
      token('sk-harmless1', {
        metadata: { enforced_params: [], rpm_limit_type: 'dynamic' },
        permissions: { get_spend_routes: true },
        auto_rotate: true,
      }),
    );
    const report = await world.run();
    expect(
      reasonsOf(report, 'blocked')
        .map((line) => line.replace(/ \([0-9a-f]{8}\)/, ''))
        .sort(),
    ).toEqual([
      'customer european: a region (allowed_model_region)',
      'key enforced1: metadata.enforced_params',
      'key eve-00001: of its user eve: policies',
      'key narrow-01: of its budget narrow: models of a budget (allowed_models)',
      'key objects-1: permissions on objects (object_permission_id)',
      'key orphan-01: its team gone does not exist',
      'key project-1: a project (project_id)',
      'team Strict: several budgets at once (budget_limits)',
    ]);
    expect(reasonsOf(report, 'changed')).toHaveLength(3);
    const blocked = await world.store.db
      .selectFrom('keys')
      .select('alias')
      .where('blocked', '=', true)
      .orderBy('alias')
      .execute();
    expect(blocked.map(({ alias }) => alias)).toEqual([
      'enforced1',
      'eve-00001',
      'narrow-01',
      'objects-1',
      'orphan-01',
      'project-1',
    ]);
    expect((await world.store.db.selectFrom('teams').select('blocked').executeTakeFirstOrThrow()).blocked).toBe(true);
    expect((await world.store.db.selectFrom('customers').select('blocked').executeTakeFirstOrThrow()).blocked).toBe(true);
  });

  test('a rotated key is taken until its time; one whose successor is missing, or whose time is over, is not', async () => {
    await world.insert('VerificationToken', token('sk-new-00001'));
    await world.insert(
      'DeprecatedVerificationToken',
      { id: '1', token: hashKey('sk-old-00001'), active_token_id: hashKey('sk-new-00001'), revoke_at: '2026-11-22' },
      { id: '2', token: hashKey('sk-old-00002'), active_token_id: hashKey('sk-new-00001'), revoke_at: '2026-11-20' },
      { id: '3', token: hashKey('sk-old-00003'), active_token_id: hashKey('sk-missing-1'), revoke_at: '2026-11-22' },
    );
    const report = await world.run();
    expect((await world.access('sk-old-00001')).keyAlias).toBe('new-00001');
    await expect(world.access('sk-old-00002')).rejects.toThrow();
    await expect(world.access('sk-old-00003')).rejects.toThrow();
    expect(report.plan.findings.skipped.map(({ kind }) => kind)).toEqual(['retired key']);
  });

  test('two keys of one alias and two users of one address both come over; aliases that change places do too', async () => {
    await world.insert(
      'UserTable',
      { user_id: 'a', user_email: 'X@example.test' },
      { user_id: 'b', user_email: 'x@example.test', user_role: 'org_admin' },
    );
    await world.insert(
      'VerificationToken',
      token('sk-one-00001', { key_alias: 'same' }),
      token('sk-two-00002', { key_alias: 'same', created_at: '2026-02-01' }),
    );
    const report = await world.run();
    const second = `same (${hashKey('sk-two-00002').slice(0, 8)})`;
    expect([(await world.access('sk-one-00001')).keyAlias, (await world.access('sk-two-00002')).keyAlias]).toEqual([
      'same',
      second,
    ]);
    expect(await world.store.db.selectFrom('users').select(['id', 'email', 'role']).orderBy('id').execute()).toEqual([
      { id: 'a', email: 'X@example.test', role: 'internal_user_viewer' },
      { id: 'b', email: null, role: 'internal_user_viewer' },
    ]);
    expect(reasonsOf(report, 'changed')).toHaveLength(3);
    await world.litellm.query(
      `update "LiteLLM_VerificationToken" set key_alias = case created_at when '2026-02-01' then 'left' else 'right' end`,
    );
    await world.run();
    await world.litellm.query(
      `update "LiteLLM_VerificationToken" set key_alias = case created_at when '2026-02-01' then 'right' else 'left' end`,
    );
    await world.run();
    expect([(await world.access('sk-one-00001')).keyAlias, (await world.access('sk-two-00002')).keyAlias]).toEqual([
      'left',
      'right',
    ]);
  });
});
