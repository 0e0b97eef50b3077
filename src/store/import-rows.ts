import { sql, type Kysely } from 'kysely';
import type { JsonRow } from './access-query.ts';
import type {
  BudgetTable,
  CustomerTable,
  Database,
  KeyTable,
  MemberTable,
  ModelTable,
  RetiredKeyTable,
  TeamTable,
  UserTable,
} from './schema.ts';

/** Rows of another gateway in the form of our tables. */
export interface ImportedRows {
  budgets: JsonRow<BudgetTable>;
  users: JsonRow<UserTable>;
  teams: JsonRow<TeamTable>;
  members: JsonRow<MemberTable>;
  keys: JsonRow<KeyTable>;
  retired_keys: JsonRow<RetiredKeyTable>;
  customers: JsonRow<CustomerTable>;
  models: JsonRow<ModelTable>;
}
export type ImportedTable = keyof ImportedRows;

/** What became of rows. */
export interface UpsertCounts {
  inserted: number;
  updated: number;
  unchanged: number;
}

const rowsAtOnce = 500;
const stamps = new Set(['created_at', 'created_by', 'updated_at', 'updated_by']);
const keysOfTables: Readonly<Record<ImportedTable, readonly string[]>> = {
  budgets: ['id'],
  users: ['id'],
  teams: ['id'],
  members: ['team_id', 'user_id'],
  keys: ['hash'],
  retired_keys: ['hash'],
  customers: ['id'],
  models: ['id'],
};

/** Inserts rows, and changes those that are there with the same primary key and differ in more than who changed them when. */
export async function upsertRows<Table extends ImportedTable>(
  db: Kysely<Database>,
  table: Table,
  rows: readonly ImportedRows[Table][],
): Promise<UpsertCounts> {
  const counts = { inserted: 0, updated: 0, unchanged: 0 };
  const statement = upsertOf(table, Object.keys(rows[0] ?? {}));
  for (let at = 0; at < rows.length; at += rowsAtOnce) {
    const part = rows.slice(at, at + rowsAtOnce);
    const { rows: touched } = await statement(JSON.stringify(part)).execute(db);
    const inserted = touched.filter((row) => row.inserted).length;
    counts.inserted += inserted;
    counts.updated += touched.length - inserted;
    counts.unchanged += part.length - touched.length;
  }
  return counts;
}

function upsertOf(table: ImportedTable, columns: readonly string[]) {
  const keys = keysOfTables[table];
  const others = columns.filter((column) => !keys.includes(column));
  const compared = others.filter((column) => !stamps.has(column));
  const list = (names: readonly string[], prefix = '') => sql.raw(names.map((name) => `${prefix}"${name}"`).join(', '));
  const set = sql.raw(others.map((name) => `"${name}" = excluded."${name}"`).join(', '));
  return (json: string) => sql<{ inserted: boolean }>`
    insert into ${sql.table(table)} as known (${list(columns)})
    select ${list(columns)} from jsonb_populate_recordset(null::${sql.table(table)}, ${json}::text::jsonb) order by ${list(keys)}
    on conflict (${list(keys)}) do update set ${set}
    where (${list(compared, 'known.')}) is distinct from (${list(compared, 'excluded.')})
    returning (xmax = 0) as inserted`;
}

/** Ids that administrators of this gateway have changed or deleted: the audit log has them. */
export async function idsChangedHere(db: Kysely<Database>, entity: string): Promise<Set<string>> {
  // A rotated key is another one afterwards; under its old hash it must not come back.
  const { rows } = await sql<{ id: string }>`
    select entity_id as id from audit where entity = ${entity}
    union select before->>'hash' from audit where entity = ${entity} and action = 'key.rotate' and before ? 'hash'`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/** Those of these ids that there is a row for. */
export async function existingIds(db: Kysely<Database>, table: 'teams' | 'keys', ids: readonly string[]): Promise<Set<string>> {
  const column = sql.ref(table === 'keys' ? 'hash' : 'id');
  const { rows } = await sql<{ id: string }>`
    select ${column} as id from ${sql.table(table)} where ${column} = any(${[...ids]}::text[])`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/** Who has a name that only one may have: key aliases, or addresses of users in lower case. By name, the primary key. */
export async function namesTaken(
  db: Kysely<Database>,
  table: 'keys' | 'users',
  names: readonly string[],
): Promise<Map<string, string>> {
  const [name, key] = table === 'keys' ? [sql`alias`, sql`hash`] : [sql`lower(email)`, sql`id`];
  const { rows } = await sql<{ name: string; key: string }>`
    select ${name} as name, ${key} as key from ${sql.table(table)} where ${name} = any(${[...names]}::text[])`.execute(db);
  return new Map(rows.map((row) => [row.name, row.key]));
}

/** Takes the names from rows that will get others, so that two can change theirs with each other. */
export async function releaseNames(
  db: Kysely<Database>,
  table: 'keys' | 'users',
  wanted: readonly { key: string; name: string | null }[],
): Promise<void> {
  const [name, key] = table === 'keys' ? [sql`alias`, sql`hash`] : [sql`email`, sql`id`];
  await sql`
    update ${sql.table(table)} as known set ${name} = null
    from json_to_recordset(${JSON.stringify(wanted)}::text::json) as given("key" text, "name" text)
    where known.${key} = given."key" and known.${name} is not null and known.${name} is distinct from given."name"`.execute(db);
}

/** Models as they are stored, by id. */
export async function storedModels(db: Kysely<Database>): Promise<Map<string, Record<string, unknown>>> {
  const rows = await db.selectFrom('models').select(['id', 'params']).execute();
  return new Map(rows.map(({ id, params }) => [id, params]));
}

/** Lets a long transaction be one: its statements are many, and it waits for another database between them. */
export async function allowLongTransaction(db: Kysely<Database>): Promise<void> {
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(db);
}
