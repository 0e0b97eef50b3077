import type { Insertable } from 'kysely';
import { insertMember } from '../store/members-rows.ts';
import type { UserTable } from '../store/schema.ts';
import { findTeam } from '../store/teams-rows.ts';
import { insertUser, type UserRow } from '../store/users-rows.ts';
import { newUserKeyShape, newUserRequest, updateUserRequest, type NewUserBody, type UpdateUserBody } from '../wire/admin/user.ts';
import { invalidFields } from '../wire/parse.ts';
import type { Caller } from './caller.ts';
import { scopes, setSpend } from './counters.ts';
import { defaultUserRole, toColumns, userFields } from './fields.ts';
import { makeKey } from './generate-key.ts';
import { emptyAsNull, newKeyToWire } from './key-answer.ts';
import { limitColumns } from './limits.ts';
import { extraColumn } from './metadata.ts';
import { reachOf, requireAdmin } from './reach.ts';
import { notFound } from './refusals.ts';
import type { AdminServices } from './services.ts';
import { actorOf, inTransaction, type Work } from './work.ts';
import { usersToWire } from './user-answer.ts';

const keyFields = Object.keys(newUserKeyShape) as (keyof typeof newUserKeyShape)[];

/**
 * Makes a user, puts it into teams, and makes a key for it unless `auto_create_key` is false. The limits are the user's: they hold for all its keys
 * together. Alias, duration and what else only keys have are the key's.
 * @throws GatewayError `bad_request`: the id or address is taken; `not_found`: a team; `route_access_denied`
 */
export async function newUser(services: AdminServices, caller: Caller, body: NewUserBody): Promise<object> {
  requireAdmin(caller);
  const makesKey = body.auto_create_key !== false;
  const idle = keyFields.filter((name) => !makesKey && body[name] !== undefined && body[name] !== null);
  if (idle.length > 0) {
    throw invalidFields(idle.map((field) => ({ field, message: 'is a field of keys, and auto_create_key is false' })));
  }
  const { user, made } = await inTransaction(services, caller, async (work) => {
    const user = await makeUser(work, { caller, id: body.user_id ?? services.newId(), body });
    for (const team of body.teams ?? []) {
      const { team_id, user_role } = typeof team === 'string' ? { team_id: team, user_role: null } : team;
      await join(work, { teamId: team_id, userId: user.id, role: user_role ?? 'user' });
    }
    if (!makesKey) return { user, made: null };
    const reach = await reachOf(work.db, caller);
    const own = Object.fromEntries(keyFields.map((name) => [name, body[name]]));
    return {
      user,
      made: await makeKey(services, {
        work,
        caller,
        reach,
        body: { ...own, user_id: user.id },
        permission: '/key/generate',
      }),
    };
  });
  const [wire] = await usersToWire(services, { rows: [user], visibleTeamIds: null });
  const teams = (body.teams ?? null) === null ? null : wire?.['teams'];
  if (made === null) return { ...wire, teams, key: null, token: null, key_name: null };
  const key = await newKeyToWire(services, { ...made, duration: body.duration ?? null });
  const { guardrails, tags } = key;
  return { ...key, ...wire, ...emptyAsNull(wire ?? {}), guardrails, tags, team_id: made.row.team_id, teams };
}

/** Makes a user within a transaction. A body without a role makes one that sees its own and changes nothing. */
export async function makeUser(
  work: Work,
  { caller, id, body }: { caller: Caller; id: string; body: Partial<NewUserBody> },
): Promise<UserRow> {
  const { db, now } = work;
  const user = await insertUser(db, {
    role: defaultUserRole,
    ...userColumns(body, null, now),
    id,
    created_at: now,
    created_by: actorOf(caller),
    updated_at: now,
    updated_by: actorOf(caller),
  } as Insertable<UserTable>);
  await setSpend(work, scopes.user(id), { holder: user, usd: body.spend });
  work.changed({ entity: 'user', id, verb: 'create', before: null, after: user });
  return user;
}

const known = new Set([newUserRequest, updateUserRequest].flatMap(({ shape }) => Object.keys(shape)));

/** The columns that a checked body sets. */
export function userColumns(body: Partial<UpdateUserBody>, before: UserRow | null, now: Date): Record<string, unknown> {
  return { ...toColumns(userFields, body), ...limitColumns(body, before, now), ...extraColumn(body, known, before?.extra) };
}

async function join(work: Work, { teamId, userId, role }: { teamId: string; userId: string; role: string }): Promise<void> {
  if ((await findTeam(work.db, teamId, { locked: true })) === undefined) throw notFound('Team', teamId, 'teams');
  const member = await insertMember(work.db, {
    team_id: teamId,
    user_id: userId,
    role,
    budget_anchor: work.now,
    created_at: work.now,
  });
  work.changed({ entity: 'member', id: `${teamId}/${userId}`, verb: 'create', before: null, after: member });
}
