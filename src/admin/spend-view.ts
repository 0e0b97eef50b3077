import type { Kysely } from 'kysely';
import { hashKey } from '../keys/key-hash.ts';
import type { Database } from '../store/schema.ts';
import type { SpendView } from '../store/spend-filter.ts';
import { viewOfUser } from '../store/spend-holders.ts';
import type { Caller } from './caller.ts';

/**
 * What a caller may see of spend: administrators everything (null), others their own, that of their keys, and that of teams they administer. A key
 * of a team is bound to it, as `reachOf` says: it sees its user's keys in that team, and the team's where the user administers it.
 */
export async function spendViewOf(db: Kysely<Database>, caller: Caller): Promise<SpendView | null> {
  if (caller.role === 'admin' || caller.role === 'admin_viewer') return null;
  const own = caller.keyHash === null ? [] : [caller.keyHash];
  if (caller.userId === null) return { userId: null, keyHashes: own, teamIds: [] };
  const { keyHashes, teamIds } = await viewOfUser(db, caller.userId, caller.teamId);
  return { userId: caller.teamId === null ? caller.userId : null, keyHashes: [...new Set([...own, ...keyHashes])], teamIds };
}

/** A key's hash, from a plain key or a hash. */
export function toKeyHash(keyOrHash: string | undefined): string | undefined {
  if (keyOrHash === undefined || /^[0-9a-f]{64}$/.test(keyOrHash)) return keyOrHash;
  return hashKey(keyOrHash);
}
