import { keysOf } from '../store/keys-rows.ts';
import { deleteMember, findMember } from '../store/members-rows.ts';
import { findTeam, type TeamRow } from '../store/teams-rows.ts';
import type { AddMembersBody, DeleteMemberBody, MemberBody, UpdateMemberBody } from '../wire/admin/team.ts';
import { invalidFields } from '../wire/parse.ts';
import type { Caller } from './caller.ts';
import { changeTeam } from './change-teams.ts';
import { forgetSpend, scopes } from './counters.ts';
import { removeKeys } from './delete-keys.ts';
import { memberPermissions } from './key-placement.ts';
import { addMember, changeMember, namedUser } from './members.ts';
import { reachOf, requireChanger, requireUser } from './reach.ts';
import { notAllowed, notFound } from './refusals.ts';
import type { AdminServices } from './services.ts';
import { membershipsToWire, oneTeamToWire } from './team-answer.ts';
import { usersToWire } from './user-answer.ts';
import { inTransaction, type Work } from './work.ts';

/**
 * Puts users into a team. Administrators of the team may add users that there are; those of the gateway make missing ones on the way.
 * @throws GatewayError `bad_request` `not_found` `route_access_denied`
 */
export async function addMembers(services: AdminServices, caller: Caller, body: AddMembersBody): Promise<object> {
  requireChanger(caller);
  const { member = flatMember(body) } = body;
  const wanted = Array.isArray(member) ? member : [member];
  const { team, added } = await inTransaction(services, caller, async (work) => {
    const team = await managedTeam(work, caller, body.team_id);
    const added = [];
    for (const one of wanted) added.push(await addMember(services, work, { caller, team, member: one, limits: body }));
    return { team, added };
  });
  const users = added.map(({ user }) => user);
  const rows = added.map(({ row }) => row);
  return {
    ...(await oneTeamToWire(services, team)),
    updated_users: await usersToWire(services, { rows: users, visibleTeamIds: [team.id] }),
    updated_team_memberships: await membershipsToWire(services, rows),
  };
}

/**
 * Changes a member's role and limits in a team.
 * @throws GatewayError `bad_request` `not_found` `route_access_denied`
 */
export async function updateMember(services: AdminServices, caller: Caller, body: UpdateMemberBody): Promise<object> {
  requireChanger(caller);
  const { user, after } = await inTransaction(services, caller, async (work) => {
    const team = await managedTeam(work, caller, body.team_id);
    const { user, before } = await memberOf(work, team, body);
    return { user, after: await changeMember(work, { team, before, body }) };
  });
  const [membership] = await membershipsToWire(services, [after]);
  const { max_budget = null, ...limits } = (membership?.['litellm_budget_table'] ?? {}) as Record<string, unknown>;
  return {
    team_id: after.team_id,
    user_id: after.user_id,
    user_email: user?.email ?? null,
    role: after.role,
    max_budget_in_team: max_budget,
    budget_duration: null,
    tpm_limit: null,
    rpm_limit: null,
    ...limits,
  };
}

/**
 * Takes a user out of a team; the keys that it has in the team go with it.
 * @throws GatewayError `not_found` `route_access_denied`
 */
export async function removeMember(services: AdminServices, caller: Caller, body: DeleteMemberBody): Promise<object> {
  requireChanger(caller);
  const row = await inTransaction(services, caller, async (work) => {
    const team = await managedTeam(work, caller, body.team_id);
    const { before } = await memberOf(work, team, body);
    const keys = await keysOf(work.db, { userIds: [before.user_id] });
    await removeKeys(
      work,
      keys.filter(({ team_id }) => team_id === team.id),
    );
    await deleteMember(work.db, before);
    await forgetSpend(work, scopes.member(team.id, before.user_id), {});
    work.changed({ entity: 'member', id: `${team.id}/${before.user_id}`, verb: 'delete', before, after: null });
    return team;
  });
  return oneTeamToWire(services, row);
}

/**
 * What a team permits its members to do with their own keys in it.
 * @throws GatewayError `not_found`: there is no such team, or the caller does not see it
 */
export async function teamPermissions(services: AdminServices, caller: Caller, teamId: string): Promise<object> {
  requireUser(caller);
  const { db } = services.store;
  const reach = await reachOf(db, caller);
  const team = await findTeam(db, teamId, { locked: false });
  if (team === undefined || !(reach.seesAll || reach.teamIds.includes(teamId))) throw notFound('Team', teamId, 'team_id');
  return permissionsToWire(team);
}

/**
 * Sets what a team permits its members.
 * @throws GatewayError `not_found` `route_access_denied`
 */
export async function setTeamPermissions(
  services: AdminServices,
  caller: Caller,
  { teamId, permissions }: { teamId: string; permissions: readonly string[] },
): Promise<object> {
  requireChanger(caller);
  const row = await inTransaction(services, caller, async (work) => {
    const before = await managedTeam(work, caller, teamId);
    const columns = { member_permissions: [...permissions] };
    return changeTeam(work, caller, { before, columns, verb: 'update' });
  });
  return { ...(await oneTeamToWire(services, row)), ...permissionsToWire(row) };
}

function permissionsToWire({ id, member_permissions }: TeamRow): object {
  return { team_id: id, team_member_permissions: member_permissions, all_available_permissions: [...memberPermissions] };
}

/** A team that the caller administers, locked. */
async function managedTeam(work: Work, caller: Caller, teamId: string): Promise<TeamRow> {
  const reach = await reachOf(work.db, caller);
  const team = await findTeam(work.db, teamId, { locked: true });
  if (team === undefined || !(reach.isAdmin || reach.teamIds.includes(teamId))) throw notFound('Team', teamId, 'team_id');
  if (!reach.isAdmin && !reach.adminTeamIds.includes(teamId)) throw notAllowed('only administrators of the team may change it');
  return team;
}

async function memberOf(work: Work, team: TeamRow, body: DeleteMemberBody) {
  const { user_id, user_email } = flatMember(body);
  const user = await namedUser(work, { user_id, user_email });
  const id = user_id ?? user?.id;
  const before = id === undefined ? undefined : await findMember(work.db, team.id, id);
  if (before === undefined) throw notFound('Member', user_id ?? user_email ?? '', 'user_id');
  return { user, before };
}

/** The member that a body names in its own fields. */
function flatMember({ role, user_id, user_email }: Pick<AddMembersBody, 'role' | 'user_id' | 'user_email'>): MemberBody {
  if ((user_id ?? user_email ?? null) === null) throw invalidFields([{ field: 'user_id', message: 'required, or user_email' }]);
  return { ...(role === undefined ? {} : { role }), user_id: user_id ?? null, user_email: user_email ?? null };
}
