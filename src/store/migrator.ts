import type { Kysely, Transaction } from 'kysely';
import { sql } from 'kysely';
import { up as initial } from './migrations/001-initial.ts';

/** One step forward. There is no way back: who needs one restores a backup. */
export interface Migration {
  name: string;
  up(db: Kysely<unknown>): Promise<void>;
}

/** Every step, in order. A step that was released never changes. */
export const migrations: readonly Migration[] = [{ name: '001-initial', up: initial }];

/** The database knows steps that this program does not: a newer version made it. */
export class SchemaTooNewError extends Error {}

/** Any number that no other program on the same database uses: "sluice" as letters on a telephone. */
const lockNumber = 758_423;

/**
 * Brings the database to the schema of this program: all missing steps in one transaction, one gateway at a time. Those that come later find
 * nothing to do. Returns the names of the steps it took.
 * @throws SchemaTooNewError
 */
export async function migrate(db: Kysely<unknown>, steps: readonly Migration[] = migrations): Promise<string[]> {
  return db.transaction().execute(async (transaction) => {
    await sql`set local lock_timeout = '60s'`.execute(transaction);
    await sql`set local statement_timeout = '10min'`.execute(transaction);
    await sql`select pg_advisory_xact_lock(${sql.lit(lockNumber)})`.execute(transaction);
    const done = await namesDone(transaction);
    const known = new Set(steps.map(({ name }) => name));
    const unknown = done.filter((name) => !known.has(name));
    if (unknown.length > 0) {
      throw new SchemaTooNewError(
        `the database was made by a newer version of Sluice: it has ${unknown.join(', ')}, which this version does not know. ` +
          'Start that version again, or give this one another database',
      );
    }
    const missing = steps.filter(({ name }) => !done.includes(name));
    for (const { name, up } of missing) {
      await up(transaction);
      await sql`insert into migrations (name) values (${name})`.execute(transaction);
    }
    return missing.map(({ name }) => name);
  });
}

async function namesDone(transaction: Transaction<unknown>): Promise<string[]> {
  await sql`create table if not exists migrations (name text primary key, at timestamptz not null default now())`.execute(
    transaction,
  );
  const { rows } = await sql<{ name: string }>`select name from migrations order by name`.execute(transaction);
  return rows.map(({ name }) => name);
}
