import { describe, expect, test } from 'vitest';
import type { AdminApp, Sender } from './app.ts';

const user = (userId: string): Sender => ({ role: 'user', userId });

/** Users, teams, customers, and what goes with them. */
export function holders(app: () => AdminApp): void {
  const exists = async (token: string) => (await app().get(`/key/info?key=${token}`)).status === 200;

  describe('a user', () => {
    test('is made with a key and teams, and deleted with its keys and memberships', async () => {
      await app().do('/team/new', { team_id: 'first' });
      const made = await app().do('/user/new', {
        user_id: 'ada',
        user_email: 'Ada@example.com',
        teams: ['first'],
        duration: '1d',
        max_budget: 2,
      });
      expect(made).toMatchObject({ user_id: 'ada', teams: ['first'], max_budget: 2, user_role: 'internal_user_viewer' });
      const info = (await app().get('/user/info?user_id=ada')).body;
      expect(info).toMatchObject({ user_info: { max_budget: 2, teams: ['first'] }, teams: [{ team_id: 'first' }] });
      // The limits are the user's, not each key's.
      expect(info.keys).toMatchObject([{ token: made.token, max_budget: null, expires: expect.stringMatching(/^2027/) }]);
      app().announced.length = 0;
      expect(await app().do('/user/delete', { user_ids: ['ada'] })).toEqual({ deleted: 1 });
      expect(await exists(made.token)).toBe(false);
      await expect
        .poll(() => app().announced)
        .toEqual(
          expect.arrayContaining([
            { entity: 'user', id: 'ada' },
            { entity: 'key', id: made.token },
            { entity: 'member', id: 'first/ada' },
          ]),
        );
      expect((await app().get('/team/info?team_id=first')).body.team_info.members_with_roles).toEqual([]);
    });

    test('has an id and an address that nobody else has', async () => {
      await app().do('/user/new', { user_id: 'unique', user_email: 'unique@example.com' });
      expect(await app().post('/user/new', { user_id: 'unique' })).toMatchObject({
        status: 400,
        body: { error: { param: 'user_id' } },
      });
      const answer = await app().post('/user/new', { user_email: 'UNIQUE@example.com' });
      expect(answer).toMatchObject({ status: 400, body: { error: { param: 'user_email' } } });
    });

    test('is changed by id or address', async () => {
      await app().do('/user/new', { user_id: 'changing', user_email: 'changing@example.com' });
      const { data } = await app().do('/user/update', { user_email: 'changing@example.com', rpm_limit: 3, spend: 0.5 });
      expect(data).toMatchObject({ user_id: 'changing', rpm_limit: 3, spend: 0.5 });
    });

    test('takes no field of keys where no key is made', async () => {
      const answer = await app().post('/user/new', { auto_create_key: false, guardrails: ['pii'] });
      expect(answer).toMatchObject({ status: 400, body: { error: { param: 'guardrails' } } });
    });

    test('is listed in pages, and found by parts of its names', async () => {
      for (let at = 0; at < 3; at++) await app().do('/user/new', { user_id: `listed-${at}`, user_alias: `Person ${at}` });
      const { body } = await app().get('/user/list?search=listed-&page_size=2&sort_by=user_id&sort_order=asc');
      expect(body).toMatchObject({ total: 3, page: 1, page_size: 2, total_pages: 2 });
      expect(body.users).toMatchObject([{ user_id: 'listed-0', key_count: 1 }, { user_id: 'listed-1' }]);
      expect((await app().get('/user/list?search=person%202')).body.users).toMatchObject([{ user_id: 'listed-2' }]);
    });
  });

  describe('a team', () => {
    test('is deleted with its keys, and every gateway hears of each', async () => {
      await app().do('/team/new', { team_id: 'doomed', spend: 4 });
      const { token } = await app().do('/key/generate', { team_id: 'doomed' });
      app().announced.length = 0;
      await app().do('/team/delete', { team_ids: ['doomed'] });
      expect(await exists(token)).toBe(false);
      await expect
        .poll(() => app().announced)
        .toEqual(
          expect.arrayContaining([
            { entity: 'key', id: token },
            { entity: 'team', id: 'doomed' },
          ]),
        );
      expect(await app().do('/team/new', { team_id: 'doomed' })).toMatchObject({ spend: 0 });
    });

    test('has members with limits of their own, and limits for those who have none', async () => {
      await app().do('/team/new', { team_id: 'crew', team_member_budget: 3, team_member_budget_duration: '1d' });
      const added = await app().do('/team/member_add', {
        team_id: 'crew',
        member: [
          { role: 'user', user_id: 'new-hand' },
          { role: 'admin', user_email: 'mate@example.com' },
        ],
        max_budget_in_team: 1,
      });
      expect(added.updated_users).toMatchObject([{ user_id: 'new-hand', teams: ['crew'] }, { user_email: 'mate@example.com' }]);
      expect(added.updated_team_memberships).toMatchObject([{ litellm_budget_table: { max_budget: 1 } }, {}]);
      const updated = await app().do('/team/member_update', {
        team_id: 'crew',
        user_email: 'mate@example.com',
        role: 'user',
        max_budget_in_team: null,
        tpm_limit: 5,
      });
      expect(updated).toMatchObject({ max_budget_in_team: null, tpm_limit: 5, role: 'user' });
      const { team_info } = (await app().get('/team/info?team_id=crew')).body;
      expect(team_info).toMatchObject({
        team_member_budget: 3,
        team_member_budget_table: { max_budget: 3, budget_duration: '1d' },
      });
      expect(await app().post('/team/member_add', { team_id: 'crew', user_id: 'new-hand' })).toMatchObject({ status: 400 });
    });

    test('keeps what a member spent when the period that members get changes', async () => {
      await app().do('/team/new', {
        team_id: 'periods',
        team_member_budget: 3,
        team_member_budget_duration: '1d',
        members_with_roles: [{ user_id: 'owner' }],
      });
      const scope = 'member:periods/owner';
      await app()
        .store.db.insertInto('spend')
        .values({ scope, duration: '1d', period_end: new Date('2027-01-16'), spent: 5 })
        .execute();
      await app().do('/team/update', { team_id: 'periods', team_member_budget_duration: '1mo' });
      const row = await app().store.db.selectFrom('spend').selectAll().where('scope', '=', scope).executeTakeFirst();
      expect(row).toMatchObject({ duration: '1mo', spent: 5, period_end: new Date('2027-02-01T00:00:00Z') });
    });

    test('loses a member with the keys that it has there, and no others', async () => {
      await app().do('/team/new', { team_id: 'leaving', members_with_roles: [{ user_id: 'owner', role: 'user' }] });
      const inside = await app().do('/key/generate', { team_id: 'leaving', user_id: 'owner' });
      const outside = await app().do('/key/generate', { user_id: 'owner' });
      await app().do('/team/member_delete', { team_id: 'leaving', user_id: 'owner' });
      expect([await exists(inside.token), await exists(outside.token)]).toEqual([false, true]);
    });

    test('shows members their own keys and limits, and administrators everybody’s', async () => {
      const members_with_roles = [
        { user_id: 'boss', role: 'admin' },
        { user_id: 'owner', role: 'user' },
      ];
      await app().do('/team/new', { team_id: 'seen', members_with_roles });
      await app().do('/key/generate', { team_id: 'seen', user_id: 'owner' });
      await app().do('/key/generate', { team_id: 'seen', user_id: 'boss' });
      const shown = async (id: string) => (await app().get('/team/info?team_id=seen', user(id))).body;
      expect((await shown('owner')).keys).toMatchObject([{ user_id: 'owner' }]);
      expect((await shown('owner')).team_memberships).toMatchObject([{ user_id: 'owner' }]);
      expect((await shown('boss')).keys).toHaveLength(2);
      expect((await app().get('/key/list?team_id=seen', user('boss'))).body.total_count).toBe(2);
      expect((await app().get('/key/list?team_id=seen', user('owner'))).body.total_count).toBe(1);
      expect((await app().get('/key/list?include_team_keys=true&size=100', user('boss'))).body.total_count).toBeGreaterThan(1);
    });

    test('lets its members do what it permits, and no more', async () => {
      await app().do('/team/new', {
        team_id: 'strict',
        max_budget: 1,
        models: ['a'],
        members_with_roles: [{ user_id: 'owner' }],
      });
      expect(await app().post('/key/generate', { team_id: 'strict' }, user('owner'))).toMatchObject({ status: 403 });
      await app().do('/team/permissions_update', { team_id: 'strict', team_member_permissions: ['/key/generate'] });
      expect((await app().get('/team/permissions_list?team_id=strict', user('owner'))).body).toMatchObject({
        team_member_permissions: ['/key/generate'],
      });
      const { key } = await app().do('/key/generate', { team_id: 'strict', max_budget: 1 }, user('owner'));
      expect(await app().post('/key/generate', { team_id: 'strict', max_budget: 2 }, user('owner'))).toMatchObject({
        status: 400,
      });
      expect(await app().post('/key/generate', { team_id: 'strict', models: ['b'] }, user('owner'))).toMatchObject({
        status: 400,
      });
      expect(await app().post('/key/update', { key, max_budget: 0.5 }, user('owner'))).toMatchObject({ status: 403 });
      expect(await app().post('/key/delete', { keys: [key] }, user('owner'))).toMatchObject({ status: 200 });
    });

    test('is blocked and let in again', async () => {
      await app().do('/team/new', { team_id: 'stopped' });
      expect(await app().do('/team/block', { team_id: 'stopped' })).toMatchObject({ blocked: true });
      expect(await app().do('/team/unblock', { team_id: 'stopped' })).toMatchObject({ blocked: false });
    });

    test('has a page of teams on its own path', async () => {
      const { body } = await app().get('/v2/team/list?search=stopped&page_size=1');
      expect(body).toMatchObject({ total: 1, page: 1, page_size: 1, total_pages: 1, teams: [{ team_id: 'stopped' }] });
    });
  });

  describe('a service account', () => {
    test('belongs to a team and to nobody', async () => {
      await app().do('/team/new', { team_id: 'machines' });
      const made = await app().do('/key/service-account/generate', { team_id: 'machines', key_alias: 'robot', user_id: 'owner' });
      expect(made).toMatchObject({ team_id: 'machines', user_id: null, metadata: { service_account_id: 'robot' } });
      expect(await app().post('/key/service-account/generate', {})).toMatchObject({
        status: 400,
        body: { error: { param: 'team_id' } },
      });
    });
  });

  describe('a customer', () => {
    test('has limits, a block and a named budget, under both names of its paths', async () => {
      await app().do('/budget/new', { budget_id: 'small', max_budget: 1 });
      await app().do('/end_user/new', { user_id: 'eve', budget_id: 'small', alias: 'Eve' });
      expect(await app().do('/customer/update', { user_id: 'eve', rpm_limit: 2, spend: 0.25 })).toMatchObject({
        rpm_limit: 2,
        spend: 0.25,
      });
      await app().do('/customer/block', { user_ids: ['eve', 'unknown-to-us'] });
      expect((await app().get('/end_user/info?end_user_id=eve')).body).toMatchObject({
        user_id: 'eve',
        blocked: true,
        spend: 0.25,
        litellm_budget_table: { max_budget: 1 },
      });
      const blocked = (await app().get('/customer/list')).body.filter((row: { blocked: boolean }) => row.blocked);
      expect(blocked.map((row: { user_id: string }) => row.user_id)).toEqual(expect.arrayContaining(['eve', 'unknown-to-us']));
      expect(await app().do('/customer/delete', { user_ids: ['eve'] })).toMatchObject({ deleted_customers: 1 });
      expect(await app().get('/customer/info?end_user_id=eve')).toMatchObject({ status: 404 });
    });
  });

  test('the audit log is paged and filtered', async () => {
    const { body } = await app().get('/audit?entity=team&action=team.delete&size=1');
    expect(body).toMatchObject({ current_page: 1, audit: [{ entity: 'team', action: 'team.delete', after: null }] });
    expect(body.total_pages).toBe(body.total_count);
  });
}
