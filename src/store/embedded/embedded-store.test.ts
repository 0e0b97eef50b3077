import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storeKeySource, type KeySource } from '../access-query.ts';
import { openStore } from '../open-store.ts';
import type { Change, Store } from '../store.ts';

const writerModule = fileURLToPath(new URL('testing/writer.ts', import.meta.url));
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const folder = mkdtempSync(join(tmpdir(), 'test-embedded-'));
const directory = join(folder, 'deep', 'database');
const open = (where = directory) => openStore({ url: null, directory: where, poolSize: 1, connectTimeoutMs: 1_000, log: silent });

/** A process that writes to the database until it is killed; `acknowledged` is the last row that it was told is there. */
async function startWriter(): Promise<{
  child: ChildProcess;
  acknowledged(): number;
  until(row: number): Promise<void>;
  kill(): Promise<void>;
}> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', writerModule, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = -1;
  const waiting: { row: number; resolve(): void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = line === 'open' ? 0 : Number(line);
    for (const { row, resolve } of waiting) if (last >= row) resolve();
  });
  const until = (row: number) => new Promise<void>((resolve) => (last >= row ? resolve() : waiting.push({ row, resolve })));
  const kill = () =>
    new Promise<void>((resolve) => {
      child.once('close', () => resolve());
      child.kill('SIGKILL');
    });
  await until(0);
  return { child, acknowledged: () => last, until, kill };
}

describe('an open database', () => {
  let store: Store;
  let source: KeySource;

  beforeAll(async () => {
    store = await open();
    source = storeKeySource(store);
  });
  afterAll(async () => {
    await store.close();
  });

  test('gives bigint and sums of it as numbers, days as text and times as dates', async () => {
    const { rows } = await sql`select 9007199254740991::bigint as big, sum(b) as sum, date '2026-11-21' as day,
      timestamptz '2026-11-21T12:00:00Z' as time, array['a', 'b'] as list, '{"a": 1}'::jsonb as json from (values (1::bigint), (2)) t (b)`.execute(
      store.db,
    );
    expect(rows).toEqual([
      {
        big: 9007199254740991,
        sum: 3,
        day: '2026-11-21',
        time: new Date('2026-11-21T12:00:00Z'),
        list: ['a', 'b'],
        json: { a: 1 },
      },
    ]);
  });

  test('does not stop the event loop while it works', async () => {
    let longestMs = 0;
    let beforeMs = performance.now();
    const timer = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - beforeMs);
      beforeMs = performance.now();
    }, 1);
    const startedMs = performance.now();
    await sql`select count(*) from generate_series(1, 2000000) n, lateral (select n * 2) t`.execute(store.db);
    const tookMs = performance.now() - startedMs;
    clearInterval(timer);
    expect(longestMs).toBeLessThan(tookMs / 2);
  });

  test('refuses a statement with what PostgreSQL says, and goes on', async () => {
    const insert = () => sql`insert into budgets (id) values ('twice')`.execute(store.db);
    await insert();
    await expect(insert()).rejects.toMatchObject({ code: '23505', constraint: 'budgets_pkey', table: 'budgets' });
    await expect(sql`select ${{}}::int`.execute(store.db)).rejects.toThrow();
    expect(store.state).toBe('connected');
    await expect(sql`select 1 as one`.execute(store.db)).resolves.toMatchObject({ rows: [{ one: 1 }] });
  });

  test('tells of changes when they are committed, and only then', async () => {
    const heard: Change[] = [];
    const stop = store.onChange((change) => heard.push(change));
    await store.announce([{ entity: 'key', id: 'at once' }]);
    await store.db.transaction().execute(async (transaction) => {
      await store.announce([{ entity: 'team', id: 'in a transaction' }], transaction);
      expect(heard).toHaveLength(1);
    });
    const undone = store.db.transaction().execute(async (transaction) => {
      await store.announce([{ entity: 'team', id: 'undone' }], transaction);
      throw new Error('changed my mind');
    });
    await expect(undone).rejects.toThrow('changed my mind');
    stop();
    await store.announce([{ entity: 'key', id: 'too late' }]);
    expect(heard).toEqual([
      { entity: 'key', id: 'at once' },
      { entity: 'team', id: 'in a transaction' },
    ]);
  });

  test('a transaction is undone as a whole, and others wait for its end', async () => {
    const scopes = async () =>
      (await store.db.selectFrom('spend').select('scope').where('scope', 'like', 'tx:%').execute()).length;
    const add = (scope: string) => ({ scope, duration: null, period_end: null, spent: 1 });
    const failing = store.db.transaction().execute(async (transaction) => {
      await transaction.insertInto('spend').values(add('tx:1')).execute();
      await transaction.insertInto('spend').values(add('tx:1')).execute();
    });
    const beside = scopes();
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    expect(await beside).toBe(0);
    expect(await scopes()).toBe(0);
  });

  test('a second opening is refused in words that help', async () => {
    await expect(open()).rejects.toThrow(/is in use: process \d+ has it open.*SLUICE_DATA.*database\.url/);
  });

  test('a key is found with everything that limits it, in one statement', async () => {
    const hash = 'b'.repeat(64);
    const limits = JSON.stringify({ big: { max_budget: 5 } });
    await sql`insert into users (id, role, model_limits) values ('ada', 'proxy_admin', ${limits})`.execute(store.db);
    await sql`insert into teams (id, models) values ('red', '{gpt}')`.execute(store.db);
    await sql`insert into members (team_id, user_id, max_budget) values ('red', 'ada', 4)`.execute(store.db);
    await sql`insert into budgets (id, max_budget, model_limits) values ('tier', 3, ${limits})`.execute(store.db);
    await sql`insert into keys (hash, name, user_id, team_id, budget_id, expires_at) values
      (${hash}, 'sk-...bbbb', 'ada', 'red', 'tier', '2027-01-01T00:00:00Z')`.execute(store.db);
    const scopes = [
      `key:${hash}`,
      `key:${hash}:model:big`,
      'user:ada',
      'user:ada:model:big',
      'team:red',
      'member:red/ada',
      'team:blue',
    ];
    for (const scope of scopes)
      await sql`insert into spend (scope, spent, period_end) values (${scope}, 9, now())`.execute(store.db);
    const row = await source.key(hash);
    expect(row).toMatchObject({
      key: { hash, name: 'sk-...bbbb', expires_at: '2027-01-01T00:00:00+00:00', models: [], model_limits: {} },
      user: { id: 'ada', role: 'proxy_admin' },
      team: { id: 'red', models: ['gpt'] },
      member: { max_budget: 4 },
      budget: { id: 'tier', max_budget: 3 },
      revoke_at: null,
    });
    expect(row!.spend.map(({ scope }) => scope).sort()).toEqual(scopes.filter((scope) => scope !== 'team:blue').sort());
    expect(row!.spend[0]).toMatchObject({ spent: 9, period_end: expect.any(String) });
    expect(await source.key('c'.repeat(64))).toBeNull();

    await sql`insert into retired_keys (hash, key_hash, revoke_at) values (${'d'.repeat(64)}, ${hash}, '2027-01-01T00:00:00Z')`.execute(
      store.db,
    );
    expect(await source.key('d'.repeat(64))).toMatchObject({ key: { hash }, revoke_at: '2027-01-01T00:00:00+00:00' });

    const holders = await source.holders({ hash: 'e'.repeat(64), userId: 'ada', teamId: null, modelLimits: { big: {} } });
    expect(holders).toMatchObject({ user: { id: 'ada' }, team: null, member: null });
    expect(holders.spend.map(({ scope }) => scope).sort()).toEqual(['user:ada', 'user:ada:model:big']);
  });

  test('a customer is found with its budget and spend', async () => {
    expect(await source.hasCustomers()).toBe(false);
    await sql`insert into customers (id, budget_id) values ('visitor', 'tier')`.execute(store.db);
    await sql`insert into spend (scope, spent) values ('customer:visitor', 2), ('customer:visitor:model:big', 1)`.execute(
      store.db,
    );
    expect(await source.hasCustomers()).toBe(true);
    const row = await source.customer('visitor');
    expect(row).toMatchObject({ customer: { id: 'visitor', blocked: false }, budget: { max_budget: 3 } });
    expect(row!.spend).toHaveLength(2);
    expect(await source.customer('stranger')).toBeNull();
  });

  test('an order that comes after closing is refused, and what was under way is finished', async () => {
    const last = store.db.insertInto('spend').values({ scope: 'last', duration: null, period_end: null, spent: 1 }).execute();
    await store.close();
    await last;
    await expect(sql`select 1`.execute(store.db)).rejects.toThrow();
    const again = await open();
    expect(await again.db.selectFrom('spend').select('spent').where('scope', '=', 'last').execute()).toEqual([{ spent: 1 }]);
    await again.close();
  });
});

test(
  'what was acknowledged survives a kill at any time, and the lock of the dead is taken over',
  { timeout: 60_000 },
  async () => {
    let total = 0;
    for (const rows of [1, 120]) {
      const writer = await startWriter();
      await expect(open()).rejects.toThrow(`is in use: process ${writer.child.pid}`);
      await writer.until(rows);
      await writer.kill();
      const store = await open();
      const { rows: found } = await sql<{
        n: number;
        last: number;
      }>`select count(*) as n, max(spent) as last from spend where scope like 'row:%'`.execute(store.db);
      total += found[0]!.n;
      expect(found[0]!.last).toBeGreaterThanOrEqual(writer.acknowledged());
      expect(found[0]!.n).toBe(found[0]!.last);
      await sql`delete from spend where scope like 'row:%'`.execute(store.db);
      await store.close();
    }
    expect(total).toBeGreaterThan(120);
  },
);

test('a database that fails is opened again by itself, with all that it had acknowledged', { timeout: 60_000 }, async () => {
  const store = await open();
  const states: string[] = [];
  store.onState((state) => states.push(state));
  await store.db.insertInto('spend').values({ scope: 'kept', duration: null, period_end: null, spent: 1 }).execute();
  const control = join(directory, 'global', 'pg_control');
  renameSync(control, `${control}.hidden`);
  await expect(sql`checkpoint`.execute(store.db)).rejects.toMatchObject({
    code: 'service_unavailable',
    type: 'no_db_connection',
  });
  await expect(sql`select 1`.execute(store.db)).rejects.toMatchObject({ code: 'service_unavailable' });
  renameSync(`${control}.hidden`, control);
  await expect.poll(() => store.state, { timeout: 15_000 }).toBe('connected');
  expect(states).toEqual(['away', 'connected']);
  expect(await store.db.selectFrom('spend').select('spent').where('scope', '=', 'kept').execute()).toEqual([{ spent: 1 }]);
  await store.close();
});

test('a newer version’s database is refused', { timeout: 60_000 }, async () => {
  const store = await open();
  await sql`insert into migrations (name) values ('999-later')`.execute(store.db);
  await store.close();
  await expect(open()).rejects.toThrow(/newer version of Sluice: it has 999-later/);
});

test('a broken database, a folder that cannot be used', async () => {
  const broken = join(folder, 'broken');
  mkdirSync(broken);
  writeFileSync(join(broken, 'PG_VERSION'), '18\n');
  await expect(open(broken)).rejects.toThrow(`the database in ${broken} cannot be opened: `);
  writeFileSync(join(folder, 'file'), '');
  await expect(open(join(folder, 'file', 'database'))).rejects.toThrow(/cannot be used: E.*SLUICE_DATA/);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));
