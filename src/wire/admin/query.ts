import { z } from 'zod';

const text = z.string().min(1).max(300).optional();
const pageNumber = z.coerce.number().int().min(1).max(1_000_000).default(1);
const pageSize = (usual: number) => z.coerce.number().int().min(1).max(100).default(usual);
const switchedOff = z.stringbool().default(false);
const sortOrder = z.enum(['asc', 'desc']).default('desc');

/** `GET /key/info`. Without `key`: the caller's own. */
export const keyInfoQuery = z.object({ key: text });

/** `GET /key/list` */
export const keyListQuery = z.object({
  page: pageNumber,
  size: pageSize(10),
  user_id: text,
  team_id: text,
  key_alias: text,
  key_hash: text,
  search: text.describe('Part of an alias, name, hash, user or team'),
  include_team_keys: switchedOff.describe('With those of teams that the caller administers'),
  return_full_object: switchedOff,
  sort_by: z.enum(['created_at', 'updated_at', 'key_alias', 'max_budget', 'spend', 'expires']).default('created_at'),
  sort_order: sortOrder,
});
export type KeyListQuery = z.output<typeof keyListQuery>;

/** `GET /user/list` */
export const userListQuery = z.object({
  page: pageNumber,
  page_size: pageSize(25),
  role: text,
  user_ids: text.describe('Separated by commas'),
  user_email: text.describe('Part of an address'),
  team: text,
  search: text.describe('Part of an id, address or alias'),
  sort_by: z.enum(['created_at', 'user_id', 'user_email', 'user_alias', 'user_role', 'spend']).default('created_at'),
  sort_order: sortOrder,
});
export type UserListQuery = z.output<typeof userListQuery>;

const teamFilters = { user_id: text, team_id: text, team_alias: text, search: text.describe('Part of an id or alias') };
/** `GET /team/list` */
export const teamListQuery = z.object(teamFilters);
/** `GET /v2/team/list` */
export const teamPageQuery = z.object({
  ...teamFilters,
  page: pageNumber,
  page_size: pageSize(10),
  sort_by: z.enum(['created_at', 'team_alias', 'team_id', 'spend']).default('created_at'),
  sort_order: sortOrder,
});
export type TeamListQuery = z.output<typeof teamListQuery> & Partial<z.output<typeof teamPageQuery>>;

export const userInfoQuery = z.object({ user_id: text });
export const teamIdQuery = z.object({ team_id: z.string().min(1).max(300) });
export const customerInfoQuery = z.object({ end_user_id: z.string().min(1).max(300) });

/** `GET /audit` */
export const auditQuery = z.object({
  page: pageNumber,
  size: pageSize(50),
  entity: text,
  entity_id: text,
  actor: text,
  action: text,
});
export type AuditQuery = z.output<typeof auditQuery>;
