import type { Call } from './call.ts';
import { readFields, readText } from './read.ts';

/** What the caller may do. `admin_viewer` sees everything, `viewer` only its own; both change nothing. */
export type Role = 'admin' | 'admin_viewer' | 'user' | 'viewer';

/** Who is signed in. */
export interface Me {
  role: Role;
  userId: string | null;
  teamId: string | null;
  keyName: string | null;
  keyAlias: string | null;
  /** Whether the gateway asks nobody for a key. */
  isOpen: boolean;
  version: string | null;
}

const roles: readonly Role[] = ['admin', 'admin_viewer', 'user', 'viewer'];

/** Reads `GET /sluice/me`. An unknown role is the one that may do least. */
export function parseMe(value: unknown): Me {
  const fields = readFields(value);
  return {
    role: roles.find((role) => role === fields['role']) ?? 'viewer',
    userId: readText(fields['user_id']),
    teamId: readText(fields['team_id']),
    keyName: readText(fields['key_name']),
    keyAlias: readText(fields['key_alias']),
    isOpen: fields['is_open'] === true,
    version: readText(fields['version']),
  };
}

/** Who the key of the moment belongs to. */
export async function readMe(call: Call): Promise<Me> {
  return parseMe(await call.get('/sluice/me'));
}
