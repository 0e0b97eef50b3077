import { describe, expect, test, vi } from 'vitest';
import { hashKey } from '../../src/keys/key-hash.ts';
import { master, type AdminApp, type Sender } from './app.ts';

const user = (userId: string, teamId: string | null = null): Sender => ({ role: 'user', userId, teamId });

/** What keys can be given, and what becomes of them. */
export function keys(app: () => AdminApp): void {
  const info = async (key: string) => (await app().get(`/key/info?key=${key}`)).body.info;
  const counter = (scope: string) => app().store.db.selectFrom('spend').selectAll().where('scope', '=', scope).executeTakeFirst();

  describe('a key', () => {
    test('is shown once and kept as a hash; the audit log has neither it nor what metadata holds', async () => {
      const { key, token } = await app().do('/key/generate', { metadata: { password: 'hunter2' }, api_key: 'hunter3' });
      expect(token).toBe(hashKey(key));
      await app().do('/key/update', { key, metadata: { password: 'hunter4', other: 1 }, rpm_limit: 5 });
      const tables = ['keys', 'retired_keys', 'audit', 'spend'] as const;
      const rows = await Promise.all(tables.map((table) => app().store.db.selectFrom(table).selectAll().execute()));
      const text = JSON.stringify(rows);
      expect(text).not.toContain(key);
      expect(text).not.toContain('hunter3');
      const { audit } = (await app().get(`/audit?entity_id=${token}`)).body;
      expect(JSON.stringify(audit)).not.toContain('hunter');
      expect(audit[0]).toMatchObject({
        actor: 'master',
        actor_role: 'admin',
        action: 'key.update',
        before: { rpm_limit: null, metadata: ['password'] },
        after: { rpm_limit: 5, metadata: ['other', 'password'] },
        request_id: 'request-1',
      });
      expect(Object.keys(audit[0].after)).toEqual(expect.not.arrayContaining(['alias', 'hash', 'models']));
    });

    test('has every field that it was given, in the same form', async () => {
      const given = {
        key_alias: 'all-fields',
        models: ['a', 'openai/*'],
        aliases: { short: 'a' },
        max_budget: 0.1,
        soft_budget: 0.05,
        budget_duration: '7d',
        rpm_limit: 0,
        tpm_limit: 10,
        max_parallel_requests: 3,
        model_max_budget: { a: 1.5, b: { budget_limit: 2, time_period: '1d' } },
        model_rpm_limit: { a: 7 },
        model_tpm_limit: { b: 8 },
        allowed_routes: ['/v1/chat/completions'],
        key_type: 'llm_api',
        guardrails: ['pii'],
        tags: ['x'],
        user_id: 'not-there-yet',
        router_settings: { num_retries: 2 },
      };
      const { key } = await app().do('/key/generate', given);
      expect(await info(key)).toMatchObject({ ...given, spend: 0, blocked: null });
      const row = await app().store.db.selectFrom('keys').selectAll().where('hash', '=', hashKey(key)).executeTakeFirstOrThrow();
      expect(row).toMatchObject({ max_budget: 100_000_000, soft_budget: 50_000_000, rpm_limit: 0 });
      expect(row.model_limits).toEqual({
        a: { max_budget: 1_500_000_000, rpm_limit: 7 },
        b: { max_budget: 2_000_000_000, budget_duration: '1d', tpm_limit: 8 },
      });
    });

    test('loses a limit by null, and keeps what an update does not name', async () => {
      const { key } = await app().do('/key/generate', {
        max_budget: 1,
        rpm_limit: 2,
        model_rpm_limit: { a: 1 },
        metadata: { a: 1 },
      });
      await app().do('/key/update', { key, max_budget: null, model_rpm_limit: null });
      expect(await info(key)).toMatchObject({ max_budget: null, rpm_limit: 2, model_rpm_limit: {}, metadata: { a: 1 } });
    });

    test('lives as long as its duration says, and for ever by null or -1', async () => {
      const { key, expires } = await app().do('/key/generate', { duration: '30d' });
      expect(Date.parse(expires) - app().nowMs).toBe(30 * 86_400_000);
      expect((await app().do('/key/update', { key, duration: '-1' })).expires).toBeNull();
      await app().do('/key/update', { key, duration: '1h' });
      expect((await app().do('/key/update', { key, duration: null })).expires).toBeNull();
    });

    test('is the caller’s choice where that is long enough and free', async () => {
      const chosen = 'sk-chosen-0123456789abcdef';
      expect(await app().do('/key/generate', { key: chosen })).toMatchObject({ key: chosen, token: hashKey(chosen) });
      for (const key of [chosen, 'sk-short', 'no-prefix-0123456789abcdef']) {
        const answer = await app().post('/key/generate', { key });
        expect(answer).toMatchObject({ status: 400, body: { error: { param: 'key' } } });
        expect(JSON.stringify(answer.body)).not.toContain(key);
      }
    });

    test('is refused with an alias that another has, and with a team or budget that there is not', async () => {
      await app().do('/key/generate', { key_alias: 'taken' });
      expect(await app().post('/key/generate', { key_alias: 'taken' })).toMatchObject({
        status: 400,
        body: { error: { type: 'bad_request_error', param: 'key_alias', code: 'bad_request' } },
      });
      for (const body of [{ team_id: 'no-team' }, { budget_id: 'no-budget' }]) {
        const answer = await app().post('/key/generate', body);
        expect(answer).toMatchObject({ status: 404, body: { error: { type: 'not_found_error' } } });
      }
    });

    test('is refused with all its wrong fields named at once', async () => {
      const wrong = {
        max_budget: 'abc',
        rpm_limit: -1,
        tpm_limit: 1.5,
        budget_duration: 'soon',
        models: 'gpt',
        enforced_params: ['user'],
        object_permission: { mcp_servers: ['x'] },
        allowed_cache_controls: ['no-cache'],
        model_max_budget: { a: -1 },
        metadata: { enforced_params: ['user'] },
      };
      const { status, body } = await app().post('/key/generate', wrong);
      expect(status).toBe(400);
      const named = new Set(body.error.details.map(({ field }: { field: string }) => field.replace(/[.[].*/, '')));
      expect(named).toEqual(new Set(Object.keys(wrong)));
    });

    test('takes what restricts nothing, and refuses a limit that is misspelt', async () => {
      const neutral = {
        enforced_params: [],
        object_permission: null,
        permissions: {},
        access_group_ids: [],
        something_new: 'kept',
      };
      const { key } = await app().do('/key/generate', neutral);
      expect(await info(key)).toMatchObject({ something_new: 'kept', permissions: {}, access_group_ids: [] });
      const answer = await app().post('/key/generate', { max_bugdet: 5 });
      expect(answer).toMatchObject({ status: 400, body: { error: { param: 'max_bugdet' } } });
    });

    test('is refused where a name or a depth would get past the checks', async () => {
      const odd = ['{"model_rpm_limit":{"__proto__":"x"}}', `{"metadata":{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}}`];
      for (const text of odd) expect(await app().post('/key/generate', text)).toMatchObject({ status: 400 });
    });

    test('is limited by what LiteLLM would find in its metadata', async () => {
      const metadata = { model_rpm_limit: { a: 3 }, tags: ['t'], note: 'mine' };
      const { key } = await app().do('/key/generate', { metadata });
      expect(await info(key)).toMatchObject({ model_rpm_limit: { a: 3 }, tags: ['t'], metadata });
      expect(await app().post('/key/generate', { metadata: { model_rpm_limit: { a: 'x' } } })).toMatchObject({ status: 400 });
    });

    test('has a raise of its budget for a while', async () => {
      const { key } = await app().do('/key/generate', { max_budget: 1 });
      await app().do('/key/update', { key, temp_budget_increase: 2, temp_budget_expiry: '1d' });
      expect(await info(key)).toMatchObject({
        temp_budget_increase: 2,
        temp_budget_expiry: new Date(app().nowMs + 86_400_000).toISOString(),
      });
      expect(await app().post('/key/generate', { temp_budget_increase: 2 })).toMatchObject({ status: 400 });
    });

    test('is found by what it was called, and gone when deleted, with what it spent', async () => {
      const first = await app().do('/key/generate', { key_alias: 'gone-1', spend: 3 });
      const second = await app().do('/key/generate', {});
      expect(await app().do('/key/delete', { keys: [second.key], key_aliases: ['gone-1'] })).toEqual({
        deleted_keys: [second.key, first.token],
      });
      expect(await counter(`key:${first.token}`)).toBeUndefined();
      expect(await app().post('/key/delete', { keys: [second.key] })).toMatchObject({ status: 404 });
    });

    test('is deleted together with the others that are named, or not at all', async () => {
      const { key } = await app().do('/key/generate', {});
      expect(await app().post('/key/delete', { keys: [key, 'sk-unknown'] })).toMatchObject({ status: 404 });
      expect((await info(key)).key_name).toBe(`sk-...${key.slice(-4)}`);
    });
  });

  describe('spend', () => {
    test('is that of the running period, and can be set', async () => {
      const { key, token } = await app().do('/key/generate', { max_budget: 5, budget_duration: '1d' });
      await app().do('/key/update', { key, spend: 1.25 });
      expect(await info(key)).toMatchObject({ spend: 1.25, budget_reset_at: '2027-01-16T00:00:00.000Z' });
      expect(await counter(`key:${token}`)).toMatchObject({ duration: '1d', spent: 1_250_000_000 });
      const before = app().nowMs;
      app().nowMs += 86_400_000;
      expect((await info(key)).spend).toBe(0);
      app().nowMs = before;
    });

    test('is kept when the period changes, unless its period is over', async () => {
      const { key, token } = await app().do('/key/generate', { max_budget: 5, budget_duration: '1d', spend: 2 });
      await app().do('/key/update', { key, budget_duration: '30d' });
      expect(await counter(`key:${token}`)).toMatchObject({
        duration: '30d',
        spent: 2e9,
        period_end: new Date('2027-02-01T00:00:00Z'),
      });
      await app().do('/key/update', { key, budget_duration: null });
      expect(await counter(`key:${token}`)).toMatchObject({ duration: null, spent: 2e9, period_end: null });
      await app().do('/key/update', { key, budget_duration: '1d' });
      const before = app().nowMs;
      app().nowMs += 2 * 86_400_000;
      await app().do('/key/update', { key, budget_duration: '30d' });
      expect(await counter(`key:${token}`)).toMatchObject({ duration: '30d', spent: 0 });
      app().nowMs = before;
    });

    test('of a model has a period of its own', async () => {
      const model_max_budget = { 'gpt-x': { budget_limit: 1, time_period: '1d' } };
      const { key, token } = await app().do('/key/generate', { model_max_budget });
      const scope = `key:${token}:model:gpt-x`;
      await app()
        .store.db.insertInto('spend')
        .values({ scope, duration: '1d', period_end: new Date('2027-01-16'), spent: 7 })
        .execute();
      await app().do('/key/update', { key, model_max_budget: { 'gpt-x': { budget_limit: 1, time_period: '1mo' } } });
      expect(await counter(scope)).toMatchObject({ duration: '1mo', spent: 7, period_end: new Date('2027-02-01T00:00:00Z') });
    });

    test('follows the duration of a named budget that the key refers to', async () => {
      await app().do('/budget/new', { budget_id: 'shared', max_budget: 10, budget_duration: '1d' });
      const { key, token } = await app().do('/key/generate', { budget_id: 'shared', spend: 1 });
      expect(await counter(`key:${token}`)).toMatchObject({ duration: '1d' });
      expect((await info(key)).litellm_budget_table).toMatchObject({ budget_id: 'shared', max_budget: 10 });
      await app().do('/budget/update', { budget_id: 'shared', budget_duration: '30d' });
      expect(await counter(`key:${token}`)).toMatchObject({ duration: '30d', spent: 1e9 });
      expect(await app().post('/budget/delete', { id: 'shared' })).toMatchObject({ status: 400 });
      // An amount of its own has a period of its own: none.
      await app().do('/key/update', { key, max_budget: 3 });
      expect(await counter(`key:${token}`)).toMatchObject({ duration: null, spent: 1e9 });
      await app().do('/key/update', { key, max_budget: null });
      expect(await counter(`key:${token}`)).toMatchObject({ duration: '30d', spent: 1e9 });
      await app().do('/key/update', { key, budget_id: null });
      expect(await counter(`key:${token}`)).toMatchObject({ duration: null, spent: 1e9 });
      expect(await app().post('/budget/delete', { id: 'shared' })).toMatchObject({ status: 200 });
    });
  });

  describe('rotation', () => {
    test('gives a new key with the same limits and spend; the old one leads to it until its time', async () => {
      const old = await app().do('/key/generate', { key_alias: 'rotating', max_budget: 5, spend: 1, model_max_budget: { a: 1 } });
      app().announced.length = 0;
      const next = await app().do(`/key/${old.token}/regenerate`, { grace_period: '24h', rpm_limit: 9 });
      expect(next).toMatchObject({ key_alias: 'rotating', max_budget: 5, spend: 1, rpm_limit: 9 });
      expect(next.key).not.toBe(old.key);
      await expect.poll(() => app().announced.map(({ id }) => id)).toEqual(expect.arrayContaining([old.token, next.token]));
      const retired = () =>
        app().store.db.selectFrom('retired_keys').selectAll().where('hash', '=', old.token).executeTakeFirst();
      const revokeAt = new Date(app().nowMs + 86_400_000);
      expect(await retired()).toEqual({ hash: old.token, key_hash: next.token, revoke_at: revokeAt });
      const last = await app().do('/key/regenerate', { key: next.key });
      expect(await retired()).toEqual({ hash: old.token, key_hash: last.token, revoke_at: revokeAt });
      expect(await counter(`key:${next.token}`)).toBeUndefined();
      expect(await counter(`key:${last.token}`)).toMatchObject({ spent: 1e9 });
      expect(await app().post('/key/generate', { key: old.key })).toMatchObject({ status: 400 });
      expect(await app().post('/key/regenerate', {})).toMatchObject({ status: 400, body: { error: { param: 'key' } } });
    });

    test('needs no body', async () => {
      const { token } = await app().do('/key/generate', {});
      expect((await app().send(master, 'POST', `/key/${token}/regenerate`)).status).toBe(200);
    });
  });

  describe('a user', () => {
    test('makes keys within its own limits and models only', async () => {
      const limits = { max_budget: 5, rpm_limit: 10, models: ['a', 'openai/*'] };
      await app().do('/user/new', { user_id: 'limited', user_role: 'internal_user', ...limits });
      const own = user('limited');
      expect(await app().do('/key/generate', { max_budget: 5, models: ['openai/gpt'] }, own)).toMatchObject({
        user_id: 'limited',
      });
      const { status, body } = await app().post('/key/generate', { max_budget: 5.01, rpm_limit: 11, models: ['b', '*'] }, own);
      expect(status).toBe(400);
      expect(body.error.details.map(({ field }: { field: string }) => field)).toEqual(['max_budget', 'rpm_limit', 'models']);
      const { key } = await app().do('/key/generate', {}, own);
      expect(await app().post('/key/update', { key, max_budget: 6 }, own)).toMatchObject({ status: 400 });
    });

    test('that nobody made gets no keys, though a key may name it', async () => {
      expect(await app().post('/key/generate', {}, user('nobody-made-me'))).toMatchObject({ status: 403 });
    });

    test('takes neither a block nor a guardrail away', async () => {
      const { key } = await app().do('/key/generate', { user_id: 'owner', guardrails: ['pii'], blocked: true });
      for (const body of [{ blocked: false }, { blocked: null }, { guardrails: [] }, { metadata: { guardrails: [] } }]) {
        expect(await app().post('/key/update', { key, ...body }, user('owner'))).toMatchObject({ status: 403 });
        expect(await app().post('/key/regenerate', { key, ...body }, user('owner'))).toMatchObject({ status: 403 });
      }
      const next = await app().do('/key/regenerate', { key }, user('owner'));
      expect(next).toMatchObject({ blocked: true, guardrails: ['pii'] });
    });

    test('reaches with a key of a team no further than that team', async () => {
      await app().do('/team/new', { team_id: 'bound', members_with_roles: [{ user_id: 'owner', role: 'user' }] });
      const personal = await app().do('/key/generate', { user_id: 'owner' });
      const bound = user('owner', 'bound');
      expect(await app().get(`/key/info?key=${personal.token}`, bound)).toMatchObject({ status: 404 });
      expect(await app().post('/key/regenerate', { key: personal.token }, bound)).toMatchObject({ status: 404 });
      expect((await app().get('/key/list', bound)).body.total_count).toBe(0);
      expect(await app().post('/key/generate', {}, bound)).toMatchObject({ status: 403 });
      await app().do('/team/permissions_update', { team_id: 'bound', team_member_permissions: ['/key/generate'] });
      expect(await app().do('/key/generate', {}, bound)).toMatchObject({ team_id: 'bound', user_id: 'owner' });
      expect(await app().post('/key/update', { key: personal.token, team_id: null }, bound)).toMatchObject({ status: 404 });
    });
  });

  describe('the list of keys', () => {
    test('is paged, sorted, filtered and searched', async () => {
      for (let at = 0; at < 12; at++) {
        app().nowMs += 1_000;
        await app().do('/key/generate', { key_alias: `page_${at}`, user_id: 'pager', max_budget: at, spend: 12 - at });
      }
      const aliases = async (query: string) => {
        const { body } = await app().get(`/key/list?user_id=pager&return_full_object=true&${query}`);
        return body.keys.map((key: { key_alias: string }) => Number(key.key_alias.slice(5)));
      };
      const first = (await app().get('/key/list?user_id=pager')).body;
      expect(first).toMatchObject({ total_count: 12, current_page: 1, total_pages: 2 });
      expect(first.keys).toHaveLength(10);
      expect(first.keys[0]).toMatch(/^[0-9a-f]{64}$/);
      expect(await aliases('page=2')).toEqual([1, 0]);
      expect(await aliases('size=3&sort_by=max_budget&sort_order=asc')).toEqual([0, 1, 2]);
      expect(await aliases('size=2&sort_by=spend')).toEqual([0, 1]);
      expect(await aliases('search=PAGE_1')).toEqual([11, 10, 1]);
      expect(await aliases('search=%25')).toEqual([]);
      expect(await aliases('key_alias=page_7')).toEqual([7]);
      expect(await app().get('/key/list?size=1000')).toMatchObject({ status: 400, body: { error: { param: 'size' } } });
    });
  });

  test('a change that cannot be announced is not made', async () => {
    const before = (await app().get('/audit')).body.total_count;
    const announce = vi.spyOn(app().store, 'announce').mockRejectedValueOnce(new Error('gone'));
    expect((await app().post('/key/generate', { key_alias: 'half-made' })).status).toBe(500);
    announce.mockRestore();
    expect((await app().get('/key/list?key_alias=half-made')).body.total_count).toBe(0);
    expect((await app().get('/audit')).body.total_count).toBe(before);
  });
}
