import type { Kysely } from 'kysely';
import type { KeyRow } from '../store/keys-rows.ts';
import { findMember } from '../store/members-rows.ts';
import type { Database } from '../store/schema.ts';
import { findTeam } from '../store/teams-rows.ts';
import { findUser } from '../store/users-rows.ts';
import { seesKey, type Reach } from './reach.ts';
import { notAllowed, notFound } from './refusals.ts';

type Db = Kysely<Database>;

/** What a team may permit its members to do with their own keys in it; deleting and blocking them needs no permission. */
export const memberPermissions = ['/key/generate', '/key/service-account/generate', '/key/update', '/key/regenerate'] as const;
export type MemberPermission = (typeof memberPermissions)[number];

/** Whose a key is. */
interface Owner {
  userId: string | null;
  teamId: string | null;
}

/**
 * Whether a caller may make a key for this user in this team. Administrators may for anybody, in any team that there is.
 * @throws GatewayError `not_found`: a team that there is not, or that the caller is not in; `route_access_denied`
 */
export async function checkPlacement(
  db: Db,
  reach: Reach,
  { userId, teamId }: Owner,
  permission: MemberPermission,
): Promise<void> {
  if (teamId === null) {
    if (reach.isAdmin) return;
    if (reach.onlyTeamId !== null)
      throw notAllowed(`the key that calls belongs to a team: what it makes must have team_id "${reach.onlyTeamId}"`, 'team_id');
    if (userId !== reach.userId) throw notAllowed('only administrators make keys for others; leave user_id out', 'user_id');
    return;
  }
  // Locked, so that the team is not deleted between this and the insertion of its key.
  const team = await findTeam(db, teamId, { locked: true });
  if (team === undefined || !(reach.isAdmin || reach.teamIds.includes(teamId))) throw notFound('Team', teamId, 'team_id');
  if (reach.isAdmin) return;
  if (reach.adminTeamIds.includes(teamId)) {
    if (userId === null || userId === reach.userId) return;
    if ((await findMember(db, teamId, userId)) === undefined) throw notFound('Member', userId, 'user_id');
    await refuseAdministrators(db, userId);
    return;
  }
  const isForOthers = userId !== reach.userId && !(userId === null && permission === '/key/service-account/generate');
  if (isForOthers) throw notAllowed('only administrators of the team make keys for others in it; leave user_id out', 'user_id');
  requirePermission(team.member_permissions, permission);
}

/**
 * Whether a caller may change this key. `permission`: what a team must permit its members to do it to their own; null: nothing.
 * @throws GatewayError `not_found`: the caller does not see it; `route_access_denied`: it does, and may not
 */
export async function checkChange(
  db: Db,
  reach: Reach,
  { key, shown, permission }: { key: KeyRow | undefined; shown: string; permission: MemberPermission | null },
): Promise<KeyRow> {
  if (key === undefined || !seesKey(reach, key)) throw notFound('Key', shown, 'key');
  if (reach.isAdmin) return key;
  const isOwn = reach.userId !== null && key.user_id === reach.userId;
  if (key.team_id !== null && reach.adminTeamIds.includes(key.team_id)) {
    if (!isOwn && key.user_id !== null) await refuseAdministrators(db, key.user_id);
    return key;
  }
  if (!isOwn) throw notAllowed('this key is not yours to change; ask an administrator');
  if (key.team_id !== null && permission !== null) {
    const team = reach.teamIds.includes(key.team_id) ? await findTeam(db, key.team_id, { locked: false }) : undefined;
    requirePermission(team?.member_permissions ?? [], permission);
  }
  return key;
}

function requirePermission(permitted: readonly string[], permission: MemberPermission): void {
  if (permitted.includes(permission)) return;
  throw notAllowed(
    `the team does not permit its members ${permission}; an administrator of it can, with /team/permissions_update`,
  );
}

/** Whoever holds a key acts as its user: nobody but an administrator may come to hold an administrator's. */
async function refuseAdministrators(db: Db, userId: string): Promise<void> {
  const user = await findUser(db, userId, { locked: false });
  if (user?.role.startsWith('proxy_admin') === true) {
    throw notAllowed('keys of administrators are made and changed by administrators only', 'user_id');
  }
}
