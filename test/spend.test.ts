import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sql } from 'kysely';
import { SpendService } from '../src/admin/spend-service.ts';
import type { Access } from '../src/core/access.ts';
import type { SpendRow } from '../src/core/spend.ts';
import { errorHeaders, toEnvelope, toGatewayError } from '../src/errors.ts';
import { registerRoutes } from '../src/http/route.ts';
import { spendRoutes } from '../src/http/routes/spend.ts';
import { hashKey } from '../src/keys/key-hash.ts';
import { LedgerPruner } from '../src/ledger/ledger-pruner.ts';
import { recordingLog, spendRow } from '../src/ledger/testing.ts';
import { LedgerWriter } from '../src/store/ledger-writer.ts';
import { pruneLedgerBatch } from '../src/store/prune-ledger.ts';
import type { Store } from '../src/store/store.ts';
import { memoryStore } from '../src/store/testing.ts';

const at = (text: string) => Date.parse(`${text}Z`);
const nowMs = at('2026-11-21T12:00:00');
let store: Store;
let app: FastifyInstance;
let batches = 0;

beforeAll(async () => {
  store = await memoryStore();
  const spend = new SpendService({ db: store.db, now: () => nowMs, globalBudgetNanoUsd: () => null });
  app = fastify();
  app.decorateRequest('access');
  app.addHook('onRequest', async (request) => {
    request.access = JSON.parse(String(request.headers['x-access'])) as Access;
  });
  app.setErrorHandler((thrown: Error, _request, reply) => {
    const error = toGatewayError(thrown);
    return reply.code(error.status).headers(errorHeaders(error)).send(toEnvelope(error));
  });
  registerRoutes(app, spendRoutes({ spend }));
});
afterAll(() => store.close());

async function write(rows: readonly SpendRow[], { keepsRows = true, id }: { keepsRows?: boolean; id?: string } = {}) {
  batches += 1;
  const writer = new LedgerWriter({ db: store.db, keepsRows });
  await writer.write({ id: id ?? `batch-${batches}`, rows }, { settledIds: [], signal: new AbortController().signal });
}

const admin = { role: 'admin', isMaster: true, keyHash: null, userId: null, teamId: null };
type CallerFields = Omit<typeof admin, 'keyHash' | 'userId' | 'teamId'> & Record<'keyHash' | 'userId' | 'teamId', string | null>;

async function get(url: string, access: CallerFields = admin) {
  const answer = await app.inject({ url, headers: { 'x-access': JSON.stringify(access) } });
  return { status: answer.statusCode, headers: answer.headers, text: answer.body, json: () => JSON.parse(answer.body) as never };
}
// What comes back is looked at by the tests, each in its own form.
// oxlint-disable-next-line typescript/no-explicit-any
const getJson = async (url: string, access?: CallerFields): Promise<any> => {
  const answer = await get(url, access);
  expect(answer.status, answer.text).toBe(200);
  return answer.json();
};

beforeEach(async () => {
  await sql`truncate ledger, ledger_batches, daily_spend, spend, keys, users, teams, members cascade`.execute(store.db);
});

describe('what is written', () => {
  const counters = () => store.db.selectFrom('spend').selectAll().orderBy('scope').execute();
  const november = at('2026-12-01T00:00:00');
  const december = at('2027-01-01T00:00:00');
  const charged = (id: string, costNanoUsd: number, periodEndMs: number | null, duration: string | null = '1mo') =>
    spendRow(id, { costNanoUsd, charges: [{ scope: 'key:a', duration, periodEndMs }] });

  test('a batch counts once, and so does a row that comes in two batches', async () => {
    await write([spendRow('a'), spendRow('b')], { id: 'first' });
    await write([spendRow('a'), spendRow('b')], { id: 'first' });
    await write([spendRow('b'), spendRow('c'), spendRow('c')], { id: 'second' });
    expect(await store.db.selectFrom('ledger').select('id').orderBy('id').execute()).toEqual([
      { id: 'a' },
      { id: 'b' },
      { id: 'c' },
    ]);
    expect(await counters()).toMatchObject([{ scope: 'global', spent: 3 * 140_000 }]);
    expect(await store.db.selectFrom('daily_spend').select(['requests', 'cost']).execute()).toEqual([
      { requests: 3, cost: 420_000 },
    ]);
  });

  test('without rows sums are kept all the same, each batch once', async () => {
    for (const id of ['first', 'first', 'second']) await write([spendRow('a'), spendRow('b')], { keepsRows: false, id });
    expect(await store.db.selectFrom('ledger').select('id').execute()).toEqual([]);
    expect(await counters()).toMatchObject([{ spent: 4 * 140_000 }]);
  });

  test('a later period begins anew, and a cost of a period that is over is not added, in whatever order they come', async () => {
    await write([charged('a', 1, november)]);
    await write([charged('b', 20, november), charged('c', 300, december), charged('d', 4_000, december)]);
    await write([charged('e', 50_000, november)]);
    expect(await counters()).toEqual([{ scope: 'key:a', duration: '1mo', period_end: new Date(december), spent: 4_300 }]);
  });

  test('a counter whose duration was changed meanwhile keeps its new period', async () => {
    await write([charged('a', 1, null, null)]);
    await write([charged('b', 20, november)]);
    expect(await counters()).toEqual([{ scope: 'key:a', duration: null, period_end: null, spent: 21 }]);
  });

  test('texts of clients that the database cannot take are cut or replaced, and keep no row out', async () => {
    const wild = { customerId: 'x'.repeat(5_000), tags: ['\0', '\ud800', 'y'.repeat(9_999)], requestId: 'z\0' };
    await write([spendRow('a', wild), spendRow('b')]);
    await write([spendRow('c', wild)], { keepsRows: false });
    const rows = await store.db.selectFrom('ledger').select(['customer_id', 'tags', 'request_id']).orderBy('id').execute();
    expect(rows[0]).toEqual({ customer_id: 'x'.repeat(256), tags: ['\uFFFD', '\uFFFD', 'y'.repeat(256)], request_id: 'z\uFFFD' });
    expect(await counters()).toMatchObject([{ spent: 3 * 140_000 }]);
  });

  test('a row comes back as it was', async () => {
    const row = spendRow('a', { startedAtMs: nowMs + 1, endedAtMs: nowMs + 1_234, firstByteMs: 0.25, tags: ['a', 'b"c,{}'] });
    await write([row]);
    expect(await store.db.selectFrom('ledger').selectAll().executeTakeFirst()).toMatchObject({
      started_at: new Date(nowMs + 1),
      ended_at: new Date(nowMs + 1_234),
      first_byte_ms: 0.25,
      tags: ['a', 'b"c,{}'],
      key_hash: row.keyHash,
      customer_id: null,
      cost: 140_000,
      is_streaming: false,
    });
  });

  test('old rows are removed in batches, and sums by day stay', async () => {
    const old = Array.from({ length: 12 }, (_, number) =>
      spendRow(`old-${number}`, { startedAtMs: at('2026-09-01T00:00:00') + number }),
    );
    await write([...old, spendRow('new', { startedAtMs: nowMs })]);
    const sizes: (number | null)[] = [];
    const pruner = new LedgerPruner({
      pruneBatch: async (input) => {
        sizes.push(await pruneLedgerBatch(store.db, input));
        return sizes.at(-1)!;
      },
      retentionDays: 30,
      now: () => nowMs,
      log: recordingLog(),
      batchRows: 5,
      pauseMs: 1,
    });
    expect(await pruner.prune()).toBe(12);
    expect(sizes).toEqual([5, 5, 2]);
    expect(await store.db.selectFrom('ledger').select('id').execute()).toEqual([{ id: 'new' }]);
    expect(await store.db.selectFrom('daily_spend').select('requests').execute()).toEqual([{ requests: 13 }]);
  });
});

describe('reports', () => {
  const alice = hashKey('sk-alice');
  const bob = hashKey('sk-bob');
  const key = (hash: string, alias: string, user_id: string, team_id: string) => ({
    hash,
    name: 'sk-...abcd',
    alias,
    user_id,
    team_id,
  });
  const callerOf = (userId: string, keyHash: string, role = 'user'): CallerFields => ({
    ...admin,
    isMaster: false,
    role,
    userId,
    keyHash,
    teamId: null,
  });
  const row = (id: string, day: string, given: Partial<SpendRow>) =>
    spendRow(id, { startedAtMs: at(`${day}T10:00:00`), endedAtMs: at(`${day}T10:00:01`), ...given });

  beforeEach(async () => {
    const stamps = { budget_anchor: new Date(nowMs), created_at: new Date(nowMs), updated_at: new Date(nowMs) };
    const { db } = store;
    const people = [
      { id: 'alice', email: 'alice@example.com' },
      { id: 'bob', email: null },
    ];
    await sql`insert into users ${sql.raw('(id, email)')} values ${sql.join(people.map(({ id, email }) => sql`(${id}, ${email})`))}`.execute(
      db,
    );
    await sql`insert into teams (id, alias) values ('red', 'Team =Red'), ('blue', null)`.execute(db);
    await sql`insert into members (team_id, user_id, role) values ('red', 'bob', 'admin'), ('red', 'alice', 'user')`.execute(db);
    const keys = [key(alice, 'alice-key', 'alice', 'red'), key(bob, 'bob-key', 'bob', 'blue')];
    for (const { hash, name, alias, user_id, team_id } of keys) {
      await sql`insert into keys (hash, name, alias, user_id, team_id, created_at)
        values (${hash}, ${name}, ${alias}, ${user_id}, ${team_id}, ${stamps.created_at})`.execute(db);
    }
    const ofAlice = {
      keyHash: alice,
      userId: 'alice',
      teamId: 'red',
      charges: [{ scope: `key:${alice}`, duration: null, periodEndMs: null }],
    };
    const ofBob = {
      keyHash: bob,
      userId: 'bob',
      teamId: 'blue',
      charges: [{ scope: 'user:bob', duration: '1d', periodEndMs: nowMs - 1 }],
    };
    await write([
      row('1', '2026-11-19', { ...ofAlice, costNanoUsd: 1_000_000_001, model: 'small', tags: ['x', 'y'] }),
      row('2', '2026-11-21', { ...ofAlice, costNanoUsd: 3_000_000_000, model: 'large', customerId: '=cmd()' }),
      row('3', '2026-11-21', {
        ...ofBob,
        costNanoUsd: 7_000_000_000,
        model: 'large',
        httpStatus: 502,
        errorCode: 'bad_gateway',
        tags: ['y'],
      }),
    ]);
  });

  test('one call gives what a plot needs: sums by day and model, exact and as floats', async () => {
    const report = await getJson('/spend/report?group_by=day,model&start_date=2026-11-19&end_date=2026-11-21');
    expect(report).toMatchObject({
      group_by: 'day,model',
      is_truncated: false,
      total: { requests: 3, failed_requests: 1, cost_nano_usd: '11000000001' },
    });
    expect(report.rows.map(({ day, id, cost_usd, cost_nano_usd }: never) => [day, id, cost_usd, cost_nano_usd])).toEqual([
      ['2026-11-19', 'small', 1.000000001, '1000000001'],
      ['2026-11-21', 'large', 10, '10000000000'],
    ]);
  });

  test.each([
    ['day', [undefined, undefined], ['1000000001', '10000000000']],
    ['key', [bob, alice], ['7000000000', '4000000001']],
    ['user', ['bob', 'alice'], ['7000000000', '4000000001']],
    ['team', ['blue', 'red'], ['7000000000', '4000000001']],
    ['model', ['large', 'small'], ['10000000000', '1000000001']],
    ['customer', ['', '=cmd()'], ['8000000001', '3000000000']],
    ['tag', ['y', 'x'], ['8000000001', '1000000001']],
  ])('by %s', async (group, ids, costs) => {
    const { rows, total } = await getJson(`/spend/report?group_by=${group}`);
    expect(rows.map(({ id }: never) => id)).toEqual(ids);
    expect(rows.map(({ cost_nano_usd }: never) => cost_nano_usd)).toEqual(costs);
    expect(total.cost_nano_usd).toBe(group === 'tag' ? '8000000001' : '11000000001');
  });

  test('groups have the names that people know, and a limit is told', async () => {
    const { rows, is_truncated } = await getJson('/spend/report?group_by=key&limit=1');
    expect([rows.length, rows[0].label, is_truncated]).toEqual([1, 'bob-key', true]);
    expect((await getJson('/spend/report?group_by=user')).rows.map(({ label }: never) => label)).toEqual([
      'bob',
      'alice@example.com',
    ]);
  });

  test('CSV is quoted, and no text in it is a formula', async () => {
    const { text, headers } = await get('/spend/report?group_by=team&format=csv&start_date=2026-11-01&end_date=2026-11-30');
    expect(headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(headers['content-disposition']).toBe('attachment; filename="spend-by-team-2026-11-01-2026-11-30.csv"');
    expect(text.split('\r\n')).toEqual([
      'team,team_label,requests,failed_requests,prompt_tokens,completion_tokens,cached_tokens,cost_usd,cost_nano_usd',
      'blue,blue,1,1,12,64,2,7,7000000000',
      'red,Team =Red,2,0,24,128,4,4.000000001,4000000001',
      '',
    ]);
    const customers = await get('/spend/report?group_by=customer&format=csv');
    expect(customers.text).toContain(`\r\n"'=cmd()","'=cmd()",1,`);
  });

  test('a key may be given plain or as its hash', async () => {
    for (const given of ['sk-alice', alice]) {
      const { total } = await getJson(`/spend/report?api_key=${given}`);
      expect(total.cost_nano_usd).toBe('4000000001');
    }
  });

  test('wrong dates are refused by name', async () => {
    for (const [url, field] of [
      ['/spend/report?start_date=yesterday', 'start_date'],
      ['/spend/logs?end_date=2026-02-30', 'end_date'],
      ['/global/spend/report?start_date=2026-11-22&end_date=2026-11-21', 'start_date'],
      ['/user/daily/activity?start_date=1990-01-01', 'start_date'],
      ['/spend/report?group_by=colour', 'group_by'],
      ['/spend/logs?page_size=5000', 'page_size'],
    ] as const) {
      const { status, json } = await get(url);
      expect(status, url).toBe(400);
      expect(json(), url).toMatchObject({
        error: { code: 'bad_request', param: field, message: expect.stringContaining(field) },
      });
    }
  });

  describe('who sees what', () => {
    const total = async (caller: CallerFields, query = '') =>
      (await getJson(`/spend/report?${query}`, caller)).total.cost_nano_usd;

    test('viewers of everything see everything', async () => {
      expect(await total(callerOf('carol', 'c'.repeat(64), 'admin_viewer'))).toBe('11000000001');
    });

    test('a user sees its own spend, whatever it asks for', async () => {
      const caller = callerOf('alice', alice);
      expect(await total(caller)).toBe('4000000001');
      expect(await total(caller, 'user_id=bob')).toBe('0');
      expect(await total(caller, `api_key=${bob}`)).toBe('0');
      expect(await getJson('/spend/logs', caller)).toHaveLength(2);
      expect(await getJson('/spend/logs?request_id=request-3', caller)).toEqual([]);
      expect((await getJson('/spend/keys', caller)).map(({ token }: never) => token)).toEqual([alice]);
      expect((await getJson('/spend/users', caller)).map(({ user_id }: never) => user_id)).toEqual(['alice']);
      expect(await getJson('/spend/users?user_id=bob', caller)).toEqual([]);
      expect(await getJson('/global/spend', caller)).toEqual({ spend: 4.000000001, max_budget: 0 });
      expect((await getJson('/global/spend/keys', caller)).map(({ api_key }: never) => api_key)).toEqual([alice]);
      expect((await getJson('/spend/tags', caller)).map(({ total_spend }: never) => total_spend)).toEqual([
        1.000000001, 1.000000001,
      ]);
    });

    test('who administers a team sees the team', async () => {
      expect(await total(callerOf('bob', bob))).toBe('11000000001');
      expect(await total(callerOf('bob', bob), 'team_id=red')).toBe('4000000001');
    });

    test('a key of a team sees nothing that its user has elsewhere', async () => {
      const inBlue = { ...callerOf('bob', bob), teamId: 'blue' };
      expect(await total(inBlue)).toBe('7000000000');
      expect(await total(inBlue, 'team_id=red')).toBe('0');
      expect(await getJson('/spend/logs?team_id=red', inBlue)).toEqual([]);
      const inRed = { ...callerOf('bob', 'e'.repeat(64)), teamId: 'red' };
      expect(await total(inRed)).toBe('4000000001');
      expect((await getJson('/spend/keys', inRed)).map(({ token }: never) => token)).toEqual([alice]);
      expect(await getJson('/spend/users', inRed)).toEqual([]);
      expect(await getJson('/global/spend', { ...callerOf('alice', 'e'.repeat(64)), teamId: 'blue' })).toMatchObject({
        spend: 0,
      });
    });

    test('a key without a user sees its own spend, and one that never spent sees none', async () => {
      expect(await total({ ...callerOf('x', bob), userId: null })).toBe('7000000000');
      expect(await total({ ...callerOf('x', 'd'.repeat(64)), userId: null })).toBe('0');
    });
  });

  describe('in LiteLLM’s form', () => {
    test('rows, the newest first, a page at a time', async () => {
      const rows = await getJson('/spend/logs?api_key=sk-alice&page_size=1');
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({
        request_id: 'request-2',
        call_type: 'acompletion',
        api_key: alice,
        spend: 3,
        total_tokens: 76,
        startTime: '2026-11-21T10:00:00.000Z',
        endTime: '2026-11-21T10:00:01.000Z',
        request_duration_ms: 1000,
        model_group: 'large',
        custom_llm_provider: 'openai',
        user: 'alice',
        team_id: 'red',
        end_user: '=cmd()',
        status: 'success',
      });
      expect((await getJson('/spend/logs?api_key=sk-alice&page_size=1&page=2'))[0].request_id).toBe('request-1');
      expect((await getJson('/spend/logs?start_date=2026-11-21&end_date=2026-11-21&summarize=false')).length).toBe(2);
      expect((await getJson('/spend/logs?request_id=request-3'))[0]).toMatchObject({
        status: 'failure',
        metadata: { error_information: { error_code: '502', error_class: 'bad_gateway' } },
      });
    });

    test('with both dates sums by day, gaps filled', async () => {
      expect(await getJson('/spend/logs?start_date=2026-11-19&end_date=2026-11-21')).toEqual([
        { startTime: '2026-11-19', spend: 1.000000001, users: { alice: 1.000000001 }, models: { small: 1.000000001 } },
        { startTime: '2026-11-20', spend: 0, users: {}, models: {} },
        { startTime: '2026-11-21', spend: 10, users: { bob: 7, alice: 3 }, models: { large: 10 } },
      ]);
    });

    test('daily activity', async () => {
      const { results, metadata } = await getJson('/user/daily/activity?start_date=2026-11-20&end_date=2026-11-22');
      expect(metadata).toMatchObject({ total_spend: 10, total_api_requests: 2, total_failed_requests: 1, total_tokens: 152 });
      expect(results).toMatchObject([
        {
          date: '2026-11-21',
          metrics: { spend: 10, api_requests: 2, successful_requests: 1, failed_requests: 1, total_tokens: 152 },
          breakdown: {
            models: { large: { metrics: { spend: 10 }, api_key_breakdown: { [alice]: { metrics: { spend: 3 } } } } },
            providers: { openai: { metrics: { spend: 10 } } },
            api_keys: { [bob]: { metrics: { spend: 7 }, metadata: { key_alias: 'bob-key', team_id: 'blue' } } },
          },
        },
      ]);
      const teams = await getJson('/team/daily/activity?team_ids=red,green');
      expect(teams.results[0].breakdown.entities).toMatchObject({
        red: { metrics: { spend: 3 }, metadata: { team_alias: 'Team =Red' } },
      });
      expect(teams.metadata.total_spend).toBe(4.000000001);
    });

    test('the others', async () => {
      expect(await getJson('/global/spend')).toEqual({ spend: 11.000000001, max_budget: 0 });
      expect(await getJson('/global/spend/logs')).toEqual([
        { date: '2026-11-19', spend: 1.000000001 },
        { date: '2026-11-21', spend: 10 },
      ]);
      expect(await getJson('/global/spend/models')).toEqual([
        { model: 'large', total_spend: 10 },
        { model: 'small', total_spend: 1.000000001 },
      ]);
      expect((await getJson('/global/spend/keys?limit=1'))[0]).toMatchObject({ key_alias: 'bob-key', total_spend: 7 });
      expect(await getJson('/global/spend/teams')).toMatchObject({
        daily_spend: [
          { date: '2026-11-19', 'Team =Red': 1.000000001 },
          { date: '2026-11-21', blue: 7, 'Team =Red': 3 },
        ],
        teams: ['blue', 'Team =Red'],
      });
      expect(await getJson('/global/spend/report?start_date=2026-11-21&end_date=2026-11-21')).toMatchObject([
        {
          group_by_day: '2026-11-21T00:00:00+00:00',
          teams: [
            { team_name: 'blue', total_spend: 7 },
            { team_name: 'Team =Red', total_spend: 3 },
          ],
        },
      ]);
      expect((await getJson('/global/spend/report?group_by=customer'))[1].customers[1]).toMatchObject({
        customer: '=cmd()',
        total_spend: 3,
      });
      expect(await getJson('/global/spend/report?api_key=sk-bob')).toMatchObject([
        { api_key: bob, total_cost: 7, total_input_tokens: 12 },
      ]);
      expect(await getJson('/spend/tags')).toEqual([
        { individual_request_tag: 'y', log_count: 2, total_spend: 8.000000001 },
        { individual_request_tag: 'x', log_count: 1, total_spend: 1.000000001 },
      ]);
      expect(await getJson('/spend/keys')).toMatchObject([
        { token: alice, spend: 4.000000001 },
        { token: bob, spend: 0 },
      ]);
    });

    test('what was spent in a period that is over is not what a user spent now', async () => {
      expect(await getJson('/spend/users?user_id=bob')).toMatchObject([{ user_id: 'bob', spend: 0 }]);
    });
  });
});
