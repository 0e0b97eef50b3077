import type { Insertable, Updateable } from 'kysely';
import { keysOf } from '../store/keys-rows.ts';
import { membersOfTeams } from '../store/members-rows.ts';
import type { TeamTable } from '../store/schema.ts';
import {
  deleteTeams as deleteRows,
  findTeam,
  findTeams,
  insertTeam,
  updateTeam as updateRow,
  type TeamRow,
} from '../store/teams-rows.ts';
import { newTeamRequest, updateTeamRequest, type NewTeamBody, type UpdateTeamBody } from '../wire/admin/team.ts';
import type { Caller } from './caller.ts';
import { forgetSpend, movePeriods, scopes, setSpend } from './counters.ts';
import { removeKeys } from './delete-keys.ts';
import { memberDefaultFields, teamFields, toColumns } from './fields.ts';
import { limitColumns } from './limits.ts';
import { addMember, memberPeriods } from './members.ts';
import { extraColumn, liftMetadata } from './metadata.ts';
import { requireAdmin } from './reach.ts';
import { notFound } from './refusals.ts';
import type { AdminServices } from './services.ts';
import { oneTeamToWire } from './team-answer.ts';
import { actorOf, inTransaction, type Work } from './work.ts';

const known = new Set([newTeamRequest, updateTeamRequest].flatMap(({ shape }) => Object.keys(shape)));

/**
 * Makes a team. Whoever makes it with a key of a user is its first administrator.
 * @throws GatewayError `bad_request`: the id is taken; `route_access_denied`
 */
export async function newTeam(services: AdminServices, caller: Caller, body: NewTeamBody): Promise<object> {
  requireAdmin(caller);
  const row = await inTransaction(services, caller, async (work) => {
    const { db, now } = work;
    const team = await insertTeam(db, {
      ...teamColumns(body, null, now),
      id: body.team_id ?? services.newId(),
      created_at: now,
      created_by: actorOf(caller),
      updated_at: now,
      updated_by: actorOf(caller),
    } as Insertable<TeamTable>);
    await setSpend(work, scopes.team(team.id), { holder: team, usd: body.spend });
    work.changed({ entity: 'team', id: team.id, verb: 'create', before: null, after: team });
    const members = [...(body.members_with_roles ?? [])];
    if (caller.userId !== null && !members.some(({ user_id }) => user_id === caller.userId)) {
      members.unshift({ user_id: caller.userId, role: 'admin' });
    }
    for (const member of members) await addMember(services, work, { caller, team, member, limits: {} });
    return team;
  });
  return oneTeamToWire(services, row);
}

/**
 * Changes the fields that the body has.
 * @throws GatewayError `bad_request` `not_found` `route_access_denied`
 */
export async function updateTeam(services: AdminServices, caller: Caller, body: UpdateTeamBody): Promise<object> {
  requireAdmin(caller);
  const row = await inTransaction(services, caller, async (work) => {
    const before = await lockedTeam(work, body.team_id);
    const columns = teamColumns(body, before, work.now) as Updateable<TeamTable>;
    const after = await changeTeam(work, caller, { before, columns, verb: 'update' });
    const scope = scopes.team(after.id);
    if (body.budget_duration !== undefined || body.model_max_budget !== undefined) await movePeriods(work, scope, after);
    await setSpend(work, scope, { holder: after, usd: body.spend });
    if (body.team_member_budget_duration !== undefined) {
      for (const member of await membersOfTeams(work.db, [after.id])) {
        await movePeriods(work, scopes.member(after.id, member.user_id), memberPeriods(member, after));
      }
    }
    return after;
  });
  const wire = await oneTeamToWire(services, row);
  // LiteLLM wraps this answer and no other; clients read either form.
  return { ...wire, data: wire };
}

/**
 * Blocks a team with all its keys, or lets them in again.
 * @throws GatewayError `not_found` `route_access_denied`
 */
export async function setTeamBlocked(
  services: AdminServices,
  caller: Caller,
  { teamId, blocked }: { teamId: string; blocked: boolean },
): Promise<object> {
  requireAdmin(caller);
  const row = await inTransaction(services, caller, async (work) => {
    const before = await lockedTeam(work, teamId);
    return changeTeam(work, caller, { before, columns: { blocked }, verb: blocked ? 'block' : 'unblock' });
  });
  return oneTeamToWire(services, row);
}

/**
 * Deletes teams with their keys and memberships: all of them, or none.
 * @throws GatewayError `not_found` `route_access_denied`
 */
export async function deleteTeams(services: AdminServices, caller: Caller, ids: readonly string[]): Promise<{ deleted: number }> {
  requireAdmin(caller);
  return inTransaction(services, caller, async (work) => {
    const { db } = work;
    const rows = await findTeams(db, ids);
    const missing = ids.find((id) => !rows.some((row) => row.id === id));
    if (missing !== undefined) throw notFound('Team', missing, 'team_ids');
    // Deleted before their keys are looked for: a key cannot be made meanwhile, because its maker locks the team.
    const members = await membersOfTeams(db, ids);
    await deleteRows(db, ids);
    await removeKeys(work, await keysOf(db, { teamIds: ids }));
    for (const member of members) {
      await forgetSpend(work, scopes.member(member.team_id, member.user_id), {});
      work.announce({ entity: 'member', id: `${member.team_id}/${member.user_id}` });
    }
    for (const row of rows) {
      await forgetSpend(work, scopes.team(row.id), row);
      work.changed({ entity: 'team', id: row.id, verb: 'delete', before: row, after: null });
    }
    return { deleted: rows.length };
  });
}

/** Changes a team's columns within a transaction. */
export async function changeTeam(
  work: Work,
  caller: Caller,
  { before, columns, verb }: { before: TeamRow; columns: Updateable<TeamTable>; verb: 'update' | 'block' | 'unblock' },
): Promise<TeamRow> {
  const after = await updateRow(work.db, before.id, { ...columns, updated_at: work.now, updated_by: actorOf(caller) });
  work.changed({ entity: 'team', id: after.id, verb, before, after });
  return after;
}

async function lockedTeam({ db }: Work, id: string): Promise<TeamRow> {
  const team = await findTeam(db, id, { locked: true });
  if (team === undefined) throw notFound('Team', id, 'team_id');
  return team;
}

function teamColumns(given: NewTeamBody | UpdateTeamBody, before: TeamRow | null, now: Date): Record<string, unknown> {
  const body = liftMetadata(given);
  const defaults = toColumns(memberDefaultFields, body);
  return {
    ...toColumns(teamFields, body),
    ...limitColumns(body, before, now),
    ...extraColumn(body, known, before?.extra),
    ...(Object.keys(defaults).length === 0
      ? {}
      : { member_defaults: JSON.stringify({ ...before?.member_defaults, ...defaults }) }),
  };
}
