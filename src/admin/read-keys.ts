import { findKey, type KeyRow } from '../store/keys-rows.ts';
import { listKeys as listRows } from '../store/keys-list.ts';
import { findTeams } from '../store/teams-rows.ts';
import { findUsers } from '../store/users-rows.ts';
import type { KeyListQuery } from '../wire/admin/query.ts';
import type { Caller } from './caller.ts';
import { keysToWire, oneKeyToWire } from './key-answer.ts';
import { hashOf } from './named-key.ts';
import { keyVisibility, reachOf, requireUser, seesKey } from './reach.ts';
import { notFound, shownKey } from './refusals.ts';
import type { AdminServices } from './services.ts';
import { limitsToWire } from './limits.ts';

type Wire = Record<string, unknown>;

/**
 * One key; without a name the caller's own.
 * @throws GatewayError `not_found`: there is none such, or the caller does not see it
 */
export async function keyInfo(
  services: AdminServices,
  caller: Caller,
  named: string | undefined,
): Promise<{ key: string; info: Wire }> {
  const { db } = services.store;
  const hash = named === undefined ? caller.keyHash : hashOf(named);
  const shown = named === undefined ? 'the key that calls is not kept there; name one with ?key=' : shownKey(named);
  const [reach, row] = await Promise.all([reachOf(db, caller), hash === null ? undefined : findKey(db, hash, { locked: false })]);
  if (hash === null || row === undefined || !seesKey(reach, row)) throw notFound('Key', shown, 'key');
  return { key: named ?? hash, info: await oneKeyToWire(services, row) };
}

/**
 * One page of the keys that the caller sees: hashes, or rows.
 * @throws GatewayError `route_access_denied`: a key without a user
 */
export async function listKeys(services: AdminServices, caller: Caller, query: KeyListQuery): Promise<object> {
  requireUser(caller);
  const { db } = services.store;
  const reach = await reachOf(db, caller);
  const { rows, total } = await listRows(
    db,
    {
      visibleTo: keyVisibility(reach, {
        withTeams: query.include_team_keys || query.team_id !== undefined || query.key_hash !== undefined,
      }),
      userId: query.user_id,
      teamId: query.team_id,
      alias: query.key_alias,
      hash: query.key_hash === undefined ? undefined : hashOf(query.key_hash),
      search: query.search,
    },
    {
      sortBy: query.sort_by,
      sortOrder: query.sort_order,
      offset: (query.page - 1) * query.size,
      limit: query.size,
      now: new Date(services.now()),
    },
  );
  return {
    keys: query.return_full_object ? await listedKeys(services, rows) : rows.map(({ hash }) => hash),
    total_count: total,
    current_page: query.page,
    total_pages: Math.ceil(total / query.size),
  };
}

const nulls = (names: string): Wire => Object.fromEntries(names.split(' ').map((name) => [name, null]));

/** What LiteLLM's rows of a list have besides, and this gateway does not know. */
const unknownOfListed: Wire = {
  ...nulls('team_spend team_object_permission_id team_member team_member_spend team_member_tpm_limit team_member_rpm_limit'),
  ...nulls('end_user_id end_user_tpm_limit end_user_rpm_limit end_user_max_budget end_user_model_max_budget organization_alias'),
  ...nulls(
    'organization_max_budget organization_tpm_limit organization_rpm_limit organization_metadata project_alias project_metadata',
  ),
  ...nulls('last_refreshed_at api_key allowed_model_region parent_otel_span rpm_limit_per_model tpm_limit_per_model user_spend'),
  ...nulls('request_route user created_by_user end_user_object_permission team_object_permission jwt_claims'),
  is_session_token: false,
};

/** Rows of keys with what a list shows of their teams and users. */
async function listedKeys(services: AdminServices, rows: readonly KeyRow[]): Promise<Wire[]> {
  const { db } = services.store;
  const ids = (of: (row: KeyRow) => string | null) => [...new Set(rows.flatMap((row) => of(row) ?? []))];
  const [wires, teams, users] = await Promise.all([
    keysToWire(services, rows),
    findTeams(
      db,
      ids(({ team_id }) => team_id),
    ),
    findUsers(
      db,
      ids(({ user_id }) => user_id),
    ),
  ]);
  const now = new Date(services.now());
  return wires.map((wire) => {
    const team = teams.find(({ id }) => id === wire['team_id']);
    const user = users.find(({ id }) => id === wire['user_id']);
    const limits = { team: team && limitsToWire(team, now), user: user && limitsToWire(user, now) };
    return {
      ...unknownOfListed,
      ...wire,
      team_alias: team?.alias ?? null,
      team_models: team?.models ?? [],
      team_blocked: team?.blocked ?? false,
      team_metadata: team?.metadata ?? null,
      team_model_aliases: team?.model_aliases ?? null,
      ...prefixed('team', ['tpm_limit', 'rpm_limit', 'max_budget', 'soft_budget'], limits.team),
      ...prefixed('user', ['tpm_limit', 'rpm_limit', 'max_budget', 'model_max_budget'], limits.user),
      user_email: user?.email ?? null,
      user_role: user?.role ?? null,
    };
  });
}

function prefixed(prefix: string, names: readonly string[], limits: Wire | undefined): Wire {
  return Object.fromEntries(names.map((name) => [`${prefix}_${name}`, limits?.[name] ?? null]));
}
