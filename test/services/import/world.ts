import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { Client } from 'pg';
import type { Access } from '../../../src/core/access.ts';
import { CachedKeyDirectory } from '../../../src/keys/key-directory.ts';
import { hashKey } from '../../../src/keys/key-hash.ts';
import { recordingLog } from '../../../src/ledger/testing.ts';
import { importLitellm, type ImportOptions, type ImportReport } from '../../../src/migrate/litellm/import-litellm.ts';
import { storeKeySource } from '../../../src/store/access-query.ts';
import { ServerStore } from '../../../src/store/server-store.ts';
import { startPostgres, type PostgresServer } from '../../support/services.ts';
import { baseline, newer, reader } from './litellm-schema.ts';

export const now = new Date('2026-11-21T12:00:00Z');
const fixture = '../../../src/migrate/litellm/fixtures/sealed-by-litellm.json';
/** Texts as LiteLLM stores them, and its salt key. */
export const sealed = JSON.parse(readFileSync(new URL(fixture, import.meta.url), 'utf8')) as { saltKey: string } & Record<
  string,
  { text: string; sealed: string }
>;
const ownTables = 'keys retired_keys users teams members budgets customers models spend ledger daily_spend audit'.split(' ');

/** A row of LiteLLM's table of keys. */
export const token = (key: string, more: Record<string, unknown> = {}) => ({
  token: hashKey(key),
  key_name: `sk-...${key.slice(-4)}`,
  key_alias: key.slice(3),
  created_at: '2026-01-02T03:04:05.678',
  ...more,
});

/** What an import told of single rows. */
export function reasonsOf(report: ImportReport, part: 'blocked' | 'skipped' | 'changed'): string[] {
  return report.plan.findings[part].map(({ kind, label, reason }) => `${kind} ${label}: ${reason}`);
}

/** A server with LiteLLM's database, an empty one for an old version, and the gateway's. */
export class ImportWorld {
  readonly server: PostgresServer;
  readonly litellm: Client;
  readonly store: ServerStore;

  private constructor(server: PostgresServer, litellm: Client, store: ServerStore) {
    this.server = server;
    this.litellm = litellm;
    this.store = store;
  }

  static async start(): Promise<ImportWorld> {
    const server = await startPostgres();
    const admin = new Client(server.url);
    await admin.connect();
    for (const name of ['litellm', 'gateway', 'old']) await admin.query(`create database ${name}`);
    await admin.end();
    const litellm = new Client(addressOf(server, 'litellm'));
    await litellm.connect();
    await litellm.query(`${baseline} ${newer}`);
    await litellm.query(reader);
    const log = { ...recordingLog(), debug: () => undefined };
    const store = await ServerStore.open({ url: addressOf(server, 'gateway'), poolSize: 4, connectTimeoutMs: 2_000, log });
    return new ImportWorld(server, litellm, store);
  }

  async stop(): Promise<void> {
    await this.litellm.end();
    await this.store.close();
    await this.server.stop();
  }

  address(database: string, role?: string): string {
    return addressOf(this.server, database, role);
  }

  /** Empties both databases. */
  async empty(): Promise<void> {
    const { rows } = await this.litellm.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public'",
    );
    await this.litellm.query(`truncate ${rows.map(({ name }) => `"${name}"`).join(', ')}`);
    await sql.raw(`truncate ${ownTables.join(', ')}`).execute(this.store.db);
  }

  /** Puts rows into a table of LiteLLM's. */
  async insert(table: string, ...rows: Record<string, unknown>[]): Promise<void> {
    for (const row of rows) {
      const columns = Object.keys(row).map((name) => `"${name}"`);
      const values = Object.values(row).map((value) =>
        typeof value === 'object' && value !== null && !Array.isArray(value) ? JSON.stringify(value) : value,
      );
      const places = columns.map((_, at) => `$${at + 1}`);
      await this.litellm.query(`insert into "LiteLLM_${table}" (${columns.join(', ')}) values (${places.join(', ')})`, values);
    }
  }

  run(options: Partial<ImportOptions> = {}): Promise<ImportReport> {
    return importLitellm({
      databaseUrl: this.address('litellm', 'reader'),
      store: this.store,
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
  async access(key: string): Promise<Access> {
    const directory = new CachedKeyDirectory({
      source: storeKeySource(this.store),
      now: () => now.getTime(),
      masterKey: null,
      keys: [],
      onFailure: 'continue',
    });
    try {
      return await directory.find(key);
    } finally {
      directory.close();
    }
  }

  /** Everything in the gateway's database. */
  async contents(): Promise<string> {
    const tables: unknown[] = [];
    for (const name of ownTables) {
      const { rows } = await sql.raw(`select to_jsonb(t)::text as row from ${name} t order by 1`).execute(this.store.db);
      tables.push(rows);
    }
    return JSON.stringify(tables);
  }

  /** One of everything that needs no special care. */
  async fillUsual(): Promise<void> {
    await this.insert(
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
    await this.insert('UserTable', {
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
    await this.litellm.query(`insert into "LiteLLM_ModelTable" (id, aliases) values (7, '{"fast": "gpt"}')`);
    await this.insert('TeamTable', {
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
    await this.insert('TeamMembership', { user_id: 'ada', team_id: 'red', spend: 0.25, budget_id: 'member' });
    await this.insert(
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
    await this.insert('EndUserTable', { user_id: 'end-1', spend: 0.5, budget_id: 'free', alias: 'End', default_model: 'gpt' });
    await this.insert('ProxyModelTable', {
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
}

function addressOf(server: PostgresServer, database: string, role = 'postgres'): string {
  return server.url.replace('postgres@', `${role}@`).replace(/\/postgres$/, `/${database}`);
}
