import type { Access } from '../core/access.ts';

/** What everybody may who asks a gateway that needs no keys. */
export const openAccess: Access = {
  keyHash: null,
  keyAlias: null,
  keyName: null,
  role: 'admin',
  isMaster: false,
  userId: null,
  teamId: null,
  expiresAtMs: null,
  grants: [],
  routes: null,
  scopes: [],
  modelAliases: {},
  guardrails: [],
  tags: [],
  metadata: {},
};
