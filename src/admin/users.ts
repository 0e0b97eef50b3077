import type { Updateable } from 'kysely';
import { keysOf } from '../store/keys-rows.ts';
import { deleteMembershipsOf, membershipsOfUsers } from '../store/members-rows.ts';
import type { UserTable } from '../store/schema.ts';
import { findTeams } from '../store/teams-rows.ts';
import {
  deleteUsers as deleteRows,
  findUser,
  findUserByEmail,
  findUsers,
  listUsers as listRows,
  updateUser as updateRow,
} from '../store/users-rows.ts';
import type { UserListQuery } from '../wire/admin/query.ts';
import type { UpdateUserBody } from '../wire/admin/user.ts';
import { invalidFields } from '../wire/parse.ts';
import type { Caller } from './caller.ts';
import { forgetSpend, movePeriods, scopes, setSpend } from './counters.ts';
import { removeKeys } from './delete-keys.ts';
import { keysToWire } from './key-answer.ts';
import { userColumns } from './make-user.ts';
import { reachOf, requireAdmin, requireUser, seesKey } from './reach.ts';
import { notFound } from './refusals.ts';
import type { AdminServices } from './services.ts';
import { teamsToWire } from './team-answer.ts';
import { usersToWire } from './user-answer.ts';
import { actorOf, inTransaction } from './work.ts';

/**
 * Changes the fields that the body has. The user is named by id, or by its address.
 * @throws GatewayError `bad_request` `not_found` `route_access_denied`
 */
export async function updateUser(services: AdminServices, caller: Caller, body: UpdateUserBody): Promise<object> {
  requireAdmin(caller);
  const { user_id = null, user_email = null } = body;
  if (user_id === null && user_email === null) throw invalidFields([{ field: 'user_id', message: 'required' }]);
  const user = await inTransaction(services, caller, async (work) => {
    const id = user_id ?? (await findUserByEmail(work.db, user_email ?? ''))?.id;
    const before = id === undefined ? undefined : await findUser(work.db, id, { locked: true });
    if (before === undefined) throw notFound('User', user_id ?? user_email ?? '', 'user_id');
    const columns = userColumns(body, before, work.now) as Updateable<UserTable>;
    const after = await updateRow(work.db, before.id, { ...columns, updated_at: work.now, updated_by: actorOf(caller) });
    const scope = scopes.user(after.id);
    if (body.budget_duration !== undefined || body.model_max_budget !== undefined) await movePeriods(work, scope, after);
    await setSpend(work, scope, { holder: after, usd: body.spend });
    work.changed({ entity: 'user', id: after.id, verb: 'update', before, after });
    return after;
  });
  const [data] = await usersToWire(services, { rows: [user], visibleTeamIds: null });
  return { user_id: user.id, data };
}

/**
 * Deletes users with their keys and memberships: all of them, or none.
 * @throws GatewayError `not_found` `route_access_denied`
 */
export async function deleteUsers(services: AdminServices, caller: Caller, ids: readonly string[]): Promise<{ deleted: number }> {
  requireAdmin(caller);
  return inTransaction(services, caller, async (work) => {
    const { db } = work;
    const rows = await findUsers(db, ids);
    const missing = ids.find((id) => !rows.some((row) => row.id === id));
    if (missing !== undefined) throw notFound('User', missing, 'user_ids');
    await removeKeys(work, await keysOf(db, { userIds: ids }));
    for (const member of await membershipsOfUsers(db, ids)) {
      await forgetSpend(work, scopes.member(member.team_id, member.user_id), {});
      work.changed({ entity: 'member', id: `${member.team_id}/${member.user_id}`, verb: 'delete', before: member, after: null });
    }
    await deleteMembershipsOf(db, ids);
    await deleteRows(db, ids);
    for (const row of rows) {
      await forgetSpend(work, scopes.user(row.id), row);
      work.changed({ entity: 'user', id: row.id, verb: 'delete', before: row, after: null });
    }
    return { deleted: rows.length };
  });
}

/**
 * A user with its keys and teams; without an id the caller's own. The master key has no user: it gets an empty answer.
 * @throws GatewayError `not_found`: there is none such, or the caller does not see it; `route_access_denied`: a key without a user
 */
export async function userInfo(services: AdminServices, caller: Caller, named: string | undefined): Promise<object> {
  requireUser(caller);
  const { db } = services.store;
  const id = named ?? caller.userId;
  if (id === null) return { user_id: null, user_info: null, keys: [], teams: [] };
  const reach = await reachOf(db, caller);
  if (!reach.seesAll && id !== reach.userId) throw notFound('User', id, 'user_id');
  const row = await findUser(db, id, { locked: false });
  if (row === undefined) throw notFound('User', id, 'user_id');
  const [info] = await usersToWire(services, { rows: [row], visibleTeamIds: reach.seesAll ? null : reach.teamIds });
  const keys = (await keysOf(db, { userIds: [id] })).filter((key) => seesKey(reach, key));
  const teams = await findTeams(db, (info?.['teams'] ?? []) as string[]);
  const aliases = new Map(teams.map((team) => [team.id, team.alias]));
  const wires = await keysToWire(services, keys);
  return {
    user_id: id,
    user_info: info,
    keys: wires.map((key) => ({ ...key, team_alias: aliases.get(key['team_id'] as string) ?? null })),
    teams: await teamsToWire(services, teams),
  };
}

/**
 * One page of the users that the caller sees: all, or itself.
 * @throws GatewayError `route_access_denied`: a key without a user
 */
export async function listUsers(services: AdminServices, caller: Caller, query: UserListQuery): Promise<object> {
  requireUser(caller);
  const { db } = services.store;
  const reach = await reachOf(db, caller);
  const asked = query.user_ids?.split(',').map((id) => id.trim());
  const own = reach.userId === null ? [] : [reach.userId];
  const ids = reach.seesAll ? asked : own.filter((id) => asked === undefined || asked.includes(id));
  const { rows, total } = await listRows(db, {
    ids,
    role: query.role,
    email: query.user_email,
    teamId: query.team,
    search: query.search,
    sortBy: query.sort_by,
    sortOrder: query.sort_order,
    offset: (query.page - 1) * query.page_size,
    limit: query.page_size,
    now: new Date(services.now()),
  });
  const wires = await usersToWire(services, { rows, visibleTeamIds: reach.seesAll ? null : reach.teamIds });
  return {
    users: wires.map((wire, at) => ({ ...wire, key_count: rows[at]?.key_count ?? 0 })),
    total,
    page: query.page,
    page_size: query.page_size,
    total_pages: Math.ceil(total / query.page_size),
  };
}
