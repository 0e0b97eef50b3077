import type { Insertable, Kysely, Selectable, Updateable } from 'kysely';
import type { Database, MemberTable } from './schema.ts';

export type MemberRow = Selectable<MemberTable>;
type Db = Kysely<Database>;

/** What a user is in its teams. */
export function membershipsOf(db: Db, userId: string): Promise<{ team_id: string; role: string }[]> {
  return db.selectFrom('members').select(['team_id', 'role']).where('user_id', '=', userId).orderBy('team_id').execute();
}

/** Every membership in these teams, the oldest first. */
export function membersOfTeams(db: Db, teamIds: readonly string[]): Promise<MemberRow[]> {
  if (teamIds.length === 0) return Promise.resolve([]);
  return db.selectFrom('members').selectAll().where('team_id', 'in', teamIds).orderBy('created_at').orderBy('user_id').execute();
}

/** Every membership of these users. */
export function membershipsOfUsers(db: Db, userIds: readonly string[]): Promise<MemberRow[]> {
  if (userIds.length === 0) return Promise.resolve([]);
  return db.selectFrom('members').selectAll().where('user_id', 'in', userIds).orderBy('team_id').execute();
}

export function findMember(db: Db, teamId: string, userId: string): Promise<MemberRow | undefined> {
  return db.selectFrom('members').selectAll().where('team_id', '=', teamId).where('user_id', '=', userId).executeTakeFirst();
}

/** Rejects with a unique violation where the user is a member already. */
export function insertMember(db: Db, values: Insertable<MemberTable>): Promise<MemberRow> {
  return db.insertInto('members').values(values).returningAll().executeTakeFirstOrThrow();
}

export function updateMember(db: Db, { team_id, user_id }: MemberRow, values: Updateable<MemberTable>): Promise<MemberRow> {
  return db
    .updateTable('members')
    .set(values)
    .where('team_id', '=', team_id)
    .where('user_id', '=', user_id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function deleteMember(db: Db, { team_id, user_id }: MemberRow): Promise<void> {
  await db.deleteFrom('members').where('team_id', '=', team_id).where('user_id', '=', user_id).execute();
}

/** Takes users out of all their teams. */
export async function deleteMembershipsOf(db: Db, userIds: readonly string[]): Promise<void> {
  await db.deleteFrom('members').where('user_id', 'in', userIds).execute();
}
