import type { Call } from './call.ts';
import { type Limits, parseLimits } from './limits.ts';
import { type Fields, type Page, readFields, readNumber, readPage, readRows, readText, readTexts, readTime } from './read.ts';

/** A person or a service that owns keys. */
export interface User extends Limits {
  id: string;
  email: string | null;
  alias: string | null;
  /** As on the wire: `proxy_admin`, `proxy_admin_viewer`, `internal_user`, `internal_user_viewer`; null where none was given. */
  role: string | null;
  teams: string[];
  spentUsd: number;
  createdAtMs: number | null;
}

/** The roles that a user can have, as the wire and as people name them. */
export const userRoles: Readonly<Record<string, string>> = {
  internal_user: 'User',
  internal_user_viewer: 'Viewer of own',
  proxy_admin: 'Administrator',
  proxy_admin_viewer: 'Viewer of all',
};

/** Reads one user. */
export function parseUser(value: unknown): User {
  const fields = readFields(value);
  return {
    ...parseLimits(fields),
    id: readText(fields['user_id']) ?? '',
    email: readText(fields['user_email']),
    alias: readText(fields['user_alias']),
    role: readText(fields['user_role']),
    teams: readTexts(fields['teams']),
    spentUsd: readNumber(fields['spend']) ?? 0,
    createdAtMs: readTime(fields['created_at']),
  };
}

/** A user that has just been made, with the key that was made along with it; null where none was. */
export interface NewUser {
  user: User;
  secret: string | null;
}

/** Everything that can be done with users. Fields are the wire's, as with keys. */
export interface UsersApi {
  list(query: { page: number; size: number; search?: string | undefined }): Promise<Page<User>>;
  create(fields: Fields): Promise<NewUser>;
}

/** Makes the calls about users. */
export function createUsersApi(call: Call): UsersApi {
  return {
    async list({ page, size, search }) {
      const answer = await call.get('/user/list', { page, page_size: size, search });
      return readPage(answer, readRows(answer, 'users', 'data').map(parseUser), { page, size });
    },
    async create(fields) {
      const answer = readFields(await call.post('/user/new', fields));
      return { user: parseUser(answer), secret: readText(answer['key']) };
    },
  };
}
