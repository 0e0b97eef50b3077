import type { Access } from '../core/access.ts';
import { buildScope, noLimits } from './build-scope.ts';

/** What the master key gives: everything. Its spend is counted under its hash, without a limit. */
export function masterAccess(hash: string): Access {
  const moment = { spend: [], nowMs: 0 };
  return {
    keyHash: hash,
    keyAlias: null,
    keyName: null,
    role: 'admin',
    isMaster: true,
    userId: 'default_user_id',
    teamId: null,
    expiresAtMs: null,
    grants: [],
    routes: null,
    scopes: [buildScope({ kind: 'key', id: hash, label: 'master key' }, noLimits, moment)],
    modelAliases: {},
    guardrails: [],
    tags: [],
    metadata: {},
  };
}
