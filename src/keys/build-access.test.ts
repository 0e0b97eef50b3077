import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildAccess } from './build-access.ts';
import { accessRow, budgetRow, keyHash, keyRow, memberRow, teamRow, userRow } from './testing/rows.ts';

const nowMs = Date.UTC(2026, 10, 21, 12);
const monthEnd = '2026-12-01T00:00:00+00:00';
const build = (own: Parameters<typeof accessRow>[0]) => buildAccess(accessRow(own), nowMs).access;
const scopeOf = (own: Parameters<typeof accessRow>[0], kind: string) => build(own).scopes.find((scope) => scope.kind === kind)!;

describe('budgets', () => {
  test('a key without limits has its spend counted and nothing else', () => {
    const { scopes, grants, routes, role } = build({});
    expect(scopes).toEqual([
      {
        kind: 'key',
        id: keyHash,
        label: 'sk-...abcd',
        requestsPerMinute: null,
        tokensPerMinute: null,
        maxParallel: null,
        models: {},
        budget: {
          scope: `key:${keyHash}`,
          maxNanoUsd: null,
          softNanoUsd: null,
          duration: null,
          anchorMs: nowMs,
          periodEndMs: null,
          spentNanoUsd: 0,
        },
      },
    ]);
    expect({ grants, routes, role }).toEqual({ grants: [], routes: null, role: 'user' });
  });

  test('what was spent counts in the period that it was spent in, and in no other', () => {
    const spentIn = (period_end: string | null, budget_duration: string | null) =>
      scopeOf(
        {
          key: keyRow({ max_budget: 100, budget_duration }),
          spend: [{ scope: `key:${keyHash}`, duration: budget_duration, period_end, spent: 40 }],
        },
        'key',
      ).budget;
    expect(spentIn(monthEnd, '30d')).toMatchObject({ spentNanoUsd: 40, periodEndMs: Date.parse(monthEnd) });
    expect(spentIn('2026-11-01T00:00:00+00:00', '30d')).toMatchObject({ spentNanoUsd: 0 });
    expect(spentIn(null, null)).toMatchObject({ spentNanoUsd: 40, periodEndMs: null });
    expect(spentIn(monthEnd, null)).toMatchObject({ spentNanoUsd: 0, periodEndMs: null });
  });

  test('a key’s own limits win over its budget’s, and an own amount brings its own period', () => {
    const budget = budgetRow({ max_budget: 500, budget_duration: '1d', rpm_limit: 7, tpm_limit: 8, soft_budget: 400 });
    const both = scopeOf({ key: keyRow({ max_budget: 0, rpm_limit: 1 }), budget }, 'key');
    expect(both).toMatchObject({ requestsPerMinute: 1, tokensPerMinute: 8 });
    expect(both.budget).toMatchObject({ maxNanoUsd: 0, duration: null, softNanoUsd: 400 });
    expect(scopeOf({ budget }, 'key').budget).toMatchObject({
      maxNanoUsd: 500,
      duration: '1d',
      periodEndMs: Date.UTC(2026, 10, 22),
    });
  });

  test('a raise holds until it ends, and the access says when that is', () => {
    const key = keyRow({ max_budget: 100, temp_budget_increase: 50, temp_budget_expiry: '2026-11-21T12:30:00+00:00' });
    const end = Date.parse('2026-11-21T12:30:00Z');
    const before = buildAccess(accessRow({ key }), nowMs);
    expect(before.access.scopes[0]!.budget!.maxNanoUsd).toBe(150);
    expect(before.changesAtMs).toBe(end);
    const after = buildAccess(accessRow({ key }), end);
    expect(after.access.scopes[0]!.budget!.maxNanoUsd).toBe(100);
    expect(after.changesAtMs).toBe(Infinity);
  });

  test('limits on models have counters of their own', () => {
    const key = keyRow({
      model_limits: { big: { max_budget: 9, budget_duration: '1d', rpm_limit: 2 }, small: { tpm_limit: 5 } },
    });
    const scope = `key:${keyHash}:model:big`;
    const spend = [{ scope, duration: '1d', period_end: '2026-11-22T00:00:00+00:00', spent: 3 }];
    const { models } = scopeOf({ key, spend }, 'key');
    expect(models['big']).toMatchObject({ requestsPerMinute: 2, budget: { scope, maxNanoUsd: 9, spentNanoUsd: 3 } });
    expect(models['small']).toEqual({ requestsPerMinute: null, tokensPerMinute: 5, budget: null });
  });

  test('no amount spent, limit or time makes a spent sum of another period appear', () => {
    const duration = fc.constantFrom('30s', '12h', '1d', '7d', '30d', '1mo', '1y');
    fc.assert(
      fc.property(duration, fc.integer({ min: 0, max: 4e12 }), fc.nat(1e9), (budget_duration, at, spent) => {
        const first = buildAccess(accessRow({ key: keyRow({ budget_duration }) }), at);
        const end = first.access.scopes[0]!.budget!.periodEndMs!;
        const period_end = new Date(end).toISOString();
        const row = accessRow({
          key: keyRow({ budget_duration }),
          spend: [{ scope: `key:${keyHash}`, duration: budget_duration, period_end, spent }],
        });
        expect(end).toBeGreaterThan(at);
        expect(buildAccess(row, at).access.scopes[0]!.budget!.spentNanoUsd).toBe(spent);
        expect(buildAccess(row, end).access.scopes[0]!.budget!.spentNanoUsd).toBe(0);
      }),
    );
  });
});

describe('users and teams', () => {
  const user = userRow({ max_budget: 5, budget_duration: '1d', rpm_limit: 3, models: ['gpt-small'] });

  test('a user’s models and money hold for keys without a team; its rates for all', () => {
    const own = build({ key: keyRow({ user_id: 'ada' }), user });
    expect(own.scopes[1]).toMatchObject({
      kind: 'user',
      id: 'ada',
      requestsPerMinute: 3,
      budget: { scope: 'user:ada', maxNanoUsd: 5 },
    });
    expect(own.grants).toEqual([{ kind: 'user', label: 'ada', models: ['gpt-small'] }]);
    const inTeam = build({ key: keyRow({ user_id: 'ada', team_id: 'red' }), user, team: teamRow() });
    expect(inTeam.scopes[1]).toMatchObject({ requestsPerMinute: 3, budget: { maxNanoUsd: null, duration: '1d' } });
    expect(inTeam.grants).toEqual([]);
  });

  test('scopes come in the order key, user, team, member', () => {
    const { scopes } = build({ key: keyRow({ user_id: 'ada', team_id: 'red' }), user, team: teamRow(), member: memberRow() });
    expect(scopes.map(({ kind, budget }) => [kind, budget?.scope])).toEqual([
      ['key', `key:${keyHash}`],
      ['user', 'user:ada'],
      ['team', 'team:red'],
      ['member', 'member:red/ada'],
    ]);
  });

  test('a member without limits gets the team’s for members', () => {
    const team = teamRow({ member_defaults: { max_budget: 20, budget_duration: '1d', rpm_limit: 4 } });
    const key = keyRow({ user_id: 'ada', team_id: 'red' });
    const byDefault = scopeOf({ key, team, member: memberRow() }, 'member');
    expect(byDefault).toMatchObject({ requestsPerMinute: 4, budget: { maxNanoUsd: 20, duration: '1d' } });
    expect(scopeOf({ key, team, member: memberRow({ max_budget: 0 }) }, 'member').budget).toMatchObject({
      maxNanoUsd: 0,
      duration: null,
    });
    expect(scopeOf({ key, team }, 'member').budget).toMatchObject({ maxNanoUsd: 20 });
  });

  test('counts for owners that the store does not know, who may change nothing', () => {
    const { scopes, role } = build({ key: keyRow({ user_id: 'gone', team_id: 'nowhere' }) });
    expect(scopes.map(({ budget }) => budget?.scope)).toEqual([
      `key:${keyHash}`,
      'user:gone',
      'team:nowhere',
      'member:nowhere/gone',
    ]);
    expect(role).toBe('viewer');
  });

  test.each([
    ['proxy_admin', 'admin'],
    ['proxy_admin_viewer', 'admin_viewer'],
    ['internal_user', 'user'],
    ['internal_user_viewer', 'viewer'],
    ['org_admin', 'user'],
  ] as const)('%s is %s', (role, expected) => {
    expect(build({ key: keyRow({ user_id: 'ada' }), user: userRow({ role }) }).role).toBe(expected);
  });
});

describe('models and routes', () => {
  const grantsOf = (models: string[], team: string[] | null, isGone = false) =>
    build({
      key: keyRow({ models, team_id: team === null ? null : 'red' }),
      team: team === null || isGone ? null : teamRow({ models: team }),
    })
      .grants.filter(({ kind }) => kind === 'key')
      .map((grant) => grant.models);

  test('lists with words of LiteLLM’s mean what they mean there', () => {
    expect(grantsOf([], null)).toEqual([]);
    expect(grantsOf(['a', 'all-proxy-models'], null)).toEqual([]);
    expect(grantsOf(['a', 'b/*'], null)).toEqual([['a', 'b/*']]);
    expect(grantsOf(['all-team-models'], ['x', 'y'])).toEqual([['x', 'y']]);
    expect(grantsOf(['a', 'all-team-models'], ['x'])).toEqual([['a', 'x']]);
    expect(grantsOf(['all-team-models'], [])).toEqual([]);
    expect(grantsOf(['no-default-models'], null)).toEqual([[]]);
  });

  test('the team’s models without a team, or of one that is gone, are none', () => {
    expect(grantsOf(['all-team-models'], null)).toEqual([[]]);
    expect(grantsOf(['all-team-models'], [], true)).toEqual([[]]);
  });

  test('a user without default models may use none', () => {
    const user = userRow({ models: ['no-default-models'] });
    expect(build({ key: keyRow({ user_id: 'ada' }), user }).grants).toEqual([{ kind: 'user', label: 'ada', models: [] }]);
  });

  test('a kind of key decides on its routes before its list does', () => {
    expect(build({ key: keyRow({ key_type: 'llm_api', allowed_routes: ['/key/info'] }) }).routes).toEqual(['llm_api_routes']);
    expect(build({ key: keyRow({ key_type: 'management' }) }).routes).toEqual(['management_routes']);
    expect(build({ key: keyRow({ key_type: 'read_only' }) }).routes).toEqual(['info_routes']);
    expect(build({ key: keyRow({ allowed_routes: ['/v1/models'] }) }).routes).toEqual(['/v1/models']);
  });

  test('the key’s names for models win over the team’s; tags and guardrails add up', () => {
    const team = teamRow({ model_aliases: { fast: 'team-fast', big: 'team-big' }, tags: ['t', 'x'], guardrails: ['pii'] });
    const key = keyRow({ team_id: 'red', aliases: { fast: 'own-fast' }, tags: ['x', 'k'], guardrails: ['words'] });
    expect(build({ key, team })).toMatchObject({
      modelAliases: { fast: 'own-fast', big: 'team-big' },
      tags: ['x', 'k', 't'],
      guardrails: ['words', 'pii'],
    });
  });
});
