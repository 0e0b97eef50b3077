import { sql, type RawBuilder } from 'kysely';

/** Whose spend a caller may see: its own, that of its keys, and that of teams it administers. */
export interface SpendView {
  userId: string | null;
  keyHashes: readonly string[];
  teamIds: readonly string[];
}

/** Which spend is asked for; what is not given is not looked at. */
export interface SpendFilter {
  /** null: everybody's. */
  view: SpendView | null;
  keyHash?: string | undefined;
  userId?: string | undefined;
  teamIds?: readonly string[] | undefined;
  model?: string | undefined;
  customerId?: string | undefined;
}

/** Days in UTC as `2026-11-21`, both included. */
export interface DaySpan {
  start: string;
  end: string;
}

/** The filter as a condition on the columns that `ledger` and `daily_spend` share. */
export function filterCondition(filter: SpendFilter): RawBuilder<boolean> {
  const conditions: RawBuilder<unknown>[] = [sql`true`];
  if (filter.view !== null) conditions.push(viewCondition(filter.view));
  if (filter.keyHash !== undefined) conditions.push(sql`key_hash = ${filter.keyHash}`);
  if (filter.userId !== undefined) conditions.push(sql`user_id = ${filter.userId}`);
  if (filter.teamIds !== undefined) conditions.push(sql`team_id = any${textArray(filter.teamIds)}`);
  if (filter.model !== undefined) conditions.push(sql`model = ${filter.model}`);
  if (filter.customerId !== undefined) conditions.push(sql`customer_id = ${filter.customerId}`);
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}

/** Texts for after `= any`: one parameter, however many they are, whose values the planner sees. */
export function textArray(texts: readonly string[]): RawBuilder<unknown> {
  return sql`(${[...texts]}::text[])`;
}

function viewCondition({ userId, keyHashes, teamIds }: SpendView): RawBuilder<unknown> {
  const own = userId === null ? sql`false` : sql`user_id = ${userId}`;
  return sql`(${own} or key_hash = any${textArray(keyHashes)} or team_id = any${textArray(teamIds)})`;
}
