import { toUsd } from '../money/usd.ts';
import { membershipsOfUsers } from '../store/members-rows.ts';
import type { UserRow } from '../store/users-rows.ts';
import { neutralValues } from '../wire/admin/foreign-fields.ts';
import { scopes } from './counters.ts';
import { toWire, userFields } from './fields.ts';
import { limitsToWire } from './limits.ts';
import type { AdminServices } from './services.ts';

/** What LiteLLM tells of a user and this gateway does not know. */
const unknownOfUsers = {
  ...neutralValues([
    'organization_id',
    'object_permission',
    'object_permission_id',
    'allowed_cache_controls',
    'policies',
    'sso_user_id',
  ]),
  team_id: null,
  model_spend: {},
  litellm_organization_table: null,
  organization_memberships: [],
  invitations_created: null,
  invitations_updated: null,
  invitations_user: null,
  model_max_budget_usage: {},
};

/** Users as answers show them, each with the ids of its teams: of those among `visibleTeamIds`, unless that is null. Not for use within a transaction. */
export async function usersToWire(
  services: AdminServices,
  { rows, visibleTeamIds }: { rows: readonly UserRow[]; visibleTeamIds: readonly string[] | null },
): Promise<Record<string, unknown>[]> {
  const memberships = await membershipsOfUsers(
    services.store.db,
    rows.map(({ id }) => id),
  );
  const spend = await services.currentSpend(rows.map(({ id }) => scopes.user(id)));
  const now = new Date(services.now());
  const teams = Map.groupBy(
    memberships.filter(({ team_id }) => visibleTeamIds === null || visibleTeamIds.includes(team_id)),
    ({ user_id }) => user_id,
  );
  return rows.map((row) => ({
    ...unknownOfUsers,
    ...row.extra,
    user_id: row.id,
    ...toWire(userFields, row),
    ...limitsToWire(row, now),
    spend: toUsd(spend.get(scopes.user(row.id)) ?? 0),
    teams: (teams.get(row.id) ?? []).map(({ team_id }) => team_id),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }));
}
