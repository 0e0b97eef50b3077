import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { type AdminData, hashOf, makeAdminData, nowMs, type Row } from './fake-admin-data.ts';
import { sendFile, sendJson } from './fake-gateway.ts';

type Query = URLSearchParams;
type Handler = (query: Query, body: Row, me: Row) => unknown;

/** What the fake refuses with, in the gateway's envelope. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A gateway with an admin API in memory, which serves the built pages. */
export class FakeAdmin {
  readonly url: string;
  readonly data: AdminData;
  /** Who each accepted key belongs to. */
  readonly callers = new Map<string, Row>([
    ['sk-master', { role: 'admin', user_id: null, team_id: null, key_name: null, key_alias: null }],
    ['sk-watcher', { role: 'admin_viewer', user_id: 'u-lena', team_id: null, key_name: 'sk-...cher', key_alias: 'watcher' }],
    ['sk-maria', { role: 'user', user_id: 'u-maria', team_id: 'search', key_name: 'sk-...aria', key_alias: 'search-backend' }],
    ['sk-viewer', { role: 'viewer', user_id: 'u-maria', team_id: 'search', key_name: 'sk-...ewer', key_alias: 'read-only' }],
  ]);
  isOpen = false;
  /** Requests to the API, as `POST /key/block`, with their bodies. */
  readonly calls: { what: string; query: Record<string, string>; body: Row }[] = [];
  /** Answers by path instead of the fake's own: status, body, headers. */
  readonly refusals = new Map<string, { status: number; body: unknown; headers?: Record<string, string> }>();
  readonly #server: ReturnType<typeof createServer>;
  readonly #pageFolder: string;
  #made = 0;

  private constructor(server: ReturnType<typeof createServer>, pageFolder: string, data: AdminData) {
    this.#server = server;
    this.#pageFolder = pageFolder;
    this.data = data;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ui/`;
  }

  /** Listens on a free port of the loopback. */
  static async start(pageFolder: string, data = makeAdminData()): Promise<FakeAdmin> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const gateway = new FakeAdmin(server, pageFolder, data);
    server.on('request', (request, response) => {
      gateway.#answer(request, response).catch((error: unknown) => {
        if (!(error instanceof Refusal)) return response.destroy(error as Error);
        const { status, code, message } = error;
        return sendJson(response, status, { error: { message, type: 'invalid_request_error', param: null, code } });
      });
    });
    return gateway;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', this.url);
    const what = `${request.method} ${pathname}`;
    const handler = this.#handlers[what] ?? (/^POST \/key\/[0-9a-f]{64}\/regenerate$/.test(what) ? this.#rotate : undefined);
    if (!handler) return sendFile(response, this.#pageFolder, pathname);
    const body = request.method === 'POST' ? ((await json(request)) as Row) : {};
    this.calls.push({ what, query: Object.fromEntries(query), body });
    const planned = this.refusals.get(pathname);
    if (planned) {
      response.writeHead(planned.status, { 'content-type': 'application/json', 'x-request-id': 'request-7', ...planned.headers });
      response.end(JSON.stringify(planned.body));
      return;
    }
    const key = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const me = this.isOpen ? this.callers.get('sk-master') : this.callers.get(key);
    if (!me) throw new Refusal(401, 'unauthorized', 'this key is not known here; send one that this gateway has issued');
    if (pathname.includes('/regenerate')) body['hash'] = pathname.split('/')[2];
    const answer = handler(query, body, me);
    if (typeof answer === 'string') response.writeHead(200, { 'content-type': 'text/csv' }).end(answer);
    else sendJson(response, 200, answer);
  }

  readonly #handlers: Record<string, Handler> = {
    'GET /sluice/me': (_query, _body, me) => ({ ...me, is_open: this.isOpen, version: '0.2.0' }),
    'GET /key/list': (query, _body, me) => this.#listKeys(query, me),
    'GET /key/info': (query, _body, me) => {
      const key = this.#keyOf(
        query.get('key') ?? this.data.keys.find(({ key_alias }) => key_alias === me['key_alias'])?.['token'],
      );
      return { key: key['token'], info: key };
    },
    'POST /key/generate': (_query, body) => this.#makeKey(body),
    'POST /key/update': (_query, { key, ...fields }) => Object.assign(this.#keyOf(key), fields),
    'POST /key/block': (_query, { key }) => Object.assign(this.#keyOf(key), { blocked: true }),
    'POST /key/unblock': (_query, { key }) => Object.assign(this.#keyOf(key), { blocked: false }),
    'POST /key/delete': (_query, { keys }) => {
      this.data.keys = this.data.keys.filter(({ token }) => !(keys as unknown[]).includes(token));
      return { deleted_keys: keys };
    },
    'GET /v2/team/list': (query) => pageOf(matching(this.data.teams, query, 'team_id', 'team_alias'), query, 'teams'),
    'GET /team/info': (query) => ({
      team_id: query.get('team_id'),
      team_info: this.#teamOf(query.get('team_id')),
      keys: this.data.keys.filter(({ team_id }) => team_id === query.get('team_id')).slice(0, 20),
    }),
    'POST /team/new': (_query, body) => {
      const team = {
        team_id: `team-${(this.#made += 1)}`,
        members_with_roles: [],
        blocked: false,
        spend: 0,
        models: [],
        ...body,
      };
      this.data.teams.push(team);
      return team;
    },
    'POST /team/update': (_query, { team_id, ...fields }) => Object.assign(this.#teamOf(team_id), fields),
    'POST /team/block': (_query, { team_id }) => Object.assign(this.#teamOf(team_id), { blocked: true }),
    'POST /team/unblock': (_query, { team_id }) => Object.assign(this.#teamOf(team_id), { blocked: false }),
    'POST /team/delete': (_query, { team_ids }) => {
      this.data.teams = this.data.teams.filter(({ team_id }) => !(team_ids as unknown[]).includes(team_id));
      return this.data.teams.length;
    },
    'POST /team/member_add': (_query, { team_id, member }) => {
      const team = this.#teamOf(team_id);
      team['members_with_roles'] = [...(team['members_with_roles'] as Row[]), member as Row];
      return team;
    },
    'POST /team/member_delete': (_query, { team_id, user_id }) => {
      const team = this.#teamOf(team_id);
      team['members_with_roles'] = (team['members_with_roles'] as Row[]).filter((member) => member['user_id'] !== user_id);
      return team;
    },
    'GET /user/list': (query) => pageOf(matching(this.data.users, query, 'user_id', 'user_email'), query, 'users'),
    'POST /user/new': (_query, body) => {
      const user = {
        user_id: `user-${(this.#made += 1)}`,
        teams: [],
        spend: 0,
        created_at: new Date(nowMs).toISOString(),
        ...body,
      };
      this.data.users.unshift(user);
      return { ...user, key: body['auto_create_key'] === true ? `sk-new-${this.#made}` : null };
    },
    'GET /model/info': () => ({ data: this.data.models }),
    'GET /health': () => {
      const endpoints = this.data.models.map(({ litellm_params, model_info }) => ({
        ...(litellm_params as Row),
        model_id: (model_info as Row)['id'],
      }));
      return {
        healthy_endpoints: endpoints.filter((_, at) => at !== 1),
        unhealthy_endpoints: [endpoints[1]],
        unhealthy_count: 1,
      };
    },
    'GET /audit': (query) => pageOf(this.data.audit, query, 'audit'),
    'GET /spend/logs': (query, _body, me) => this.#seen(this.data.requests, me, 'api_key').slice(0, Number(query.get('size'))),
    'GET /spend/report': (query, _body, me) => this.#report(query, me),
    'GET /limits/usage': (query) => ({ limits: this.#usage(this.#keyOf(query.get('key'))) }),
  };

  readonly #rotate: Handler = (_query, { hash }) => {
    const key = this.#keyOf(hash);
    const secret = `sk-rotated-${(this.#made += 1)}`;
    Object.assign(key, { token: hashOf(secret), key_name: `sk-...${secret.slice(-4)}` });
    return { ...key, key: secret };
  };

  #keyOf(hash: unknown): Row {
    const key = this.data.keys.find(({ token }) => token === hash);
    if (!key) throw new Refusal(404, 'not_found', `there is no key ${String(hash).slice(0, 12)}`);
    return key;
  }

  #teamOf(id: unknown): Row {
    const team = this.data.teams.find(({ team_id }) => team_id === id);
    if (!team) throw new Refusal(404, 'not_found', `there is no team ${String(id)}`);
    return team;
  }

  /** Rows that belong to the caller; everything for those who see everything. */
  #seen(rows: readonly Row[], me: Row, keyField: string): readonly Row[] {
    if (String(me['role']).startsWith('admin')) return rows;
    const own = new Set(this.data.keys.filter(({ user_id }) => user_id === me['user_id']).map(({ token }) => token));
    return rows.filter((row) => own.has(row[keyField]));
  }

  #makeKey(body: Row): Row {
    const alias = body['key_alias'];
    if (typeof alias === 'string' && this.data.keys.some(({ key_alias }) => key_alias === alias))
      throw new Refusal(400, 'bad_request', `there is a key with the alias "${alias}" already; aliases are used once`);
    const secret = `sk-fresh-${(this.#made += 1)}`;
    const key = { token: hashOf(secret), key_name: `sk-...sh-${this.#made}`, spend: 0, models: [], blocked: false, ...body };
    this.data.keys.unshift({ ...key, created_at: new Date(nowMs).toISOString() });
    return { ...key, key: secret };
  }

  #listKeys(query: Query, me: Row): Row {
    const found = matching(this.#seen(this.data.keys, me, 'token'), query, 'key_alias', 'key_name', 'team_id', 'user_id');
    const sortBy = query.get('sort_by') ?? 'created_at';
    const sign = query.get('sort_order') === 'asc' ? 1 : -1;
    const sorted = [...found].sort((a, b) => sign * compare(a[sortBy], b[sortBy]));
    return pageOf(sorted, query, 'keys');
  }

  #report(query: Query, me: Row): unknown {
    const parts = (query.get('group_by') ?? '').split(',');
    const group = parts.find((part) => part !== 'day');
    const field = group === undefined ? undefined : columns[group];
    const rows = this.#seen(this.data.spend, me, 'key_hash').filter((row) => isWanted(row, query));
    const sums = new Map<string, Row>();
    for (const row of rows) {
      const heads = { ...(parts.includes('day') && { day: row['day'] }), ...(field && { id: row[field] }) };
      const id = Object.values(heads).join('|');
      const label = group === 'key' ? row['key_alias'] : field && row[field];
      sums.set(id, add(sums.get(id) ?? { ...heads, ...(field && { label }) }, row));
    }
    const all = [...sums.values()].sort((a, b) => compare(a['day'], b['day']) || Number(b['cost_usd']) - Number(a['cost_usd']));
    const limit = Number(query.get('limit') ?? 50_000);
    if (query.get('format') !== 'csv') {
      return { rows: all.slice(0, limit), is_truncated: all.length > limit, total: rows.reduce(add, {}) };
    }
    const head = Object.keys(all[0] ?? {});
    return [head.join(','), ...all.map((row) => head.map((name) => String(row[name])).join(','))].join('\r\n');
  }

  #usage(key: Row): Row[] {
    const limit = (kind: string, field: string, used: number): Row[] =>
      typeof key[field] === 'number'
        ? [{ scope: 'key', kind, max: key[field], used, resets_at: key['budget_reset_at'] ?? null }]
        : [];
    const team = this.data.teams.find(({ team_id }) => team_id === key['team_id']);
    return [
      ...limit('budget', 'max_budget', Number(key['spend'])),
      ...limit('requests', 'rpm_limit', 214),
      ...limit('tokens', 'tpm_limit', 171_300),
      ...limit('parallel', 'max_parallel_requests', 3),
      ...(team
        ? [{ scope: 'team', kind: 'budget', max: team['max_budget'], used: team['spend'], resets_at: team['budget_reset_at'] }]
        : []),
    ];
  }
}

const columns: Record<string, string> = { model: 'model', key: 'key_hash', team: 'team_id', user: 'user_id' };
const sumNames = ['requests', 'failed_requests', 'prompt_tokens', 'completion_tokens', 'cost_usd'];

function isWanted(row: Row, query: Query): boolean {
  const filters = { api_key: 'key_hash', model: 'model', team_id: 'team_id', user_id: 'user_id' };
  const isOfHolder = Object.entries(filters).every(([name, column]) => !query.has(name) || row[column] === query.get(name));
  return isOfHolder && String(row['day']) >= query.get('start_date')! && String(row['day']) <= query.get('end_date')!;
}

function add(sum: Row, row: Row): Row {
  for (const name of sumNames) sum[name] = Number(sum[name] ?? 0) + Number(row[name]);
  return sum;
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a ?? '').localeCompare(String(b ?? ''));
}

function matching(rows: readonly Row[], query: Query, ...fields: string[]): readonly Row[] {
  const search = (query.get('search') ?? '').toLowerCase();
  return rows.filter((row) =>
    fields.some((field) =>
      String(row[field] ?? '')
        .toLowerCase()
        .includes(search),
    ),
  );
}

function pageOf(rows: readonly Row[], query: Query, name: string): Row {
  const [page, size] = [Number(query.get('page') ?? 1), Number(query.get('size') ?? query.get('page_size') ?? 50)];
  return {
    [name]: rows.slice((page - 1) * size, page * size),
    total_count: rows.length,
    current_page: page,
    total_pages: Math.ceil(rows.length / size),
  };
}
