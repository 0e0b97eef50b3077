import { describe, expect, it } from 'vitest';
import { parseAuditRows } from './audit.ts';
import { withQuery } from './call.ts';
import { createKeysApi, keyLabel, parseKey } from './keys.ts';
import { parseLimitUse } from './limits.ts';
import { parseMe } from './me.ts';
import { parseBackendHealth, parseBackends, stateOf } from './models.ts';
import { readPage } from './read.ts';
import { parseLedgerRows } from './requests.ts';
import { createSpendApi, parseReport } from './spend.ts';
import { parseTeam } from './teams.ts';

/** Whatever a gateway might send instead of what was asked for. */
const oddities = [undefined, null, '', 'text', 42, [], [null, 1, 'x'], {}, { keys: null, data: 'x', rows: [[]], limits: {} }];

describe('answers are read leniently', () => {
  it.each(oddities.map((value) => [JSON.stringify(value), value]))('%s is nothing, not a crash', (_, value) => {
    expect(parseKey(value)).toMatchObject({ hash: '', models: [], spentUsd: 0, isBlocked: false });
    expect(parseTeam(value)).toMatchObject({ id: '', members: [] });
    expect(parseLimitUse(value)).toEqual([]);
    expect(parseReport(value)).toMatchObject({ isTruncated: false, total: { costUsd: 0 } });
    expect(parseBackendHealth(value)).toBeUndefined();
    expect(parseMe(value).role).toBe('viewer');
    for (const parse of [parseAuditRows, parseBackends, parseLedgerRows]) expect(parse(value).length).toBeLessThanOrEqual(1);
  });

  it('an unknown role may do least', () => {
    expect(parseMe({ role: 'root', is_open: 'yes' })).toMatchObject({ role: 'viewer', isOpen: false });
  });

  it('null stays no limit, and 0 stays nothing', () => {
    expect(parseKey({ token: 'h', max_budget: 0, rpm_limit: null })).toMatchObject({ maxBudgetUsd: 0, requestsPerMinute: null });
  });

  it('a key is called by its alias, else by its end, else by its hash', () => {
    expect(keyLabel({ alias: 'a', name: 'sk-...abcd', hash: 'h' })).toBe('a');
    expect(keyLabel({ alias: null, name: 'sk-...abcd', hash: 'h' })).toBe('sk-...abcd');
    expect(keyLabel({ alias: null, name: '', hash: '0123456789abcdef' })).toBe('0123456789ab…');
  });

  it('requests come newest first, and failed ones with their code', () => {
    const rows = parseLedgerRows([
      { request_id: 'a', startTime: '2026-11-21T10:00:00Z', endTime: '2026-11-21T10:00:01.5Z', status: 'success' },
      {
        request_id: 'b',
        startTime: '2026-11-21T11:00:00Z',
        metadata: { status: 'failure', error_information: { error_code: '429' } },
      },
    ]);
    expect(rows.map(({ id, isFailed, errorCode, durationMs }) => ({ id, isFailed, errorCode, durationMs }))).toEqual([
      { id: 'b', isFailed: true, errorCode: '429', durationMs: null },
      { id: 'a', isFailed: false, errorCode: null, durationMs: 1500 },
    ]);
  });
});

describe('pages of a list', () => {
  it('are counted where the server only tells how many rows there are', () => {
    expect(readPage({ total: 101 }, [], { page: 2, size: 50 })).toEqual({ rows: [], total: 101, page: 2, pages: 3 });
  });
  it('are at least one, and unknown where the server tells nothing', () => {
    expect(readPage({ total_count: 0, total_pages: 0, current_page: 1 }, [], { page: 1, size: 50 }).pages).toBe(1);
    expect(readPage([], [], { page: 1, size: 50 })).toMatchObject({ total: null, pages: null });
  });
});

describe('the health of a backend', () => {
  const [backend] = parseBackends({
    data: [
      {
        model_name: 'llama',
        litellm_params: { model: 'vllm/llama', api_base: 'http://a/v1' },
        model_info: { id: 'b1', input_cost_per_token: 5.9e-7, output_cost_per_token: 0 },
      },
    ],
  });
  const healthOf = (healthy: object[], unhealthy: object[]) =>
    parseBackendHealth({ healthy_endpoints: healthy, unhealthy_endpoints: unhealthy });

  it('is found by its id, else by name and address', () => {
    expect(stateOf(backend!, healthOf([{ model_id: 'b1' }], []))).toBe('healthy');
    expect(stateOf(backend!, healthOf([{ model: 'vllm/llama', api_base: 'http://other/v1' }], []))).toBe('unknown');
    expect(stateOf(backend!, healthOf([], [{ model: 'vllm/llama', api_base: 'http://a/v1' }]))).toBe('unhealthy');
    expect(stateOf(backend!, undefined)).toBe('unknown');
  });

  it('comes with prices per million tokens; free is not unknown', () => {
    expect(backend!.inputPriceUsd).toBeCloseTo(0.59);
    expect(backend!.outputPriceUsd).toBe(0);
  });
});

describe('calls', () => {
  it('leave out of the query what is empty, and escape the rest', () => {
    expect(withQuery('/key/list', { page: 1, search: 'a&b ', team_id: undefined, user_id: '' })).toBe(
      '/key/list?page=1&search=a%26b+',
    );
    expect(withQuery('/key/info', { key: null })).toBe('/key/info');
  });

  it('about a key that was named with a slash stay on the route', async () => {
    const paths: string[] = [];
    const answer = (path: string) => {
      paths.push(path);
      return Promise.resolve({});
    };
    const keys = createKeysApi({ get: answer, getText: () => Promise.resolve(''), getAnyStatus: answer, post: answer });
    await keys.rotate('../team/delete', '');
    expect(paths).toEqual(['/key/..%2Fteam%2Fdelete/regenerate']);
  });
});

describe('a plot of too many holders', () => {
  const day = '2026-11-21';
  const total = { cost_usd: 10, requests: 100 };
  const answers: Record<string, object> = {
    'day,key': { rows: [], is_truncated: true },
    key: {
      rows: [
        { id: '', cost_usd: 5 },
        { id: 'a', label: 'A', cost_usd: 2 },
      ],
      is_truncated: true,
      total,
    },
    day: { rows: [{ day, ...total }] },
    'day of a': { rows: [{ day, cost_usd: 2 }] },
  };
  const get = (_path: string, query: Record<string, unknown> = {}) =>
    Promise.resolve(answers[query['api_key'] === undefined ? String(query['group_by']) : `day of ${String(query['api_key'])}`]);

  it('has the dearest that can be asked for, and all others as one', async () => {
    const spend = createSpendApi({
      get,
      getText: () => Promise.resolve(''),
      getAnyStatus: (path) => get(path),
      post: (path) => get(path),
    });
    const rows = await spend.byDayAndGroup('key', { start: day, end: day });
    expect(rows.map(({ id, label, costUsd, isRest = false }) => ({ id, label, costUsd, isRest }))).toEqual([
      { id: 'a', label: 'A', costUsd: 2, isRest: false },
      { id: '', label: 'others', costUsd: 8, isRest: true },
    ]);
  });
});
