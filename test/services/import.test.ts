import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CachedKeyDirectory } from '../../src/keys/key-directory.ts';
import { hashKey } from '../../src/keys/key-hash.ts';
import { openModelParams } from '../../src/keys/model-secrets.ts';
import { SecretBox } from '../../src/keys/secret-box.ts';
import { recordingLog } from '../../src/ledger/testing.ts';
import { importLitellm, type ImportOptions, type ImportReport } from '../../src/migrate/litellm/import-litellm.ts';
import { reportJson, reportText } from '../../src/migrate/litellm/report.ts';
import { storeKeySource } from '../../src/store/access-query.ts';
import { ServerStore } from '../../src/store/server-store.ts';
import { startPostgres, type PostgresServer } from '../support/services.ts';
import { SluiceProcess } from '../support/sluice-process.ts';
import { baseline, newer, reader } from './import/litellm-schema.ts';

const now = new Date('2026-11-21T12:00:00Z');
const sealed = JSON.parse(
  readFileSync(new URL('../../src/migrate/litellm/fixtures/sealed-by-litellm.json', import.meta.url), 'utf8'),
) as { saltKey: string } & Record<string, { text: string; sealed: string }>;

let server: PostgresServer;
let store: ServerStore;
let litellm: Client;
const address = (database: string, role = 'postgres') =>
  server.url.replace('postgres@', `${role}@`).replace(/\/postgres$/, `/${database}`);

beforeAll(async () => {
  server = await startPostgres();
  const admin = new Client(server.url);
  await admin.connect();
  for (const name of ['litellm', 'gateway', 'old']) await admin.query(`create database ${name}`);
  await admin.end();
  litellm = new Client(address('litellm'));
  await litellm.connect();
  await litellm.query(`${baseline} ${newer}`);
  await litellm.query(reader);
  const log = { ...recordingLog(), debug: () => undefined };
  store = await ServerStore.open({ url: address('gateway'), poolSize: 4, connectTimeoutMs: 2_000, log });
});
afterAll(async () => {
  await litellm.end();
  await store.close();
  await server.stop();
});
beforeEach(async () => {
  const { rows } = await litellm.query<{ name: string }>("select tablename as name from pg_tables where schemaname = 'public'");
  await litellm.query(`truncate ${rows.map(({ name }) => `"${name}"`).join(', ')}`);
  await sql`truncate keys, retired_keys, users, teams, members, budgets, customers, models, spend, ledger, daily_spend, audit`.execute(
    store.db,
  );
});

async function insert(table: string, ...rows: Record<string, unknown>[]): Promise<void> {
  for (const row of rows) {
    const names = Object.keys(row);
    const values = Object.values(row).map((value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) ? JSON.stringify(value) : value,
    );
    const columns = names.map((name) => `"${name}"`).join(', ');
    await litellm.query(
      `insert into "LiteLLM_${table}" (${columns}) values (${names.map((_, at) => `$${at + 1}`).join(', ')})`,
      values,
    );
  }
}

async function run(options: Partial<ImportOptions> = {}): Promise<ImportReport> {
  return importLitellm({
    databaseUrl: address('litellm', 'reader'),
    store,
    isDryRun: false,
    spendLogsSince: null,
    withoutOrganizations: false,
    litellmMasterKey: 'sk-master-of-litellm',
    litellmKey: sealed.saltKey,
    ownKey: 'own-salt',
    now,
    onReport: () => undefined,
    ...options,
  });
}

/** What a key gives, as a request with it would find. */
function access(key: string) {
  const directory = new CachedKeyDirectory({
    source: storeKeySource(store),
    now: () => now.getTime(),
    masterKey: null,
    keys: [],
    onFailure: 'continue',
  });
  return Promise.resolve(directory.find(key)).finally(() => directory.close());
}

async function contents(): Promise<string> {
  const names = [
    'keys',
    'retired_keys',
    'users',
    'teams',
    'members',
    'budgets',
    'customers',
    'models',
    'spend',
    'ledger',
    'daily_spend',
    'audit',
  ];
  const tables = await Promise.all(
    names.map(
      async (name) => (await sql.raw(`select to_jsonb(t)::text as row from ${name} t order by 1`).execute(store.db)).rows,
    ),
  );
  return JSON.stringify(tables);
}

const token = (key: string, more: Record<string, unknown> = {}) => ({
  token: hashKey(key),
  key_name: `sk-...${key.slice(-4)}`,
  key_alias: key.slice(3),
  created_at: '2026-01-02T03:04:05.678',
  ...more,
});
const reasonsOf = (report: ImportReport, part: 'blocked' | 'skipped' | 'changed') =>
  report.plan.findings[part].map(({ kind, label, reason }) => `${kind} ${label}: ${reason}`);

/** One of everything that needs no special care. */
async function fillUsual(): Promise<void> {
  await insert(
    'BudgetTable',
    {
      budget_id: 'free',
      max_budget: 5,
      budget_duration: '30d',
      budget_reset_at: '2026-12-01',
      rpm_limit: 60,
      created_by: 'a',
      updated_by: 'a',
    },
    {
      budget_id: 'member',
      max_budget: 2.5,
      budget_duration: '1d',
      budget_reset_at: '2026-11-22',
      tpm_limit: 1000,
      created_by: 'a',
      updated_by: 'a',
    },
  );
  await insert('UserTable', {
    user_id: 'ada',
    user_email: 'Ada@example.test',
    user_alias: 'Ada',
    user_role: 'proxy_admin',
    password: 'never read',
    max_budget: 100,
    budget_duration: '7d',
    budget_reset_at: '2026-11-23',
    spend: 0.1,
    models: ['gpt'],
    sso_user_id: 'sso-1',
    teams: ['red'],
  });
  await litellm.query(`insert into "LiteLLM_ModelTable" (id, aliases) values (7, '{"fast": "gpt"}')`);
  await insert('TeamTable', {
    team_id: 'red',
    team_alias: 'Red',
    members_with_roles: JSON.stringify([
      { role: 'admin', user_id: 'ada' },
      { role: 'user', user_email: 'ADA@example.test' },
    ]),
    admins: [],
    members: ['bob'],
    max_budget: 1000,
    spend: 12.345678901,
    models: ['gpt', 'claude'],
    model_id: 7,
    tpm_limit: '9007199254740993',
    metadata: { tags: ['prod'], guardrails: ['pii'], team_member_budget_id: 'member', note: 1 },
    team_member_permissions: ['/key/generate'],
  });
  await insert('TeamMembership', { user_id: 'ada', team_id: 'red', spend: 0.25, budget_id: 'member' });
  await insert(
    'VerificationToken',
    token('sk-ada-0001', {
      user_id: 'ada',
      team_id: 'red',
      models: ['gpt'],
      spend: 1e-7,
      expires: '2027-01-01',
      aliases: { quick: 'gpt' },
    }),
    token('sk-half-day1', { max_budget: 1, budget_duration: '12h', budget_reset_at: '2026-11-21T15:30:00', spend: 0.75 }),
    token('sk-budget-01', { budget_id: 'free', spend: 5.5 }),
    token('sk-models-01', {
      model_max_budget: { gpt: 0.5, claude: { budget_limit: '0.25', time_period: '1d' } },
      model_spend: { gpt: 0.125, claude: 9 },
      metadata: {
        model_rpm_limit: { gpt: 3 },
        model_tpm_limit: { other: 4 },
        tags: ['t'],
        temp_budget_increase: 2,
        temp_budget_expiry: '2026-12-24T00:00:00Z',
        own: 'kept',
      },
    }),
  );
  await insert('EndUserTable', { user_id: 'end-1', spend: 0.5, budget_id: 'free', alias: 'End', default_model: 'gpt' });
  await insert('ProxyModelTable', {
    model_id: 'm-1',
    model_name: 'gpt',
    model_info: { id: 'm-1', db_model: true },
    created_by: 'a',
    updated_by: 'a',
    litellm_params: {
      model: sealed['model']!.sealed,
      api_key: sealed['gcm3']!.sealed,
      api_base: sealed['boxedLong']!.sealed,
      rpm: 5,
      extra_headers: { 'x-team': sealed['gcm2']!.sealed },
    },
  });
}

describe('an import', () => {
  test('takes over keys, which go on working as they are, with their owners, limits and spend', async () => {
    await fillUsual();
    const report = await run();
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
    const ada = await access('sk-ada-0001');
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
    await fillUsual();
    await run();
    const [halfDay] = (await access('sk-half-day1')).scopes;
    expect(halfDay?.budget).toMatchObject({ spentNanoUsd: 750_000_000, periodEndMs: Date.UTC(2026, 10, 21, 15, 30) });
    const [ofBudget] = (await access('sk-budget-01')).scopes;
    expect(ofBudget).toMatchObject({
      requestsPerMinute: 60,
      budget: { maxNanoUsd: 5e9, spentNanoUsd: 5_500_000_000, periodEndMs: Date.UTC(2026, 11, 1) },
    });
    const user = (await access('sk-ada-0001')).scopes.find(({ kind }) => kind === 'user');
    expect(user?.budget).toMatchObject({ spentNanoUsd: 100_000_000, duration: '7d', periodEndMs: Date.UTC(2026, 10, 23) });
    const customer = await storeKeySource(store).customer('end-1');
    expect(customer?.spend).toMatchObject([{ scope: 'customer:end-1', spent: 500_000_000, duration: '30d' }]);
  });

  test('reads limits by model, and what LiteLLM hides in metadata', async () => {
    await fillUsual();
    await run();
    const { scopes, metadata, tags } = await access('sk-models-01');
    expect(scopes[0]?.models).toMatchObject({
      gpt: { requestsPerMinute: 3, budget: { maxNanoUsd: 500_000_000, spentNanoUsd: 125_000_000 } },
      claude: { budget: { maxNanoUsd: 250_000_000, spentNanoUsd: 0, duration: '1d' } },
      other: { tokensPerMinute: 4, budget: null },
    });
    expect([metadata, tags]).toEqual([{ own: 'kept' }, ['t']]);
    const row = await store.db.selectFrom('keys').selectAll().where('alias', '=', 'models-01').executeTakeFirstOrThrow();
    expect(row).toMatchObject({
      temp_budget_increase: 2e9,
      temp_budget_expiry: new Date('2026-12-24'),
      created_at: new Date('2026-01-02T03:04:05.678Z'),
    });
  });

  test('decrypts models in all of LiteLLM’s forms and seals their secrets under the gateway’s key', async () => {
    await fillUsual();
    await run();
    const model = await store.db.selectFrom('models').selectAll().executeTakeFirstOrThrow();
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
    await fillUsual();
    const first = await run({ litellmKey: 'sk-wrong' });
    expect(reasonsOf(first, 'blocked')).toEqual([expect.stringMatching(/^model gpt: .*cannot be decrypted with this key/)]);
    const disabled = await store.db.selectFrom('models').selectAll().executeTakeFirstOrThrow();
    expect(disabled).toMatchObject({ blocked: true, params: { api_key: null, rpm: 5 } });
    await run();
    expect((await store.db.selectFrom('models').selectAll().executeTakeFirstOrThrow()).blocked).toBe(false);
    await run({ litellmKey: null });
    expect((await store.db.selectFrom('models').selectAll().executeTakeFirstOrThrow()).blocked).toBe(false);
    await sql`truncate models`.execute(store.db);
    const keyless = await run({ ownKey: null });
    expect(reasonsOf(keyless, 'blocked')).toEqual([expect.stringContaining('set SLUICE_SALT_KEY')]);
    expect(await store.db.selectFrom('models').select(['blocked', 'params']).executeTakeFirstOrThrow()).toEqual({
      blocked: true,
      params: { model: 'openai/gpt-4o', api_base: sealed['boxedLong']!.text, rpm: 5 },
    });
  });

  test('does nothing on a dry run, and says what a run then does', async () => {
    await fillUsual();
    const before = await contents();
    const dry = await run({ isDryRun: true, spendLogsSince: '2026-01-01' });
    expect(await contents()).toBe(before);
    expect((await run({ spendLogsSince: '2026-01-01' })).applied).toEqual(dry.applied);
  });

  test('changes nothing the second time', async () => {
    await fillUsual();
    await run({ spendLogsSince: '2026-01-01' });
    const before = await contents();
    const { applied } = await run({ spendLogsSince: '2026-01-01' });
    expect(await contents()).toBe(before);
    for (const { inserted, updated } of Object.values(applied.tables)) expect([inserted, updated]).toEqual([0, 0]);
    expect(applied.counters).toBe(0);
  });

  test('takes over what LiteLLM changed since, and lets no spend fall', async () => {
    await fillUsual();
    await run();
    await litellm.query(`update "LiteLLM_VerificationToken" set rpm_limit = 9, spend = 0.5 where key_alias = 'half-day1'`);
    await litellm.query(`update "LiteLLM_VerificationToken" set spend = 6 where key_alias = 'budget-01'`);
    const { applied } = await run();
    expect([applied.tables.keys, applied.counters]).toEqual([{ inserted: 0, updated: 1, unchanged: 3 }, 1]);
    const [halfDay] = (await access('sk-half-day1')).scopes;
    expect(halfDay).toMatchObject({ requestsPerMinute: 9, budget: { spentNanoUsd: 750_000_000 } });
    expect((await access('sk-budget-01')).scopes[0]?.budget?.spentNanoUsd).toBe(6e9);
  });

  test('carries on in the next period, but brings back none that is over', async () => {
    await insert(
      'VerificationToken',
      token('sk-over-0001', { max_budget: 1, budget_duration: '1d', budget_reset_at: '2026-11-21T00:00:00', spend: 0.9 }),
    );
    const report = await run();
    expect(report.applied.spend['keys']).toEqual({ sourceNanoUsd: 900_000_000, carriedNanoUsd: 0 });
    await litellm.query(`update "LiteLLM_VerificationToken" set budget_reset_at = '2026-11-22', spend = 0.2`);
    await run();
    expect((await access('sk-over-0001')).scopes[0]?.budget?.spentNanoUsd).toBe(200_000_000);
    await litellm.query(`update "LiteLLM_VerificationToken" set budget_reset_at = '2026-11-23', spend = 0.1`);
    await run({ now: new Date('2026-11-22T12:00:00Z') });
    const rows = await store.db.selectFrom('spend').selectAll().execute();
    expect(rows).toMatchObject([{ spent: 100_000_000, period_end: new Date('2026-11-23') }]);
  });

  test('leaves alone what administrators changed, rotated or deleted here since', async () => {
    await fillUsual();
    await run();
    const [blocked, rotated, deleted] = ['sk-ada-0001', 'sk-half-day1', 'sk-budget-01'].map(hashKey) as [string, string, string];
    const audit = (action: string, id: string, before: object | null) =>
      store.db
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
    await store.db.updateTable('keys').set({ blocked: true }).where('hash', '=', blocked).execute();
    await audit('key.block', blocked, { blocked: false });
    await store.db
      .updateTable('keys')
      .set({ hash: 'f'.repeat(64) })
      .where('hash', '=', rotated)
      .execute();
    await audit('key.rotate', 'f'.repeat(64), { hash: rotated });
    await store.db.deleteFrom('keys').where('hash', '=', deleted).execute();
    await audit('key.delete', deleted, null);
    const report = await run();
    expect(
      reasonsOf(report, 'skipped')
        .map((line) => line.split(' (')[0])
        .sort(),
    ).toEqual(['key ada-0001', 'key budget-01', 'key half-day1']);
    const rows = await store.db.selectFrom('keys').select(['hash', 'blocked']).orderBy('hash').execute();
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
    await insert('TeamTable', { team_id: 'litellm-dashboard', team_alias: 'UI' });
    await insert(
      'VerificationToken',
      token('sk-session-1', { team_id: 'litellm-dashboard' }),
      token('sk-master-of-litellm'),
      token('plain', { token: 'my-plain-key-4321', key_name: null, key_alias: null }),
    );
    const report = await run();
    expect(reasonsOf(report, 'skipped')).toEqual([
      expect.stringMatching(/^key session-1 .*a login of LiteLLM’s dashboard$/),
      expect.stringMatching(/^key master-of-litellm .*the master key/),
    ]);
    const keys = await store.db.selectFrom('keys').select(['hash', 'name']).execute();
    expect(keys).toEqual([{ hash: hashKey('my-plain-key-4321'), name: 'sk-...4321' }]);
    const told = `${JSON.stringify(reportJson(report))} ${reportText(report)}`;
    expect(told + (await contents())).not.toContain('my-plain-key');
  });

  test('what restricts a key and cannot be enforced blocks it, and so does what restricts its user, budget or team', async () => {
    await insert('BudgetTable', { budget_id: 'narrow', allowed_models: ['gpt'], created_by: 'a', updated_by: 'a' });
    await insert('UserTable', { user_id: 'eve', policies: ['p'] });
    await insert('TeamTable', {
      team_id: 'strict',
      team_alias: 'Strict',
      budget_limits: '[{"budget_duration": "1d", "max_budget": 1}]',
    });
    await insert('EndUserTable', { user_id: 'european', allowed_model_region: 'eu' });
    await insert(
      'VerificationToken',
      token('sk-enforced1', { metadata: { enforced_params: ['user'] } }),
      token('sk-project-1', { project_id: 'p-1' }),
      token('sk-eve-00001', { user_id: 'eve' }),
      token('sk-narrow-01', { budget_id: 'narrow' }),
      token('sk-strict-01', { team_id: 'strict' }),
      token('sk-orphan-01', { team_id: 'gone' }),
      token('sk-harmless1', {
        metadata: { enforced_params: [], rpm_limit_type: 'dynamic' },
        permissions: { get_spend_routes: true },
        auto_rotate: true,
      }),
    );
    const report = await run();
    expect(
      reasonsOf(report, 'blocked')
        .map((line) => line.replace(/ \([0-9a-f]{8}\)/, ''))
        .sort(),
    ).toEqual([
      'customer european: a region (allowed_model_region)',
      'key enforced1: metadata.enforced_params',
      'key eve-00001: of its user eve: policies',
      'key narrow-01: of its budget narrow: models of a budget (allowed_models)',
      'key orphan-01: its team gone does not exist',
      'key project-1: a project (project_id)',
      'team Strict: several budgets at once (budget_limits)',
    ]);
    expect(reasonsOf(report, 'changed')).toHaveLength(3);
    const blocked = await store.db.selectFrom('keys').select('alias').where('blocked', '=', true).orderBy('alias').execute();
    expect(blocked.map(({ alias }) => alias)).toEqual(['enforced1', 'eve-00001', 'narrow-01', 'orphan-01', 'project-1']);
    expect((await store.db.selectFrom('teams').select('blocked').executeTakeFirstOrThrow()).blocked).toBe(true);
    expect((await store.db.selectFrom('customers').select('blocked').executeTakeFirstOrThrow()).blocked).toBe(true);
  });

  test('a rotated key is taken until its time; one whose successor is missing, or whose time is over, is not', async () => {
    await insert('VerificationToken', token('sk-new-00001'));
    await insert(
      'DeprecatedVerificationToken',
      { id: '1', token: hashKey('sk-old-00001'), active_token_id: hashKey('sk-new-00001'), revoke_at: '2026-11-22' },
      { id: '2', token: hashKey('sk-old-00002'), active_token_id: hashKey('sk-new-00001'), revoke_at: '2026-11-20' },
      { id: '3', token: hashKey('sk-old-00003'), active_token_id: hashKey('sk-missing-1'), revoke_at: '2026-11-22' },
    );
    const report = await run();
    expect((await access('sk-old-00001')).keyAlias).toBe('new-00001');
    await expect(access('sk-old-00002')).rejects.toThrow();
    await expect(access('sk-old-00003')).rejects.toThrow();
    expect(report.plan.findings.skipped.map(({ kind }) => kind)).toEqual(['retired key']);
  });

  test('two keys of one alias and two users of one address both come over; aliases that change places do too', async () => {
    await insert(
      'UserTable',
      { user_id: 'a', user_email: 'X@example.test' },
      { user_id: 'b', user_email: 'x@example.test', user_role: 'org_admin' },
    );
    await insert(
      'VerificationToken',
      token('sk-one-00001', { key_alias: 'same' }),
      token('sk-two-00002', { key_alias: 'same', created_at: '2026-02-01' }),
    );
    const report = await run();
    const second = `same (${hashKey('sk-two-00002').slice(0, 8)})`;
    expect([(await access('sk-one-00001')).keyAlias, (await access('sk-two-00002')).keyAlias]).toEqual(['same', second]);
    expect(await store.db.selectFrom('users').select(['id', 'email', 'role']).orderBy('id').execute()).toEqual([
      { id: 'a', email: 'X@example.test', role: 'internal_user_viewer' },
      { id: 'b', email: null, role: 'internal_user_viewer' },
    ]);
    expect(reasonsOf(report, 'changed')).toHaveLength(3);
    await litellm.query(
      `update "LiteLLM_VerificationToken" set key_alias = case created_at when '2026-02-01' then 'left' else 'right' end`,
    );
    await run();
    await litellm.query(
      `update "LiteLLM_VerificationToken" set key_alias = case created_at when '2026-02-01' then 'right' else 'left' end`,
    );
    await run();
    expect([(await access('sk-one-00001')).keyAlias, (await access('sk-two-00002')).keyAlias]).toEqual(['left', 'right']);
  });
});

describe('organizations', () => {
  test('that limit something stop an import, unless it shall go on without them', async () => {
    await insert(
      'BudgetTable',
      { budget_id: 'o', max_budget: 0, created_by: 'a', updated_by: 'a' },
      { budget_id: 'none', created_by: 'a', updated_by: 'a' },
    );
    await insert(
      'OrganizationTable',
      { organization_id: '1', organization_alias: 'Limited', budget_id: 'o' },
      { organization_id: '2', organization_alias: 'Free', budget_id: 'none' },
    );
    expect((await run({ isDryRun: true })).plan.limitingOrganizations).toEqual(['Limited']);
    await expect(run()).rejects.toThrow(/1 organizations limit .*Limited.*--without-organizations/);
    expect(await store.db.selectFrom('budgets').select('id').execute()).toEqual([]);
    await run({ withoutOrganizations: true });
    expect(await store.db.selectFrom('budgets').select('id').execute()).toHaveLength(2);
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
    await fillUsual();
    await insert(
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
    const { logs } = await run({ spendLogsSince: '2026-11-01' });
    expect(logs).toEqual({ rows: 3, costNanoUsd: 3_000_000 });
    const before = await contents();
    expect((await run({ spendLogsSince: '2026-11-01' })).logs).toEqual({ rows: 0, costNanoUsd: 0 });
    expect(await contents()).toBe(before);
    const row = await store.db.selectFrom('ledger').selectAll().where('request_id', '=', 'r-1').executeTakeFirstOrThrow();
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
    const failed = await store.db.selectFrom('ledger').selectAll().where('request_id', '=', 'r-2').executeTakeFirstOrThrow();
    expect(failed).toMatchObject({ http_status: 429, operation: 'embeddings', key_hash: null });
    const days = await store.db
      .selectFrom('daily_spend')
      .select(['day', 'key_hash', 'requests', 'failed_requests', 'cost'])
      .orderBy('requests')
      .execute();
    expect(days).toEqual([
      { day: '2026-11-21', key_hash: '', requests: 1, failed_requests: 1, cost: 1_000_000 },
      { day: '2026-11-21', key_hash: hashKey('sk-ada-0001'), requests: 2, failed_requests: 0, cost: 2_000_000 },
    ]);
    const counter = await store.db
      .selectFrom('spend')
      .select('spent')
      .where('scope', '=', `key:${hashKey('sk-ada-0001')}`)
      .executeTakeFirstOrThrow();
    expect(counter.spent).toBe(100);
    expect((await run({ spendLogsSince: '2026-10-01' })).logs?.rows).toBe(1);
  });

  test('is read in pages: many requests of one moment, each once', async () => {
    await litellm.query(`insert into "LiteLLM_SpendLogs" (request_id, call_type, spend, "startTime", "endTime")
      select 'r' || n, 'acompletion', 0.000001, '2026-11-20', '2026-11-20' from generate_series(1, 2500) n`);
    expect((await run({ spendLogsSince: '2026-11-20' })).logs).toEqual({ rows: 2500, costNanoUsd: 2_500_000 });
  });
});

describe('the database', () => {
  test('of a version of 2025-03 comes over too', async () => {
    const old = new Client(address('old'));
    await old.connect();
    await old.query(baseline);
    await old.query(
      `insert into "LiteLLM_VerificationToken" (token, key_alias, spend) values ('${hashKey('sk-from-2025')}', 'old', 0.5)`,
    );
    await old.end();
    await run({ databaseUrl: `${address('old')}?schema=public&connection_limit=5`, spendLogsSince: '2025-01-01' });
    expect((await access('sk-from-2025')).keyAlias).toBe('old');
  });

  test('that is not LiteLLM’s, or cannot be reached, is told', async () => {
    await expect(run({ databaseUrl: address('gateway') })).rejects.toThrow(/no database of LiteLLM/);
    await expect(run({ databaseUrl: 'postgresql://x:secret@127.0.0.1:1/y' })).rejects.toThrow(
      /cannot be read.*Check --database-url/s,
    );
    await expect(run({ databaseUrl: 'postgresql://x:secret@127.0.0.1:1/y' })).rejects.not.toThrow(/secret/);
    await expect(run({ databaseUrl: 'mysql://x' })).rejects.toThrow(/postgresql:\/\//);
  });

  test('is as it was when the import fails in the middle', async () => {
    await fillUsual();
    const before = await contents();
    await expect(
      run({
        onReport: () => {
          throw new Error('interrupted');
        },
      }),
    ).rejects.toThrow('interrupted');
    expect(await contents()).toBe(before);
  });
});

describe('sluice import litellm', () => {
  const environment = () => ({
    DATABASE_URL: address('gateway'),
    LITELLM_MASTER_KEY: 'sk-master-of-litellm',
    LITELLM_SALT_KEY: sealed.saltKey,
  });

  test('says on a dry run what it would do, and does it without', async () => {
    await fillUsual();
    const dry = new SluiceProcess(['import', 'litellm', '--database-url', address('litellm'), '--dry-run'], {
      environment: environment(),
    });
    expect(await dry.ended).toMatchObject({ code: 0 });
    expect(dry.stdout).toMatch(/nothing is written/);
    expect(dry.stdout).toMatch(/^keys +4 +0 +0 +0$/m);
    expect(await store.db.selectFrom('keys').select('hash').execute()).toEqual([]);
    const real = new SluiceProcess(['import', 'litellm', '--json'], {
      environment: { ...environment(), LITELLM_DATABASE_URL: address('litellm') },
    });
    expect(await real.ended).toMatchObject({ code: 0 });
    expect(JSON.parse(real.stdout)).toMatchObject({ isDryRun: false, tables: { keys: { inserted: 4 } }, blocked: [] });
    expect((await access('sk-ada-0001')).userId).toBe('ada');
  });

  test('ends with status 1 and the reason where it cannot go on', async () => {
    const none = new SluiceProcess(['import', 'litellm'], { environment: environment() });
    expect(await none.ended).toMatchObject({ code: 1 });
    expect(none.stderr).toContain('Give --database-url');
    const wrong = new SluiceProcess(['import', 'litellm', '--database-url', address('gateway')], { environment: environment() });
    expect(await wrong.ended).toMatchObject({ code: 1 });
    expect(wrong.stderr).toContain('no database of LiteLLM');
  });
});
