import { z } from 'zod';
import { limitShape } from './limits.ts';
import { adminRequest } from './request-schema.ts';
import { aliases, flag, lifetime, name, names, object, optionalName, usd } from './values.ts';

const email = z
  .string()
  .max(256)
  .regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address')
  .nullable();
export const userRole = z.enum(['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer']).nullable();

const userShape = {
  ...limitShape,
  user_email: email.optional(),
  user_alias: optionalName.optional(),
  user_role: userRole.optional(),
  models: names.optional(),
  metadata: object.optional(),
  spend: usd.optional(),
  send_invite_email: z.unknown().optional(),
};

/** Fields of `POST /user/new` that the key made along with the user gets. */
export const newUserKeyShape = {
  key_alias: optionalName.optional(),
  duration: lifetime.optional(),
  aliases: aliases.optional(),
  allowed_routes: names.optional(),
  guardrails: names.optional(),
  tags: names.optional(),
  key_type: z.enum(['default', 'llm_api', 'management', 'read_only']).nullable().optional(),
  team_id: optionalName.optional(),
};

/** `POST /user/new` */
export const newUserRequest = adminRequest('NewUserRequest', {
  ...userShape,
  ...newUserKeyShape,
  user_id: optionalName.optional(),
  teams: z
    .array(z.union([name, z.looseObject({ team_id: name, user_role: z.enum(['user', 'admin']).nullable().optional() })]))
    .max(1_000)
    .nullable()
    .optional(),
  auto_create_key: flag.optional(),
});
/** `POST /user/update`: the user by id, or by address. */
export const updateUserRequest = adminRequest('UpdateUserRequest', { ...userShape, user_id: optionalName.optional() });
/** `POST /user/delete` */
export const deleteUsersRequest = z.looseObject({ user_ids: z.array(name).min(1).max(1_000) }).meta({ id: 'DeleteUsersRequest' });

export type NewUserBody = z.output<typeof newUserRequest>;
export type UpdateUserBody = z.output<typeof updateUserRequest>;

export const userRow = z
  .looseObject({
    user_id: z.string(),
    user_email: z.string().nullable(),
    user_alias: z.string().nullable(),
    user_role: z.string().nullable(),
    spend: z.number(),
    max_budget: z.number().nullable(),
    models: z.array(z.string()),
    teams: z.array(z.string()),
  })
  .meta({ id: 'UserRow' });
export const newUserAnswer = z
  .looseObject({ user_id: z.string(), key: z.string().nullable().describe('The key made along with the user') })
  .meta({ id: 'NewUser' });
export const updatedUserAnswer = z.looseObject({ user_id: z.string(), data: userRow }).meta({ id: 'UpdatedUser' });
export const userInfoAnswer = z
  .object({
    user_id: z.string().nullable(),
    user_info: userRow.nullable(),
    keys: z.array(z.looseObject({ token: z.string() })),
    teams: z.array(z.looseObject({ team_id: z.string() })),
  })
  .meta({ id: 'UserInfo' });
export const userListAnswer = z
  .object({ users: z.array(userRow), total: z.int(), page: z.int(), page_size: z.int(), total_pages: z.int() })
  .meta({ id: 'UserList' });
export const deletedCount = z.object({ deleted: z.int() }).meta({ id: 'DeletedCount' });
