import type { Insertable, Kysely, Selectable, Updateable } from 'kysely';
import type { Database, KeyTable } from './schema.ts';

export type KeyRow = Selectable<KeyTable>;
type Db = Kysely<Database>;

/** One key by its hash; `locked` until the transaction ends where it will be changed. */
export function findKey(db: Db, hash: string, { locked }: { locked: boolean }): Promise<KeyRow | undefined> {
  const query = db.selectFrom('keys').selectAll().where('hash', '=', hash);
  return (locked ? query.forUpdate() : query).executeTakeFirst();
}

/** Keys by hash or alias, locked in the order of their hashes, so that two who delete the same ones do not block each other. */
export function lockKeys(db: Db, wanted: { hashes: readonly string[]; aliases: readonly string[] }): Promise<KeyRow[]> {
  return db
    .selectFrom('keys')
    .selectAll()
    .where((eb) => eb.or([eb('hash', 'in', padded(wanted.hashes)), eb('alias', 'in', padded(wanted.aliases))]))
    .orderBy('hash')
    .forUpdate()
    .execute();
}

/** Every key that belongs to one of these users, or to one of these teams; the newest first. */
export function keysOf(db: Db, owner: { userIds?: readonly string[]; teamIds?: readonly string[] }): Promise<KeyRow[]> {
  return db
    .selectFrom('keys')
    .selectAll()
    .where((eb) => eb.or([eb('user_id', 'in', padded(owner.userIds ?? [])), eb('team_id', 'in', padded(owner.teamIds ?? []))]))
    .orderBy('created_at', 'desc')
    .orderBy('hash')
    .execute();
}

/** Rejects with a unique violation where hash or alias is taken. */
export function insertKey(db: Db, values: Insertable<KeyTable>): Promise<KeyRow> {
  return db.insertInto('keys').values(values).returningAll().executeTakeFirstOrThrow();
}

/** Changes one key and returns it. Rejects with a unique violation where the alias is taken. */
export function updateKey(db: Db, hash: string, values: Updateable<KeyTable>): Promise<KeyRow> {
  return db.updateTable('keys').set(values).where('hash', '=', hash).returningAll().executeTakeFirstOrThrow();
}

/** Removes keys, and the retired ones that lead to them. */
export async function deleteKeys(db: Db, hashes: readonly string[]): Promise<void> {
  if (hashes.length > 0) await db.deleteFrom('keys').where('hash', 'in', hashes).execute();
}

/** Whether a key is taken: in use, or retired and still leading somewhere. */
export async function isHashTaken(db: Db, hash: string): Promise<boolean> {
  const [used, retired] = await Promise.all([
    db.selectFrom('keys').select('hash').where('hash', '=', hash).executeTakeFirst(),
    db.selectFrom('retired_keys').select('hash').where('hash', '=', hash).executeTakeFirst(),
  ]);
  return used !== undefined || retired !== undefined;
}

/** Gives a key another hash. Keys retired before go on leading to it until their time; so does the old one until `revokeAt`, unless that is null. */
export async function rotateKey(
  db: Db,
  oldHash: string,
  { hash, name, revokeAt, now }: { hash: string; name: string; revokeAt: Date | null; now: Date },
): Promise<KeyRow> {
  const earlier = await db.deleteFrom('retired_keys').where('key_hash', '=', oldHash).returningAll().execute();
  const row = await db
    .updateTable('keys')
    .set({ hash, name })
    .where('hash', '=', oldHash)
    .returningAll()
    .executeTakeFirstOrThrow();
  const retired = earlier.filter(({ revoke_at }) => revoke_at > now).map((one) => ({ ...one, key_hash: hash }));
  if (revokeAt !== null) retired.push({ hash: oldHash, key_hash: hash, revoke_at: revokeAt });
  if (retired.length > 0) await db.insertInto('retired_keys').values(retired).execute();
  return row;
}

/** `in ()` is no SQL. Neither a hash nor an id is empty. */
function padded(values: readonly string[]): readonly string[] {
  return values.length > 0 ? values : [''];
}
