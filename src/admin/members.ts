import type { Insertable, Updateable } from 'kysely';
import { insertMember, updateMember as updateRow, type MemberRow } from '../store/members-rows.ts';
import type { MemberTable } from '../store/schema.ts';
import type { TeamRow } from '../store/teams-rows.ts';
import { findUser, findUserByEmail, type UserRow } from '../store/users-rows.ts';
import type { AddMembersBody, MemberBody, UpdateMemberBody } from '../wire/admin/team.ts';
import type { Caller } from './caller.ts';
import { movePeriods, scopes, type Periodic } from './counters.ts';
import { memberFields, toColumns } from './fields.ts';
import { makeUser } from './make-user.ts';
import { notFound } from './refusals.ts';
import type { AdminServices } from './services.ts';
import type { Work } from './work.ts';

/** The user that a body names by id or address. */
export async function namedUser(
  { db }: Work,
  { user_id, user_email }: Pick<MemberBody, 'user_id' | 'user_email'>,
): Promise<UserRow | undefined> {
  if (user_id !== undefined && user_id !== null) return findUser(db, user_id, { locked: false });
  return user_email === undefined || user_email === null ? undefined : findUserByEmail(db, user_email);
}

/**
 * Puts a user into a team. A user that there is not yet is made, if an administrator of the gateway asks for it.
 * @throws GatewayError `bad_request`: it is a member already; `not_found`
 */
export async function addMember(
  services: AdminServices,
  work: Work,
  { caller, team, member, limits }: { caller: Caller; team: TeamRow; member: MemberBody; limits: Partial<AddMembersBody> },
): Promise<{ row: MemberRow; user: UserRow }> {
  const known = await namedUser(work, member);
  if (known === undefined && caller.role !== 'admin') throw notFound('User', member.user_id ?? member.user_email ?? '', 'member');
  const user =
    known ??
    (await makeUser(work, { caller, id: member.user_id ?? services.newId(), body: { user_email: member.user_email ?? null } }));
  const row = await insertMember(work.db, {
    ...toColumns(memberFields, limits),
    role: member.role ?? 'user',
    team_id: team.id,
    user_id: user.id,
    budget_anchor: work.now,
    created_at: work.now,
  } as Insertable<MemberTable>);
  work.changed({ entity: 'member', id: `${team.id}/${user.id}`, verb: 'create', before: null, after: row });
  return { row, user };
}

/** Changes a member's role and limits in a team. */
export async function changeMember(
  work: Work,
  { team, before, body }: { team: TeamRow; before: MemberRow; body: UpdateMemberBody },
): Promise<MemberRow> {
  const columns = toColumns(memberFields, body) as Updateable<MemberTable>;
  const isNewDuration = columns.budget_duration !== undefined && columns.budget_duration !== before.budget_duration;
  if (Object.keys(columns).length === 0) return before;
  const after = await updateRow(work.db, before, isNewDuration ? { ...columns, budget_anchor: work.now } : columns);
  await movePeriods(work, scopes.member(team.id, after.user_id), memberPeriods(after, team));
  work.changed({ entity: 'member', id: `${team.id}/${after.user_id}`, verb: 'update', before, after });
  return after;
}

/** What tells the period of a member's counter: its own duration, else, without money of its own, what the team gives its members. */
export function memberPeriods(member: MemberRow, { member_defaults }: TeamRow): Periodic {
  const { max_budget, budget_anchor } = member;
  const fallback = max_budget === null ? (member_defaults.budget_duration ?? null) : null;
  return { max_budget, budget_duration: member.budget_duration ?? fallback, budget_anchor };
}
