import { z } from 'zod';
import { limitShape } from './limits.ts';
import { adminRequest } from './request-schema.ts';
import { aliases, count, flag, name, names, limitingMetadata, optionalName, period, usd } from './values.ts';

const role = z.enum(['admin', 'user']);
const member = z
  .looseObject({ role: role.optional(), user_id: optionalName.optional(), user_email: optionalName.optional() })
  .refine(({ user_id, user_email }) => (user_id ?? user_email ?? null) !== null, {
    message: 'needs user_id or user_email',
    path: ['user_id'],
  });

const teamShape = {
  ...limitShape,
  team_alias: optionalName.optional(),
  models: names.optional(),
  model_aliases: aliases.optional(),
  blocked: flag.optional(),
  tags: names.optional(),
  guardrails: names.optional(),
  metadata: limitingMetadata.optional(),
  spend: usd.optional(),
  team_member_budget: usd.optional(),
  team_member_budget_duration: period.optional(),
  team_member_rpm_limit: count.optional(),
  team_member_tpm_limit: count.optional(),
  team_member_permissions: names.optional(),
};

/** `POST /team/new` */
export const newTeamRequest = adminRequest('NewTeamRequest', {
  ...teamShape,
  team_id: optionalName.optional(),
  members_with_roles: z.array(member).max(1_000).nullable().optional(),
});
/** `POST /team/update` */
export const updateTeamRequest = adminRequest('UpdateTeamRequest', { ...teamShape, team_id: name });
/** `POST /team/delete` */
export const deleteTeamsRequest = z.looseObject({ team_ids: z.array(name).min(1).max(1_000) }).meta({ id: 'DeleteTeamsRequest' });
/** `POST /team/block`, `POST /team/unblock` */
export const teamReference = z.looseObject({ team_id: name }).meta({ id: 'TeamReference' });

const memberLimits = {
  max_budget_in_team: usd.optional(),
  budget_duration: period.optional(),
  rpm_limit: count.optional(),
  tpm_limit: count.optional(),
};
const memberFields = { role: role.optional(), user_id: optionalName.optional(), user_email: optionalName.optional() };

/** `POST /team/member_add`: one member, several, or one written flat. */
export const addMembersRequest = adminRequest('AddMembersRequest', {
  team_id: name,
  member: z.union([member, z.array(member).min(1).max(1_000)]).optional(),
  ...memberFields,
  ...memberLimits,
});
/** `POST /team/member_update` */
export const updateMemberRequest = adminRequest('UpdateMemberRequest', { team_id: name, ...memberFields, ...memberLimits });
/** `POST /team/member_delete` */
export const deleteMemberRequest = z.looseObject({ team_id: name, ...memberFields }).meta({ id: 'DeleteMemberRequest' });
/** `POST /team/permissions_update` */
export const teamPermissionsRequest = z
  .looseObject({ team_id: name, team_member_permissions: z.array(name).max(100) })
  .meta({ id: 'TeamPermissionsRequest' });

export type NewTeamBody = z.output<typeof newTeamRequest>;
export type UpdateTeamBody = z.output<typeof updateTeamRequest>;
export type AddMembersBody = z.output<typeof addMembersRequest>;
export type UpdateMemberBody = z.output<typeof updateMemberRequest>;
export type DeleteMemberBody = z.output<typeof deleteMemberRequest>;
export type MemberBody = z.output<typeof member>;

const membership = z.looseObject({ user_id: z.string(), team_id: z.string(), spend: z.number() });
const teamFields = {
  team_id: z.string(),
  team_alias: z.string().nullable(),
  members_with_roles: z.array(z.looseObject({ user_id: z.string(), role: z.string() })),
  spend: z.number(),
  max_budget: z.number().nullable(),
  models: z.array(z.string()),
  blocked: z.boolean(),
};
export const teamRow = z.looseObject(teamFields).meta({ id: 'TeamRow' });
export const teamInfoAnswer = z
  .object({
    team_id: z.string(),
    team_info: teamRow,
    keys: z.array(z.looseObject({ token: z.string() })),
    team_memberships: z.array(membership),
  })
  .meta({ id: 'TeamInfo' });
const listedTeam = z.looseObject({ ...teamFields, keys: z.array(z.looseObject({})), team_memberships: z.array(membership) });
export const teamListAnswer = z.array(listedTeam).meta({ id: 'TeamList' });
export const teamPageAnswer = z
  .object({ teams: z.array(listedTeam), total: z.int(), page: z.int(), page_size: z.int(), total_pages: z.int() })
  .meta({ id: 'TeamPage' });
export const addedMembersAnswer = z
  .looseObject({ ...teamFields, updated_users: z.array(z.looseObject({})), updated_team_memberships: z.array(membership) })
  .meta({ id: 'AddedMembers' });
export const updatedMemberAnswer = z.looseObject({ team_id: z.string(), user_id: z.string() }).meta({ id: 'UpdatedMember' });
export const teamPermissionsAnswer = z
  .object({
    team_id: z.string(),
    team_member_permissions: z.array(z.string()),
    all_available_permissions: z.array(z.string()),
  })
  .meta({ id: 'TeamPermissions' });
