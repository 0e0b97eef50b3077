import type { Kysely } from 'kysely';
import { keysOf } from '../store/keys-rows.ts';
import { membersOfTeams } from '../store/members-rows.ts';
import type { Database } from '../store/schema.ts';
import { findTeam, listTeams as listRows, type TeamRow } from '../store/teams-rows.ts';
import type { TeamListQuery } from '../wire/admin/query.ts';
import type { Caller } from './caller.ts';
import { keysToWire } from './key-answer.ts';
import { reachOf, requireUser, seesKey, type Reach } from './reach.ts';
import { notFound } from './refusals.ts';
import type { AdminServices } from './services.ts';
import { membershipsToWire, teamsToWire, unknownOfTeamInfo } from './team-answer.ts';

/**
 * A team with its memberships and those of its keys that the caller sees.
 * @throws GatewayError `not_found`: there is none such, or the caller is not in it; `route_access_denied`: a key without a user
 */
export async function teamInfo(services: AdminServices, caller: Caller, teamId: string): Promise<object> {
  requireUser(caller);
  const { db } = services.store;
  const reach = await reachOf(db, caller);
  const row = await findTeam(db, teamId, { locked: false });
  if (row === undefined || !(reach.seesAll || reach.teamIds.includes(teamId))) throw notFound('Team', teamId, 'team_id');
  const [team = {}] = await withKeys(services, { db, reach, rows: [row] });
  const { keys, team_memberships, ...info } = team;
  const defaults = Object.keys(row.member_defaults).length === 0 ? null : row.member_defaults;
  const table =
    defaults === null
      ? null
      : {
          max_budget: info['team_member_budget'],
          rpm_limit: info['team_member_rpm_limit'],
          tpm_limit: info['team_member_tpm_limit'],
          budget_duration: info['team_member_budget_duration'],
        };
  return {
    team_id: teamId,
    team_info: { ...info, ...unknownOfTeamInfo, team_member_budget_table: table },
    keys,
    team_memberships,
  };
}

/**
 * The teams that the caller sees: all, or those that it is in. One page of them where the query asks for a page.
 * @throws GatewayError `route_access_denied`: a key without a user
 */
export async function listTeams(
  services: AdminServices,
  caller: Caller,
  query: TeamListQuery,
): Promise<{ teams: Record<string, unknown>[]; total: number }> {
  requireUser(caller);
  const { db } = services.store;
  const reach = await reachOf(db, caller);
  const { page, page_size } = query;
  const { rows, total } = await listRows(db, {
    ids: reach.seesAll ? undefined : reach.teamIds,
    id: query.team_id,
    alias: query.team_alias,
    memberId: query.user_id,
    search: query.search,
    sortBy: query.sort_by ?? 'created_at',
    sortOrder: query.sort_order ?? 'desc',
    page: page === undefined || page_size === undefined ? null : { offset: (page - 1) * page_size, limit: page_size },
    now: new Date(services.now()),
  });
  return { teams: await withKeys(services, { db, reach, rows }), total };
}

async function withKeys(
  services: AdminServices,
  { db, reach, rows }: { db: Kysely<Database>; reach: Reach; rows: readonly TeamRow[] },
): Promise<Record<string, unknown>[]> {
  const ids = rows.map(({ id }) => id);
  const [teams, keyRows, memberRows] = await Promise.all([
    teamsToWire(services, rows),
    keysOf(db, { teamIds: ids }),
    membersOfTeams(db, ids),
  ]);
  // Limits and spend of others in the team are for its administrators.
  const isSeen = (teamId: string, userId: string) =>
    reach.seesAll || reach.adminTeamIds.includes(teamId) || userId === reach.userId;
  const [keys, memberships] = await Promise.all([
    keysToWire(
      services,
      keyRows.filter((key) => seesKey(reach, key)),
    ),
    membershipsToWire(
      services,
      memberRows.filter(({ team_id, user_id }) => isSeen(team_id, user_id)),
    ),
  ]);
  const [keysByTeam, membershipsByTeam] = [
    Map.groupBy(keys, (key) => key['team_id']),
    Map.groupBy(memberships, (one) => one['team_id']),
  ];
  return teams.map((team) => ({
    ...team,
    team_memberships: membershipsByTeam.get(team['team_id']) ?? [],
    keys: keysByTeam.get(team['team_id']) ?? [],
  }));
}
