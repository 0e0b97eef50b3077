import { sql, type Kysely } from 'kysely';
import type { JsonRow } from './access-query.ts';
import type { Database, SpendTable } from './schema.ts';

type Db = Kysely<Database>;

/** A counter of money, and the period that it shall count in. */
export interface CounterPeriod {
  /** As in `Budget.scope`. */
  scope: string;
  duration: string | null;
  periodEnd: Date | null;
}

/** What counters hold in the periods that contain `now`, nano-dollars. Counters that nobody has charged are missing. */
export async function readCounters(db: Db, scopes: readonly string[], now: Date): Promise<Map<string, number>> {
  if (scopes.length === 0) return new Map();
  const rows = await db
    .selectFrom('spend')
    .select(['scope', 'spent'])
    .where(sql<boolean>`scope = any(${scopes}::text[])`)
    .where((eb) => eb.or([eb('period_end', 'is', null), eb('period_end', '>', now)]))
    .execute();
  return new Map(rows.map(({ scope, spent }) => [scope, spent]));
}

/** Counters as they are, whatever period they count in. Counters that nobody has charged are missing. */
export async function counterRows(db: Db, scopes: readonly string[]): Promise<JsonRow<SpendTable>[]> {
  const rows = await db
    .selectFrom('spend')
    .selectAll()
    .where(sql<boolean>`scope = any(${scopes}::text[])`)
    .execute();
  return rows.map((row) => ({ ...row, period_end: row.period_end?.toISOString() ?? null }));
}

/** Sets what a counter holds. */
export async function setCounter(db: Db, { scope, duration, periodEnd }: CounterPeriod, spentNanoUsd: number): Promise<void> {
  const values = { duration, period_end: periodEnd, spent: spentNanoUsd };
  await db
    .insertInto('spend')
    .values({ scope, ...values })
    .onConflict((conflict) => conflict.column('scope').doUpdateSet(values))
    .execute();
}

/** Moves counters that exist to other periods. What was spent in the running period is kept; what belongs to one that is over is not. */
export async function moveCounters(db: Db, periods: readonly CounterPeriod[], now: Date): Promise<void> {
  for (const { scope, duration, periodEnd } of periods) {
    await db
      .updateTable('spend')
      .set({
        duration,
        period_end: periodEnd,
        spent: sql<number>`case when period_end <= ${now} then 0 else spent end`,
      })
      .where('scope', '=', scope)
      .where(sql<boolean>`(duration is distinct from ${duration} or period_end is distinct from ${periodEnd})`)
      .execute();
  }
}

/** Gives counters other names. What one of the new name held already is lost. */
export async function renameCounters(db: Db, names: ReadonlyMap<string, string>): Promise<void> {
  for (const [from, to] of names) {
    await db.deleteFrom('spend').where('scope', '=', to).execute();
    await db.updateTable('spend').set({ scope: to }).where('scope', '=', from).execute();
  }
}

/** Forgets counters: what is made anew under the same name begins at nothing. */
export async function deleteCounters(db: Db, scopes: readonly string[]): Promise<void> {
  if (scopes.length > 0)
    await db
      .deleteFrom('spend')
      .where(sql<boolean>`scope = any(${scopes}::text[])`)
      .execute();
}
