import { toUsd } from '../money/usd.ts';
import { membersOfTeams, type MemberRow } from '../store/members-rows.ts';
import type { TeamRow } from '../store/teams-rows.ts';
import { findUsers } from '../store/users-rows.ts';
import { neutralValues } from '../wire/admin/foreign-fields.ts';
import { scopes } from './counters.ts';
import { memberDefaultFields, memberFields, teamFields, toWire } from './fields.ts';
import { limitsToWire } from './limits.ts';
import { shownMetadata } from './metadata.ts';
import type { AdminServices } from './services.ts';

type Wire = Record<string, unknown>;

/** What LiteLLM tells of a team and this gateway does not know. */
const unknownOfTeams = {
  ...neutralValues([
    'organization_id',
    'object_permission',
    'object_permission_id',
    'policies',
    'access_group_ids',
    'budget_limits',
  ]),
  ...neutralValues(['router_settings', 'default_team_member_models', 'allow_team_guardrail_config']),
  admins: [],
  members: [],
  model_id: null,
  model_spend: {},
  litellm_model_table: null,
};

/** What a team's own page has besides. */
export const unknownOfTeamInfo = {
  access_group_models: null,
  access_group_mcp_server_ids: null,
  access_group_agent_ids: null,
  access_group_details: null,
};

/** Teams with their members, as answers show them. Not for use within a transaction. */
export async function teamsToWire(services: AdminServices, rows: readonly TeamRow[]): Promise<Wire[]> {
  const { db } = services.store;
  const members = await membersOfTeams(
    db,
    rows.map(({ id }) => id),
  );
  const users = new Map(
    (await findUsers(db, [...new Set(members.map(({ user_id }) => user_id))])).map((user) => [user.id, user]),
  );
  const spend = await services.currentSpend(rows.map(({ id }) => scopes.team(id)));
  const now = new Date(services.now());
  const byTeam = Map.groupBy(members, ({ team_id }) => team_id);
  return rows.map((row) => {
    const wire = { ...toWire(teamFields, row), ...limitsToWire(row, now) };
    return {
      ...unknownOfTeams,
      ...row.extra,
      ...wire,
      team_id: row.id,
      metadata: shownMetadata(row.metadata, wire),
      spend: toUsd(spend.get(scopes.team(row.id)) ?? 0),
      ...toWire(memberDefaultFields, row.member_defaults),
      members_with_roles: (byTeam.get(row.id) ?? []).map(({ user_id, role }) => ({
        user_id,
        user_email: users.get(user_id)?.email ?? null,
        user_alias: users.get(user_id)?.alias ?? null,
        role,
      })),
      created_at: row.created_at.toISOString(),
      updated_at: row.updated_at.toISOString(),
    };
  });
}

/** One team. */
export async function oneTeamToWire(services: AdminServices, row: TeamRow): Promise<Wire> {
  const [wire = {}] = await teamsToWire(services, [row]);
  return wire;
}

/** Memberships with their limits and what was spent in them. */
export async function membershipsToWire(services: AdminServices, rows: readonly MemberRow[]): Promise<Wire[]> {
  const spend = await services.currentSpend(rows.map(({ team_id, user_id }) => scopes.member(team_id, user_id)));
  const now = new Date(services.now());
  return rows.map((row) => {
    const { max_budget_in_team: max_budget, role: _role, ...limits } = toWire(memberFields, row);
    const hasLimits = [max_budget, ...Object.values(limits)].some((value) => value !== null);
    const { budget_reset_at } = limitsToWire({ ...row, soft_budget: null, max_parallel_requests: null, model_limits: {} }, now);
    return {
      user_id: row.user_id,
      team_id: row.team_id,
      budget_id: null,
      spend: toUsd(spend.get(scopes.member(row.team_id, row.user_id)) ?? 0),
      litellm_budget_table: hasLimits ? { max_budget, ...limits, budget_reset_at } : null,
    };
  });
}
