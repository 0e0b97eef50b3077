import type { Role } from '../core/access.ts';

/** Who calls the admin API: what its key gives, as far as administration asks. */
export interface Caller {
  role: Role;
  isMaster: boolean;
  keyHash: string | null;
  userId: string | null;
  teamId: string | null;
  /** For the audit log. */
  requestId: string;
}
