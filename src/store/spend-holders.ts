import { sql, type Kysely } from 'kysely';
import type { Database } from './schema.ts';
import { textArray, type SpendView } from './spend-filter.ts';

/** What reports say of a key besides its hash. */
export interface KeyLabel {
  alias: string | null;
  name: string;
  userId: string | null;
  teamId: string | null;
}

/** By hash; deleted keys are not in it. */
export async function keyLabels(db: Kysely<Database>, hashes: readonly string[]): Promise<Map<string, KeyLabel>> {
  const { rows } = await sql<{ hash: string } & KeyLabel>`
    select hash, alias, name, user_id as "userId", team_id as "teamId" from keys where hash = any${textArray(hashes)}`.execute(
    db,
  );
  return new Map(rows.map(({ hash, ...label }) => [hash, label]));
}

/** Alias or, for users, alias or address, by id; those without are not in it. */
export async function holderLabels(
  db: Kysely<Database>,
  kind: 'user' | 'team' | 'customer',
  ids: readonly string[],
): Promise<Map<string, string>> {
  const table = sql.table({ user: 'users', team: 'teams', customer: 'customers' }[kind]);
  const label = kind === 'user' ? sql`coalesce(alias, email)` : sql`alias`;
  const { rows } = await sql<{ id: string; label: string | null }>`
    select id, ${label} as label from ${table} where id = any${textArray(ids)}`.execute(db);
  return new Map(rows.flatMap(({ id, label }) => (label === null ? [] : [[id, label]])));
}

/** What a user who is no administrator may see of spend. `onlyTeamId`: within this team; null: all of it. */
export async function viewOfUser(
  db: Kysely<Database>,
  userId: string,
  onlyTeamId: string | null,
): Promise<{ keyHashes: string[]; teamIds: string[] }> {
  let ownKeys = db.selectFrom('keys').select('hash').where('user_id', '=', userId);
  let ownTeams = db.selectFrom('members').select('team_id').where('user_id', '=', userId).where('role', '=', 'admin');
  if (onlyTeamId !== null) {
    ownKeys = ownKeys.where('team_id', '=', onlyTeamId);
    ownTeams = ownTeams.where('team_id', '=', onlyTeamId);
  }
  const keys = await ownKeys.execute();
  const teams = await ownTeams.execute();
  return { keyHashes: keys.map(({ hash }) => hash), teamIds: teams.map(({ team_id }) => team_id) };
}

/** A counter whose period is over counts nothing. */
const currentSpend = (nowMs: number) => sql<number>`
  coalesce(case when spend.period_end <= to_timestamp(${nowMs}::float8 / 1000) then 0 else spend.spent end, 0)`;

/** A key and what it spent in its current period. */
export interface KeySpend {
  hash: string;
  name: string;
  alias: string | null;
  user_id: string | null;
  team_id: string | null;
  models: string[];
  max_budget: number | null;
  budget_duration: string | null;
  expires_at: Date | null;
  created_at: Date;
  spent: number;
}

/** Keys, those that spent most first. */
export async function keysBySpend(
  db: Kysely<Database>,
  { view, nowMs, limit }: { view: SpendView | null; nowMs: number; limit: number },
): Promise<KeySpend[]> {
  const spent = currentSpend(nowMs);
  let keys = db
    .selectFrom('keys')
    .leftJoin('spend', (join) => join.on('spend.scope', '=', sql<string>`'key:' || keys.hash`))
    .select([
      'hash',
      'name',
      'alias',
      'user_id',
      'team_id',
      'models',
      'max_budget',
      'budget_duration',
      'expires_at',
      'created_at',
    ])
    .select(spent.as('spent'));
  if (view !== null) {
    keys = keys.where(
      sql<boolean>`(hash = any${textArray(view.keyHashes)} or user_id = ${view.userId} or team_id = any${textArray(view.teamIds)})`,
    );
  }
  return keys.orderBy(spent, 'desc').orderBy('hash').limit(limit).execute();
}

/** A user and what it spent in its current period. */
export interface UserSpend {
  id: string;
  email: string | null;
  alias: string | null;
  role: string;
  models: string[];
  max_budget: number | null;
  budget_duration: string | null;
  spent: number;
}

/** Users, those that spent most first; `userId`: only this one. */
export async function usersBySpend(
  db: Kysely<Database>,
  { userId, nowMs, limit }: { userId: string | undefined; nowMs: number; limit: number },
): Promise<UserSpend[]> {
  const spent = currentSpend(nowMs);
  let users = db
    .selectFrom('users')
    .leftJoin('spend', (join) => join.on('spend.scope', '=', sql<string>`'user:' || users.id`))
    .select(['id', 'email', 'alias', 'role', 'models', 'max_budget', 'budget_duration'])
    .select(spent.as('spent'));
  if (userId !== undefined) users = users.where('id', '=', userId);
  return users.orderBy(spent, 'desc').orderBy('id').limit(limit).execute();
}
