import type { Access, ModelGrant, Role, Scope } from '../core/access.ts';
import type { AccessRow } from '../store/access-query.ts';
import { buildScope, limitsOf, nextPeriodMs, noLimits, type HolderLimits, type Moment } from './build-scope.ts';

/** What a key gives at a moment, and when that changes by time alone: Unix milliseconds, Infinity for never. */
export interface BuiltAccess {
  access: Access;
  changesAtMs: number;
}

/** LiteLLM's roles of users. A role that we do not know may do what a user may. */
const roles: Readonly<Record<string, Role>> = {
  proxy_admin: 'admin',
  proxy_admin_viewer: 'admin_viewer',
  internal_user: 'user',
  internal_user_viewer: 'viewer',
};

/** What LiteLLM's kinds of keys may call, in its names for groups of routes. */
const routesOfType: Readonly<Record<string, readonly string[]>> = {
  llm_api: ['llm_api_routes'],
  management: ['management_routes'],
  read_only: ['info_routes'],
};

/**
 * What a key gives. A key's own limits win over its budget's; a member's over its team's for members; a user's models and money hold for keys
 * without a team only, its rates for all of its keys (LiteLLM's `auth_checks.py`).
 */
export function buildAccess(row: AccessRow, nowMs: number): BuiltAccess {
  const { key, team } = row;
  const moment: Moment = { spend: row.spend, nowMs };
  const raiseEndMs = key.temp_budget_expiry === null ? -Infinity : Date.parse(key.temp_budget_expiry);
  const scopes = buildScopes(row, moment, raiseEndMs > nowMs);
  const access: Access = {
    keyHash: key.hash,
    keyAlias: key.alias,
    keyName: key.name,
    role: roleOf(row),
    isMaster: false,
    userId: key.user_id,
    teamId: key.team_id,
    expiresAtMs: key.expires_at === null ? null : Date.parse(key.expires_at),
    grants: buildGrants(row),
    routes: routesOfType[key.key_type] ?? (key.allowed_routes.length === 0 ? null : key.allowed_routes),
    scopes,
    modelAliases: { ...team?.model_aliases, ...key.aliases },
    guardrails: union(key.guardrails, team?.guardrails),
    tags: union(key.tags, team?.tags),
    metadata: key.metadata,
  };
  return { access, changesAtMs: Math.min(nextPeriodMs(scopes), raiseEndMs > nowMs ? raiseEndMs : Infinity) };
}

/** Who was deleted, or was never made, may look at its own and change nothing. A key of nobody has a user's role, and no user to act for. */
function roleOf({ key, user }: AccessRow): Role {
  if (user === null) return key.user_id === null ? 'user' : 'viewer';
  return Object.hasOwn(roles, user.role) ? (roles[user.role] ?? 'user') : 'user';
}

function union(one: readonly string[], other: readonly string[] = []): string[] {
  return [...new Set([...one, ...other])];
}

function buildScopes(row: AccessRow, moment: Moment, isRaised: boolean): Scope[] {
  const { key, user, team } = row;
  const scopes: Scope[] = [];
  const ofKey = limitsOf(key, row.budget);
  const raise = isRaised ? (key.temp_budget_increase ?? 0) : 0;
  const maxNanoUsd = ofKey.maxNanoUsd === null ? null : ofKey.maxNanoUsd + raise;
  scopes.push(buildScope({ kind: 'key', id: key.hash, label: key.alias ?? key.name }, { ...ofKey, maxNanoUsd }, moment));
  if (key.user_id !== null) {
    const limits = user === null ? noLimits : limitsOf(user, null);
    const label = user?.alias ?? key.user_id;
    scopes.push(buildScope({ kind: 'user', id: key.user_id, label }, key.team_id === null ? limits : ratesOnly(limits), moment));
  }
  if (key.team_id !== null) {
    const limits = team === null ? noLimits : limitsOf(team, null);
    scopes.push(buildScope({ kind: 'team', id: key.team_id, label: team?.alias ?? key.team_id }, limits, moment));
  }
  if (key.team_id !== null && key.user_id !== null) {
    const id = `${key.team_id}/${key.user_id}`;
    scopes.push(buildScope({ kind: 'member', id, label: user?.alias ?? key.user_id }, memberLimits(row), moment));
  }
  return scopes;
}

/** A user's limits where its money does not count: the counter keeps its period. */
function ratesOnly(limits: HolderLimits): HolderLimits {
  const models = Object.entries(limits.models).map(([model, { rpm_limit, tpm_limit }]) => {
    return [model, { rpm_limit: rpm_limit ?? null, tpm_limit: tpm_limit ?? null }] as const;
  });
  return { ...limits, maxNanoUsd: null, softNanoUsd: null, models: Object.fromEntries(models) };
}

function memberLimits({ team, member }: AccessRow): HolderLimits {
  const defaults = team?.member_defaults ?? {};
  const isOwnMoney = member !== null && member.max_budget !== null;
  const duration = isOwnMoney ? member.budget_duration : (member?.budget_duration ?? defaults.budget_duration ?? null);
  return {
    ...noLimits,
    requestsPerMinute: member?.rpm_limit ?? defaults.rpm_limit ?? null,
    tokensPerMinute: member?.tpm_limit ?? defaults.tpm_limit ?? null,
    maxNanoUsd: member?.max_budget ?? defaults.max_budget ?? null,
    duration,
    anchorMs: Date.parse(member?.budget_anchor ?? team?.budget_anchor ?? '1970-01-01T00:00:00Z'),
  };
}

/**
 * Lists of models. An empty one, and `all-proxy-models` in it, allows every model; `all-team-models` stands for the team's, and without a team
 * for nothing; `no-default-models` stands for nothing.
 */
function buildGrants({ key, user, team }: AccessRow): ModelGrant[] {
  const grants: (ModelGrant | null)[] = [
    grantOf('key', key.alias ?? key.name, key.models, team?.models ?? null),
    key.team_id === null || team === null ? null : grantOf('team', team.alias ?? team.id, team.models, null),
    user === null || key.team_id !== null ? null : grantOf('user', user.alias ?? user.id, user.models, null),
  ];
  return grants.filter((grant) => grant !== null);
}

/** `teamModels`: what `all-team-models` stands for, an empty list for every model; null: there is no team. null as answer: every model. */
function grantOf(
  kind: ModelGrant['kind'],
  label: string,
  models: readonly string[],
  teamModels: readonly string[] | null,
): ModelGrant | null {
  if (models.length === 0 || models.includes('all-proxy-models')) return null;
  const isTeams = models.includes('all-team-models');
  if (isTeams && teamModels !== null && (teamModels.length === 0 || teamModels.includes('all-proxy-models'))) return null;
  const named = models.filter((model) => model !== 'all-team-models' && model !== 'no-default-models');
  return { kind, label, models: union(named, isTeams ? (teamModels ?? []) : []) };
}
