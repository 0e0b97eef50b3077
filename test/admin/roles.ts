import { beforeAll, describe, expect, test } from 'vitest';
import { hashKey } from '../../src/keys/key-hash.ts';
import { master, type AdminApp, type Sender } from './app.ts';

/** Who is who: a team T with an administrator, a member and a stranger to it, each with keys. */
const senders: Record<string, Sender> = {
  'no user': { role: 'user', keyHash: hashKey('sk-lonely-key-0123456789') },
  stranger: { role: 'user', userId: 'stranger' },
  viewer: { role: 'viewer', userId: 'owner' },
  owner: { role: 'user', userId: 'owner' },
  'team admin': { role: 'user', userId: 'boss' },
  'admin viewer': { role: 'admin_viewer', userId: 'auditor' },
  admin: { role: 'admin', userId: 'root' },
  master,
};
const order = Object.keys(senders);

/** The outcome for each sender, in the order above. `+`: 200; `-`: 403; `?`: 404, as if it were not there. */
type Outcome = string;

interface Step {
  /** Which of the route's uses this is. */
  use: string;
  body?: (made: Made) => object;
  query?: string;
  expected: Outcome;
}

/** Fresh entities after each request that succeeded, so that a change by one sender is not seen by the next. */
interface Made {
  /** Owner's key, personal. */
  own: string;
  /** Owner's key in the team. */
  ofTeam: string;
  /** A key of nobody whom senders know. */
  foreign: string;
  id: string;
  team: string;
}

// Columns: no user, stranger, viewer, owner, team admin, admin viewer, admin, master.
const users = '-+++++++';
const readers = '-----+++';
const admins = '------++';
const changers = '-+-++-++';
const ownKey = '-?-+?-++';
const teamKeyOfMember = '-?-++-++';
const ownRead = '??++?+++';
const foreignKey = '-?-??-++';
const teamRead = '-?++++++';
const teamChange = '-?--+-++';

/** Every route, and what each sender gets from it. A route without a row fails. */
const steps: Record<string, Step[]> = {
  'POST /key/generate': [
    { use: 'for itself', body: () => ({}), expected: changers },
    { use: 'for another user', body: () => ({ user_id: 'somebody' }), expected: admins },
    { use: 'in the team', body: ({ team }) => ({ team_id: team }), expected: '-?--+-++' },
    { use: 'in an unknown team', body: () => ({ team_id: 'nowhere' }), expected: '-?-??-??' },
    { use: 'for a member of the team', body: ({ team }) => ({ team_id: team, user_id: 'owner' }), expected: '-?--+-++' },
    { use: 'for an administrator in the team', body: ({ team }) => ({ team_id: team, user_id: 'root' }), expected: '-?----++' },
    { use: 'for a stranger in the team', body: ({ team }) => ({ team_id: team, user_id: 'stranger' }), expected: '-?--?-++' },
    { use: 'with a named budget', body: () => ({ budget_id: 'walk-budget' }), expected: admins },
    { use: 'with spend', body: () => ({ spend: 1 }), expected: admins },
  ],
  'POST /key/service-account/generate': [{ use: 'in the team', body: ({ team }) => ({ team_id: team }), expected: teamChange }],
  'POST /key/update': [
    { use: 'own', body: ({ own }) => ({ key: own, max_budget: 1 }), expected: ownKey },
    { use: 'foreign', body: ({ foreign }) => ({ key: foreign, max_budget: 1 }), expected: foreignKey },
    // The team permits its members nothing.
    { use: 'in the team', body: ({ ofTeam }) => ({ key: ofTeam, max_budget: 1 }), expected: teamChange },
    { use: 'giving it away', body: ({ own }) => ({ key: own, user_id: 'stranger' }), expected: '-?--?-++' },
    { use: 'resetting spend', body: ({ own }) => ({ key: own, spend: 0 }), expected: '-?--?-++' },
  ],
  'POST /key/:key/regenerate': [
    { use: 'own', body: ({ own }) => ({ key: own }), expected: ownKey },
    { use: 'foreign', body: ({ foreign }) => ({ key: foreign }), expected: foreignKey },
    { use: 'in the team', body: ({ ofTeam }) => ({ key: ofTeam }), expected: teamChange },
  ],
  'POST /key/delete': [
    { use: 'own', body: ({ own }) => ({ keys: [own] }), expected: ownKey },
    { use: 'foreign', body: ({ foreign }) => ({ keys: [foreign] }), expected: foreignKey },
    { use: 'in the team', body: ({ ofTeam }) => ({ keys: [ofTeam] }), expected: teamKeyOfMember },
    { use: 'own and foreign', body: ({ own, foreign }) => ({ keys: [own, foreign] }), expected: foreignKey },
    { use: 'foreign by alias', body: ({ id }) => ({ key_aliases: [`alias-${id}`] }), expected: foreignKey },
  ],
  'POST /key/block': [
    { use: 'own', body: ({ own }) => ({ key: own }), expected: ownKey },
    { use: 'foreign', body: ({ foreign }) => ({ key: foreign }), expected: foreignKey },
    { use: 'in the team', body: ({ ofTeam }) => ({ key: ofTeam }), expected: teamKeyOfMember },
  ],
  'POST /key/unblock': [
    { use: 'own, blocked', body: ({ id }) => ({ key: `sk-blocked-${id}` }), expected: '-?--?-++' },
    { use: 'foreign', body: ({ foreign }) => ({ key: foreign }), expected: foreignKey },
  ],
  'GET /key/info': [
    { use: 'own', query: 'key=OWN', expected: ownRead },
    { use: 'foreign', query: 'key=FOREIGN', expected: '?????+++' },
    { use: 'in the team', query: 'key=TEAM', expected: '??++++++' },
    { use: 'unknown', query: 'key=sk-unknown', expected: '????????' },
    { use: 'the one that calls', query: '', expected: '+???????' },
  ],
  'GET /key/list': [{ use: 'all', query: '', expected: users }],
  'POST /user/new': [{ use: 'any', body: ({ id }) => ({ user_id: `new-${id}` }), expected: admins }],
  'POST /user/update': [{ use: 'itself', body: () => ({ user_id: 'owner', max_budget: 9 }), expected: admins }],
  'POST /user/delete': [{ use: 'any', body: ({ id }) => ({ user_ids: [`user-${id}`] }), expected: admins }],
  'GET /user/info': [
    { use: 'owner', query: 'user_id=owner', expected: '-?++?+++' },
    { use: 'unknown', query: 'user_id=nobody', expected: '-???????' },
  ],
  'GET /user/list': [{ use: 'all', query: '', expected: users }],
  'POST /team/new': [{ use: 'any', body: () => ({}), expected: admins }],
  'POST /team/update': [{ use: 'any', body: ({ team }) => ({ team_id: team, max_budget: 5 }), expected: admins }],
  'POST /team/delete': [{ use: 'any', body: ({ team }) => ({ team_ids: [team] }), expected: admins }],
  'POST /team/block': [{ use: 'any', body: ({ team }) => ({ team_id: team }), expected: admins }],
  'POST /team/unblock': [{ use: 'any', body: ({ team }) => ({ team_id: team }), expected: admins }],
  'POST /team/member_add': [
    { use: 'known', body: ({ team, id }) => ({ team_id: team, user_id: `user-${id}` }), expected: teamChange },
    { use: 'unknown', body: ({ team, id }) => ({ team_id: team, user_id: `made-${id}` }), expected: '-?--?-++' },
  ],
  'POST /team/member_update': [
    { use: 'member', body: ({ team }) => ({ team_id: team, user_id: 'owner', rpm_limit: 1 }), expected: teamChange },
  ],
  'POST /team/member_delete': [
    { use: 'member', body: ({ team }) => ({ team_id: team, user_id: 'owner' }), expected: teamChange },
  ],
  'POST /team/permissions_update': [
    { use: 'any', body: ({ team }) => ({ team_id: team, team_member_permissions: ['/key/generate'] }), expected: teamChange },
  ],
  'GET /team/permissions_list': [{ use: 'any', query: 'team_id=THE_TEAM', expected: teamRead }],
  'GET /team/info': [
    { use: 'any', query: 'team_id=THE_TEAM', expected: teamRead },
    { use: 'unknown', query: 'team_id=nowhere', expected: '-???????' },
  ],
  'GET /team/list': [{ use: 'all', query: '', expected: users }],
  'GET /v2/team/list': [{ use: 'all', query: '', expected: users }],
  'POST /budget/new': [{ use: 'any', body: () => ({ max_budget: 1 }), expected: admins }],
  'POST /budget/update': [{ use: 'any', body: () => ({ budget_id: 'walk-budget', max_budget: 2 }), expected: admins }],
  'POST /budget/info': [{ use: 'any', body: () => ({ budgets: ['walk-budget'] }), expected: readers }],
  'POST /budget/delete': [{ use: 'any', body: ({ id }) => ({ id: `budget-${id}` }), expected: admins }],
  'GET /budget/list': [{ use: 'all', query: '', expected: readers }],
  'POST /customer/new': [{ use: 'any', body: ({ id }) => ({ user_id: `made-${id}` }), expected: admins }],
  'POST /customer/update': [{ use: 'any', body: ({ id }) => ({ user_id: `customer-${id}` }), expected: admins }],
  'POST /customer/delete': [{ use: 'any', body: ({ id }) => ({ user_ids: [`customer-${id}`] }), expected: admins }],
  'POST /customer/block': [{ use: 'any', body: ({ id }) => ({ user_ids: [`customer-${id}`] }), expected: admins }],
  'POST /customer/unblock': [{ use: 'any', body: ({ id }) => ({ user_ids: [`customer-${id}`] }), expected: admins }],
  'GET /customer/info': [{ use: 'any', query: 'end_user_id=walk-customer', expected: readers }],
  'GET /customer/list': [{ use: 'all', query: '', expected: readers }],
  'GET /audit': [{ use: 'all', query: '', expected: readers }],
};

/** Every route of the admin API, asked by everybody. */
export function roleWalk(app: () => AdminApp): void {
  describe('who may call what', () => {
    let count = 0;
    beforeAll(async () => {
      const roles = { stranger: 'internal_user', owner: 'internal_user', boss: 'internal_user', root: 'proxy_admin' };
      for (const [user_id, user_role] of Object.entries(roles)) {
        await app().do('/user/new', { user_id, user_role, auto_create_key: false });
      }
      await app().do('/key/generate', { key: 'sk-lonely-key-0123456789' });
      await app().do('/budget/new', { budget_id: 'walk-budget', max_budget: 1 });
      await app().do('/customer/new', { user_id: 'walk-customer' });
    });

    /** Straight into the tables: by the API it takes the better part of a minute. */
    async function make(): Promise<Made> {
      const id = String(++count);
      const team = `walk-team-${id}`;
      const { db } = app().store;
      const now = { created_at: new Date(app().nowMs), updated_at: new Date(app().nowMs), budget_anchor: new Date(app().nowMs) };
      await db
        .insertInto('teams')
        .values({ id: team, ...now } as never)
        .execute();
      const roles = { boss: 'admin', owner: 'user', root: 'user' };
      await db
        .insertInto('members')
        .values(Object.entries(roles).map(([user_id, role]) => ({ team_id: team, user_id, role }) as never))
        .execute();
      await db
        .insertInto('users')
        .values({ id: `user-${id}`, ...now } as never)
        .execute();
      await db
        .insertInto('budgets')
        .values({ id: `budget-${id}`, ...now } as never)
        .execute();
      await db
        .insertInto('customers')
        .values({ id: `customer-${id}`, ...now } as never)
        .execute();
      const keys = {
        [`sk-own-${id}`]: { user_id: 'owner', team_id: null, alias: null, blocked: false },
        [`sk-team-${id}`]: { user_id: 'owner', team_id: team, alias: null, blocked: false },
        [`sk-foreign-${id}`]: { user_id: 'elsewhere', team_id: null, alias: `alias-${id}`, blocked: false },
        [`sk-blocked-${id}`]: { user_id: 'owner', team_id: null, alias: null, blocked: true },
      };
      await db
        .insertInto('keys')
        .values(Object.entries(keys).map(([key, values]) => ({ hash: hashKey(key), name: 'sk-...', ...values, ...now }) as never))
        .execute();
      return { own: `sk-own-${id}`, ofTeam: `sk-team-${id}`, foreign: hashKey(`sk-foreign-${id}`), id, team };
    }

    test('every route has a row, and every row a route', () => {
      const served = app().routes.map(({ method, paths }) => `${method} ${paths[0]}`);
      expect(Object.keys(steps).sort()).toEqual(served.sort());
    });

    const rows = Object.entries(steps).flatMap(([route, uses]) =>
      uses.map((step) => [`${route}: ${step.use}`, route, step] as const),
    );
    test.each(rows)('%s', async (_name, route, step) => {
      const [method, path] = route.split(' ') as ['GET' | 'POST', string];
      let outcome = '';
      let made = await make();
      for (const name of order) {
        // Whoever was refused has changed nothing.
        if (method === 'POST' && outcome.endsWith('+')) made = await make();
        const query = (step.query ?? '')
          .replace('OWN', made.own)
          .replace('FOREIGN', made.foreign)
          .replace('THE_TEAM', made.team)
          .replace('TEAM', made.ofTeam);
        const url = `${path.replace('/:key', '')}${query === '' ? '' : `?${query}`}`;
        const answer = await app().send(senders[name]!, method, url, step.body?.(made));
        outcome += { 200: '+', 403: '-', 404: '?' }[answer.status] ?? `[${answer.status} ${JSON.stringify(answer.body)}]`;
        if (answer.status === 404) expect(answer.body.error.message).toContain('not found');
      }
      expect(outcome).toBe(step.expected);
    });
  });

  describe('what is not there and what may not be seen', () => {
    test('sound the same', async () => {
      await app().do('/team/new', { team_id: 'secret-team' });
      const { token } = await app().do('/key/generate', { user_id: 'elsewhere' });
      const shown = async (path: string) => {
        const { status, body } = await app().get(path, senders['owner']);
        return { status, ...body.error, message: String(body.error.message).replace(/: .*/, '') };
      };
      expect(await shown(`/key/info?key=${token}`)).toEqual(await shown(`/key/info?key=${'0'.repeat(64)}`));
      expect(await shown('/team/info?team_id=secret-team')).toEqual(await shown('/team/info?team_id=no-team'));
      expect(await shown('/user/info?user_id=stranger')).toEqual(await shown('/user/info?user_id=no-user'));
    });

    test('lists hold the caller’s own and nothing else', async () => {
      const keys = (await app().get('/key/list?size=100&return_full_object=true', senders['owner'])).body.keys;
      expect(new Set(keys.map((key: { user_id: string }) => key.user_id))).toEqual(new Set(['owner']));
      expect((await app().get('/user/list', senders['owner'])).body.users).toMatchObject([{ user_id: 'owner' }]);
      expect((await app().get('/user/list?user_ids=owner,boss', senders['stranger'])).body.users).toEqual([]);
      expect((await app().get('/team/list', senders['stranger'])).body).toEqual([]);
      expect((await app().get('/key/list?user_id=elsewhere', senders['owner'])).body.total_count).toBe(0);
      expect((await app().get('/key/list?search=elsewhere', senders['owner'])).body.total_count).toBe(0);
    });
  });
}
