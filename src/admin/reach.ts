import type { Kysely } from 'kysely';
import type { KeyVisibility } from '../store/keys-list.ts';
import { membershipsOf } from '../store/members-rows.ts';
import type { Database } from '../store/schema.ts';
import type { Caller } from './caller.ts';
import { notAllowed, onlyAdmin } from './refusals.ts';

/** How far a caller sees. */
export interface Reach {
  /** Sees everything. */
  seesAll: boolean;
  /** Changes everything. */
  isAdmin: boolean;
  keyHash: string | null;
  userId: string | null;
  /** A key of a team acts within that team only; null: it is not bound. */
  onlyTeamId: string | null;
  /** Teams that the caller is in. */
  teamIds: readonly string[];
  /** Teams that the caller administers. */
  adminTeamIds: readonly string[];
}

/** Administrators only. */
export function requireAdmin(caller: Caller): void {
  if (caller.role !== 'admin') throw onlyAdmin(caller);
}

/** Those who may read everything. */
export function requireReader(caller: Caller): void {
  if (caller.role !== 'admin' && caller.role !== 'admin_viewer') throw onlyAdmin(caller);
}

/** Those who may change something: administrators, and users their own. */
export function requireChanger(caller: Caller): void {
  if (caller.role === 'admin' || (caller.role === 'user' && caller.userId !== null)) return;
  throw onlyAdmin(caller);
}

/** Those who may read something besides their own key: administrators of any kind, and keys of a user. */
export function requireUser(caller: Caller): void {
  if (caller.role === 'admin' || caller.role === 'admin_viewer' || caller.userId !== null) return;
  throw notAllowed(
    'Authentication Error, a key without a user may read its own /key/info only; ask an administrator for a key of your user',
  );
}

/**
 * Finds out how far a caller sees. A key that belongs to a team is bound to it, because a team's administrators may make such keys for members:
 * with one of them nobody reaches what else the member has.
 */
export async function reachOf(db: Kysely<Database>, caller: Caller): Promise<Reach> {
  const isAdmin = caller.role === 'admin';
  const seesAll = isAdmin || caller.role === 'admin_viewer';
  const { keyHash, userId, teamId: onlyTeamId } = caller;
  if (seesAll || userId === null) {
    return { seesAll, isAdmin, keyHash, userId, onlyTeamId: seesAll ? null : onlyTeamId, teamIds: [], adminTeamIds: [] };
  }
  const memberships = (await membershipsOf(db, userId)).filter(({ team_id }) => onlyTeamId === null || team_id === onlyTeamId);
  return {
    seesAll,
    isAdmin,
    keyHash,
    userId,
    onlyTeamId,
    teamIds: memberships.map(({ team_id }) => team_id),
    adminTeamIds: memberships.filter(({ role }) => role === 'admin').map(({ team_id }) => team_id),
  };
}

/** The keys that a caller sees, for lists; null: all. */
export function keyVisibility(reach: Reach, { withTeams }: { withTeams: boolean }): KeyVisibility | null {
  if (reach.seesAll) return null;
  const { keyHash, userId, onlyTeamId } = reach;
  return { keyHash, userId, onlyTeamId, teamIds: withTeams ? reach.adminTeamIds : [] };
}

/** Whether a caller sees this key. */
export function seesKey(reach: Reach, key: { hash: string; user_id: string | null; team_id: string | null }): boolean {
  if (reach.seesAll || key.hash === reach.keyHash) return true;
  if (key.team_id !== null && reach.adminTeamIds.includes(key.team_id)) return true;
  return reach.userId !== null && key.user_id === reach.userId && (reach.onlyTeamId === null || key.team_id === reach.onlyTeamId);
}
