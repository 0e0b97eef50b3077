import type { Access } from '../core/access.ts';
import type { AccessRow } from '../store/access-query.ts';
import { buildAccess, type BuiltAccess } from './build-access.ts';
import { dependenciesOf } from './dependency-index.ts';
import { blockedKey, blockedTeam, expiredKey } from './key-errors.ts';

/** One key in memory: what the store says of it, and what that gives now. */
export class CachedKey {
  readonly dependencies: readonly string[];
  /** From when a rotated key is no longer taken, Unix milliseconds. */
  readonly revokeAtMs: number;
  readonly #row: AccessRow;
  #built: BuiltAccess;

  constructor(hash: string, row: AccessRow, nowMs: number) {
    this.dependencies = [...new Set([`key:${hash}`, ...dependenciesOf(row)])];
    this.revokeAtMs = row.revoke_at === null ? Infinity : Date.parse(row.revoke_at);
    this.#row = row;
    this.#built = buildAccess(row, nowMs);
  }

  /** What the key would give now if it were neither blocked nor expired. */
  describedAt(nowMs: number): Access {
    if (nowMs >= this.#built.changesAtMs) this.#built = buildAccess(this.#row, nowMs);
    return this.#built.access;
  }

  /** What the key gives now. @throws GatewayError `unauthorized` where it, or its team, is blocked, or it has expired */
  accessAt(nowMs: number): Access {
    const { key, team } = this.#row;
    if (key.blocked) throw blockedKey();
    if (team?.blocked === true) throw blockedTeam(team.id);
    const { expiresAtMs } = this.#built.access;
    if (expiresAtMs !== null && expiresAtMs <= nowMs) throw expiredKey(key.name, expiresAtMs, nowMs);
    return this.describedAt(nowMs);
  }
}
