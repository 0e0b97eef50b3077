import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CachedKeyDirectory } from '../../src/keys/key-directory.ts';
import { hashKey } from '../../src/keys/key-hash.ts';
import { storeKeySource } from '../../src/store/access-query.ts';
import { migrations, type Migration } from '../../src/store/migrator.ts';
import { ServerStore, type ServerStoreOptions } from '../../src/store/server-store.ts';
import type { Change } from '../../src/store/store.ts';
import { startPostgres, type PostgresServer } from '../support/services.ts';

const openerModule = fileURLToPath(new URL('../support/store-opener.ts', import.meta.url));
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const timings = { probeEveryMs: 200, retryFirstMs: 50, retryMostMs: 200 };
let server: PostgresServer;
let url: string;
let count = 0;
let open: ServerStore[] = [];

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** A statement on the server itself, past everything of ours. */
async function direct(statement: string, where = server.url): Promise<unknown[]> {
  const client = new Client({ connectionString: where });
  await client.connect();
  const { rows } = await client.query(statement);
  await client.end();
  return rows as unknown[];
}

beforeEach(async () => {
  const name = `test_${++count}`;
  await direct(`create database ${name}`);
  const address = new URL(server.url);
  address.pathname = name;
  url = address.href;
});
afterEach(async () => {
  server.resume();
  await Promise.all(open.map((store) => store.close()));
  open = [];
});

async function openServer(options: Partial<ServerStoreOptions> = {}): Promise<ServerStore> {
  const store = await ServerStore.open({ url, poolSize: 3, connectTimeoutMs: 1_000, log: silent, timings, ...options });
  open.push(store);
  return store;
}

/** The shape of a database: every column, index and constraint. */
async function shape(): Promise<unknown[]> {
  return direct(
    `select table_name as "table", column_name as name, data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') as what
     from information_schema.columns where table_schema = 'public'
     union all select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'
     union all select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
       where connamespace = 'public'::regnamespace
     order by 1, 2, 3`,
    url,
  );
}

describe('migrations', () => {
  test('four processes that start at once make one database', async () => {
    const ends = await Promise.all(
      Array.from({ length: 4 }, () => {
        const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', openerModule, url], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let printed = '';
        child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
        return new Promise<string>((resolve) => child.once('close', (code) => resolve(`${printed.trim()} ${code}`)));
      }),
    );
    expect(ends).toEqual(Array.from({ length: 4 }, () => 'connected 0'));
    expect(await direct('select name from migrations order by name', url)).toEqual(migrations.map(({ name }) => ({ name })));
  });

  test('a database of each earlier version becomes the same as a new one', async () => {
    await openServer();
    const fresh = await shape();
    for (let version = 0; version < migrations.length; version++) {
      await direct('drop schema public cascade; create schema public', url);
      await (await openServer({ migrations: migrations.slice(0, version) })).close();
      await (await openServer()).close();
      expect(await shape()).toEqual(fresh);
    }
  });

  test('a step that fails leaves nothing of itself, and is tried again', async () => {
    const step = (statement: string): Migration => ({
      name: '900-test',
      up: async (db) => {
        await sql`create table half (id int)`.execute(db);
        await sql.raw(statement).execute(db);
      },
    });
    const failing = await openServer({ migrations: [...migrations, step('select nonsense')] });
    expect(failing.state).toBe('away');
    expect(await direct("select from information_schema.tables where table_name in ('half', 'keys')", url)).toEqual([]);
    const working = await openServer({ migrations: [...migrations, step('select 1')] });
    expect(working.state).toBe('connected');
  });

  test('a newer version’s database is refused', async () => {
    const later: Migration = { name: '900-later', up: () => Promise.resolve() };
    await openServer({ migrations: [...migrations, later] });
    await expect(openServer()).rejects.toThrow('it has 900-later, which this version does not know');
  });
});

describe('changes', () => {
  test('are heard by every gateway within a second, when they are committed', async () => {
    const [one, other] = [await openServer(), await openServer()];
    const heard: Change[] = [];
    other.onChange((change) => heard.push(change));
    const many = Array.from({ length: 500 }, (_, index): Change => ({ entity: 'key', id: hashKey(String(index)) }));
    await one.announce(many);
    await expect.poll(() => heard.length, { timeout: 1_000 }).toBe(500);
    expect(heard).toEqual(many);
    heard.length = 0;
    await one.db.transaction().execute(async (transaction) => {
      await one.announce([{ entity: 'team', id: 'red' }], transaction);
      await sql`select pg_sleep(0.2)`.execute(transaction);
      expect(heard).toEqual([]);
    });
    await expect.poll(() => heard, { timeout: 1_000 }).toEqual([{ entity: 'team', id: 'red' }]);
  });

  test('are heard by the gateway that makes them before its transaction returns', async () => {
    const store = await openServer();
    const heard: Change[] = [];
    store.onChange((change) => heard.push(change));
    await store.db.transaction().execute((transaction) => store.announce([{ entity: 'team', id: 'red' }], transaction));
    expect(heard).toContainEqual({ entity: 'team', id: 'red' });
  });

  test('a key that one gateway deletes stops working on another within a second', async () => {
    const [one, other] = [await openServer(), await openServer()];
    const key = 'sk-deleted-deleted-deleted';
    await sql`insert into keys (hash, name) values (${hashKey(key)}, 'sk-...eted')`.execute(one.db);
    const directory = new CachedKeyDirectory({
      source: storeKeySource(other),
      now: Date.now,
      masterKey: null,
      keys: [],
      onFailure: 'continue',
    });
    await directory.find(key);
    expect(directory.find(key)).not.toBeInstanceOf(Promise);
    await one.db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('keys').where('hash', '=', hashKey(key)).execute();
      await one.announce([{ entity: 'key', id: hashKey(key) }], transaction);
    });
    const refused = async () => {
      try {
        await directory.find(key);
        return null;
      } catch (error) {
        return (error as { type: string }).type;
      }
    };
    await expect.poll(refused, { timeout: 1_000 }).toBe('token_not_found_in_db');
    directory.close();
  });
});

describe('a server that goes away', () => {
  test('refuses statements at once, comes back by itself, and anything may have changed meanwhile', async () => {
    const store = await openServer();
    const states: string[] = [];
    const heard: Change[] = [];
    store.onState((state) => states.push(state));
    store.onChange((change) => heard.push(change));
    const running = sql`select pg_sleep(30)`.execute(store.db);
    const refused = expect(running).rejects.toMatchObject({ code: 'service_unavailable', type: 'no_db_connection' });
    await server.kill();
    await refused;
    await expect.poll(() => store.state).toBe('away');
    const startedMs = performance.now();
    await expect(sql`select 1`.execute(store.db)).rejects.toMatchObject({ code: 'service_unavailable', retryAfterMs: 5_000 });
    expect(performance.now() - startedMs).toBeLessThan(500);
    await server.restart();
    await expect.poll(() => store.state, { timeout: 10_000 }).toBe('connected');
    expect(states).toEqual(['away', 'connected']);
    expect(heard.map(({ entity, id }) => `${entity} ${id}`)).toEqual(
      ['key', 'user', 'team', 'member', 'budget', 'customer', 'model'].map((entity) => `${entity} null`),
    );
    await expect(sql`select 1 as one`.execute(store.db)).resolves.toMatchObject({ rows: [{ one: 1 }] });
    await store.announce([{ entity: 'key', id: 'x' }]);
    await expect.poll(() => heard.filter(({ id }) => id === 'x').length).toBe(2);
  });

  test('one that stands still keeps nobody waiting for ever', async () => {
    const store = await openServer();
    await Promise.all([1, 2, 3].map(() => sql`select 1`.execute(store.db)));
    server.pause();
    const startedMs = performance.now();
    const asked = await Promise.allSettled(Array.from({ length: 6 }, () => sql`select 1`.execute(store.db)));
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(asked.map((result) => (result.status === 'rejected' ? (result.reason as { type: string }).type : 'answered'))).toEqual(
      Array.from({ length: 6 }, () => 'no_db_connection'),
    );
    expect(store.state).toBe('away');
    server.resume();
    await expect.poll(() => store.state, { timeout: 10_000 }).toBe('connected');
    await sql`select 1`.execute(store.db);
  });

  test('a store opens without its server, and migrates when it appears', async () => {
    await server.kill();
    const store = await openServer();
    expect(store.state).toBe('away');
    await expect(sql`select 1`.execute(store.db)).rejects.toMatchObject({ code: 'service_unavailable' });
    await server.restart();
    await expect.poll(() => store.state, { timeout: 10_000 }).toBe('connected');
    expect(await store.db.selectFrom('keys').selectAll().execute()).toEqual([]);
  });

  test('one that stands still in the middle of a migration is given up, and migrated when it goes on', async () => {
    const begun = Promise.withResolvers<void>();
    const slow: Migration = {
      name: '900-slow',
      up: async (db) => {
        begun.resolve();
        await sql`select pg_sleep(1)`.execute(db);
      },
    };
    const opening = openServer({ migrations: [...migrations, slow] });
    await begun.promise;
    server.pause();
    const store = await opening;
    expect(store.state).toBe('away');
    server.resume();
    await expect.poll(() => store.state, { timeout: 20_000 }).toBe('connected');
  });

  test('a store closes in time while its server stands still', async () => {
    const store = await openServer();
    await sql`select 1`.execute(store.db);
    server.pause();
    const startedMs = performance.now();
    await store.close();
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  test('one connection that is ended costs its own statement only', async () => {
    const store = await openServer();
    const states: string[] = [];
    store.onState((state) => states.push(state));
    const ended = store.db.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction);
      await direct(`select pg_terminate_backend(${rows[0]!.pid})`, url);
      await sql`select 1`.execute(transaction);
    });
    await expect(ended).rejects.toMatchObject({ code: 'service_unavailable' });
    await sql`select 1`.execute(store.db);
    expect(states).toEqual([]);
  });
});

test('columns are read as the embedded database gives them', async () => {
  const store = await openServer();
  const { rows } = await sql`select 9007199254740991::bigint as big, sum(b) as sum, date '2026-11-21' as day,
    timestamptz '2026-11-21T12:00:00Z' as time, array['a'] as list, '{"a": 1}'::jsonb as json from (values (1::bigint), (2)) t (b)`.execute(
    store.db,
  );
  expect(rows).toEqual([
    { big: 9007199254740991, sum: 3, day: '2026-11-21', time: new Date('2026-11-21T12:00:00Z'), list: ['a'], json: { a: 1 } },
  ]);
});
