import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Charge, SpendRow } from '../../src/core/spend.ts';
import { BatchedLedger } from '../../src/ledger/batched-ledger.ts';
import { Spool } from '../../src/ledger/spool.ts';
import { recordingLog, spendRow } from '../../src/ledger/testing.ts';
import { LedgerWriter } from '../../src/store/ledger-writer.ts';
import { ServerStore } from '../../src/store/server-store.ts';
import { startPostgres, type PostgresServer } from '../support/services.ts';

let server: PostgresServer;
let store: ServerStore;
const folder = mkdtempSync(join(tmpdir(), 'test-ledger-'));

beforeAll(async () => {
  server = await startPostgres();
  const log = { ...recordingLog(), debug: () => undefined };
  store = await ServerStore.open({ url: server.url, poolSize: 6, connectTimeoutMs: 2_000, log });
});
afterAll(async () => {
  await store.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await sql`truncate ledger, ledger_batches, daily_spend, spend`.execute(store.db);
});

function ledgerNamed(instance: string, keepsRows = true) {
  const log = recordingLog();
  const spool = new Spool({ directory: join(folder, instance), now: Date.now, instance, log });
  const writer = new LedgerWriter({ db: store.db, keepsRows });
  return { ledger: new BatchedLedger({ writer, spool, flushIntervalMs: 100, now: Date.now, instance, log }), log };
}

const novemberEndsMs = Date.UTC(2026, 11, 1);
const decemberEndsMs = Date.UTC(2027, 0, 1);
const keyHash = (key: number) => String(key).padStart(64, '0');

/** Rows of 40 keys, 10 users, 4 teams; one in ten failed, one in eight of the next period; costs from the row's number. */
function mixedRow(prefix: string, number: number): SpendRow {
  const [key, user, team] = [number % 40, `user-${number % 10}`, `team-${number % 4}`];
  const isNext = number % 8 === 0;
  const charge = (scope: string, duration: string | null = null, periodEndMs: number | null = null): Charge => ({
    scope,
    duration,
    periodEndMs,
  });
  return spendRow(`${prefix}-${number}`, {
    endedAtMs: isNext ? novemberEndsMs + number : novemberEndsMs - 60_000 + number,
    keyHash: number % 7 === 0 ? null : keyHash(key),
    userId: user,
    teamId: team,
    customerId: number % 3 === 0 ? `customer-${number % 5}` : null,
    tags: number % 2 === 0 ? ['even', 'tag "with, quotes"'] : [],
    costNanoUsd: (number * 7919) % 1_000_003,
    httpStatus: number % 10 === 0 ? 502 : 200,
    charges: [
      charge('global'),
      charge(`key:${keyHash(key)}`, '1mo', isNext ? decemberEndsMs : novemberEndsMs),
      charge(`user:${user}`),
      charge(`team:${team}`, '1d', isNext ? novemberEndsMs + 86_400_000 : novemberEndsMs),
    ],
  });
}

const sumOf = (rows: readonly SpendRow[]) => rows.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0);

/** That ledger, sums by day and counters hold these rows, each once. */
async function expectCounted(rows: readonly SpendRow[], hasRows = true): Promise<void> {
  const { db } = store;
  const ledger = await db
    .selectFrom('ledger')
    .select(({ fn }) => [fn.countAll<number>().as('count'), sql<number>`coalesce(sum(cost), 0)::bigint`.as('cost')])
    .executeTakeFirstOrThrow();
  expect(ledger).toEqual(hasRows ? { count: rows.length, cost: sumOf(rows) } : { count: 0, cost: 0 });
  const days = await sql`
    select day::text, sum(requests)::bigint as requests, sum(failed_requests)::bigint as failed, sum(prompt_tokens)::bigint as prompt, sum(cost)::bigint as cost
    from daily_spend group by day order by day`.execute(db);
  const byDay = Map.groupBy(rows, ({ endedAtMs }) => new Date(endedAtMs).toISOString().slice(0, 10));
  const expected = [...byDay].map(([day, some]) => ({
    day,
    requests: some.length,
    failed: some.filter(({ httpStatus }) => httpStatus >= 400).length,
    prompt: some.reduce((sum, { promptTokens }) => sum + promptTokens, 0),
    cost: sumOf(some),
  }));
  expect(days.rows).toEqual(expected.sort((one, other) => (one.day < other.day ? -1 : 1)));
  const counters = await db.selectFrom('spend').select(['scope', 'spent']).execute();
  expect(new Map(counters.map(({ scope, spent }) => [scope, spent]))).toEqual(expectedCounters(rows));
}

/** Of each counter the sum of its latest period. */
function expectedCounters(rows: readonly SpendRow[]): Map<string, number> {
  const latest = new Map<string, { endMs: number; sum: number }>();
  for (const { charges, costNanoUsd } of rows) {
    for (const { scope, periodEndMs } of charges) {
      const endMs = periodEndMs ?? 0;
      const known = latest.get(scope);
      if (known === undefined || known.endMs < endMs) latest.set(scope, { endMs, sum: costNanoUsd });
      else if (known.endMs === endMs) known.sum += costNanoUsd;
    }
  }
  return new Map([...latest].map(([scope, { sum }]) => [scope, sum]));
}

test.each([true, false])(
  '10,000 mixed rows add up to the nano-dollar in ledger, days and counters (rows kept: %s)',
  async (keepsRows) => {
    const { ledger } = ledgerNamed(`sums-${keepsRows}`, keepsRows);
    await ledger.start();
    const rows = Array.from({ length: 10_000 }, (_, number) => mixedRow('row', number));
    for (const row of rows) ledger.append(row);
    await ledger.flush();
    expect(ledger.pendingRows).toBe(0);
    await ledger.close();
    await expectCounted(rows, keepsRows);
    expect(await store.db.selectFrom('ledger_batches').select('id').execute()).toHaveLength(1);
  },
);

test.each([true, false])(
  'a database that is killed for five seconds loses and doubles nothing (rows kept: %s)',
  async (keepsRows) => {
    const { ledger, log } = ledgerNamed(`outage-${keepsRows}`, keepsRows);
    await ledger.start();
    const rows: SpendRow[] = [];
    let number = 0;
    const appending = setInterval(() => {
      for (let count = 0; count < 20; count += 1, number += 1) {
        const row = mixedRow('outage', number);
        rows.push(row);
        ledger.append(row);
      }
    }, 10);
    try {
      await vi.waitFor(() => expect(number).toBeGreaterThan(1_000), 10_000);
      await server.kill();
      const killedAtMs = Date.now();
      await vi.waitFor(() => expect(ledger.state).toBe('spooling'), 10_000);
      await vi.waitFor(() => expect(Date.now() - killedAtMs).toBeGreaterThan(5_000), { timeout: 10_000, interval: 100 });
      await server.restart();
      const restartedAt = number;
      await vi.waitFor(() => expect(ledger.state).toBe('ok'), { timeout: 30_000, interval: 100 });
      await vi.waitFor(() => expect(number).toBeGreaterThan(restartedAt + 1_000), 20_000);
    } finally {
      clearInterval(appending);
    }
    await ledger.flush();
    await ledger.close();
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    await expectCounted(rows, keepsRows);
  },
);

test('a database that stops answering without closing its connections loses and doubles nothing', async () => {
  const { ledger } = ledgerNamed('pause');
  await ledger.start();
  const rows = Array.from({ length: 3_000 }, (_, number) => mixedRow('pause', number));
  for (const row of rows.slice(0, 1_000)) ledger.append(row);
  await ledger.flush();
  server.pause();
  try {
    for (const row of rows.slice(1_000)) ledger.append(row);
    await vi.waitFor(() => expect(ledger.state).toBe('spooling'), 10_000);
  } finally {
    server.resume();
  }
  await vi.waitFor(() => expect([ledger.state, ledger.pendingRows]).toEqual(['ok', 0]), { timeout: 40_000, interval: 100 });
  await ledger.close();
  await expectCounted(rows);
});

/** Rows that share nothing but what is tested, so that no other lock keeps two gateways apart. */
const overlapping: Record<string, (gateway: string, number: number) => Partial<SpendRow>> = {
  counters: (gateway, number) => ({
    model: gateway,
    charges: [{ scope: `shared:${number % 500}`, duration: null, periodEndMs: null }],
  }),
  days: (gateway, number) => ({
    keyHash: keyHash(number % 500),
    charges: [{ scope: gateway, duration: null, periodEndMs: null }],
  }),
};

test.each(Object.entries(overlapping))('two gateways that raise the same %s at once do not deadlock', async (what, given) => {
  const both = ['left', 'right'].map((name) => ({ name, ...ledgerNamed(`${name}-${what}`) }));
  const rows: SpendRow[] = [];
  for (const { ledger } of both) await ledger.start();
  for (let round = 0; round < 30; round += 1) {
    for (const { name, ledger } of both) {
      for (let at = 0; at < 500; at += 1) {
        // One in order, the other backwards: what they lock must not depend on it.
        const number = round * 500 + (name === 'left' ? at : 499 - at);
        const row = spendRow(`${name}-${number}`, { costNanoUsd: number, ...given(name, number) });
        rows.push(row);
        ledger.append(row);
      }
    }
    await Promise.all(both.map(({ ledger }) => ledger.flush()));
  }
  for (const { ledger, log } of both) {
    expect([ledger.state, ledger.pendingRows]).toEqual(['ok', 0]);
    await ledger.close();
    // A deadlock would have been a failed write, and so a warning.
    expect(log.lines.filter(({ level }) => level !== 'info')).toEqual([]);
  }
  await expectCounted(rows);
});

test('the same batch sent by two at once counts once', async () => {
  const rows = Array.from({ length: 500 }, (_, number) => mixedRow('same', number));
  for (const keepsRows of [true, false]) {
    const writer = new LedgerWriter({ db: store.db, keepsRows });
    const send = () => writer.write({ id: `same-${keepsRows}`, rows }, { settledIds: [], signal: new AbortController().signal });
    await Promise.all([send(), send(), send()]);
    await send();
    if (keepsRows) await expectCounted(rows);
  }
  const { requests } = await store.db
    .selectFrom('daily_spend')
    .select(sql<number>`sum(requests)::bigint`.as('requests'))
    .executeTakeFirstOrThrow();
  expect(requests).toBe(1_000);
});
