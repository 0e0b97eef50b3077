import type { Kysely } from 'kysely';
import type { SecretBox } from '../../keys/secret-box.ts';
import {
  existingIds,
  idsChangedHere,
  namesTaken,
  releaseNames,
  storedModels,
  upsertRows,
  type ImportedRows,
  type ImportedTable,
  type UpsertCounts,
} from '../../store/import-rows.ts';
import type { Database } from '../../store/schema.ts';
import { carrySpend, spendersOf, type CarriedSpend } from './carry-spend.ts';
import type { Findings, Kind } from './findings.ts';
import type { Plan } from './plan.ts';
import { sealModels } from './plan-models.ts';

/** What became of each table's rows, and of the counters. */
export interface Applied extends CarriedSpend {
  tables: Record<ImportedTable, UpsertCounts>;
}

interface ApplyOptions {
  now: Date;
  /** What secrets of models are sealed with; null: no key is set. */
  box: SecretBox | null;
}

/** Writes a plan, in the order in which rows refer to each other. What administrators changed or deleted here since is left as it is. */
export async function applyPlan(db: Kysely<Database>, plan: Plan, { now, box }: ApplyOptions): Promise<Applied> {
  const { findings } = plan;
  const kept = await keptHere(db);
  const leave = <Row>(kind: Kind, rows: readonly Row[], id: (row: Row) => string, label = id): Row[] =>
    rows.filter((row) => {
      const isKept = kept[kind]?.has(id(row)) === true;
      if (isKept) findings.skip(kind, label(row), 'changed or deleted here since; left as it is');
      return !isKept;
    });
  const budgets = leave('budget', [...plan.budgets.values()], ({ row }) => row.id);
  const users = leave('user', plan.users, ({ row }) => row.id);
  const teams = leave('team', plan.teams, ({ row }) => row.id);
  const customers = leave('customer', plan.customers, ({ row }) => row.id);
  const keys = leave(
    'key',
    plan.keys,
    ({ row }) => row.hash,
    ({ label }) => label,
  );
  const models = leave(
    'model',
    plan.models,
    ({ row }) => row.id,
    ({ row }) => row.name,
  );
  const tables = {} as Applied['tables'];
  tables.budgets = await upsertRows(
    db,
    'budgets',
    budgets.map(({ row }) => row),
  );
  tables.users = await upsertUsers(
    db,
    users.map(({ row }) => row),
    findings,
  );
  tables.teams = await upsertRows(
    db,
    'teams',
    teams.map(({ row }) => row),
  );
  const teamIds = await existingIds(db, 'teams', [
    ...new Set([...plan.keys, ...plan.members].flatMap(({ row }) => row.team_id ?? [])),
  ]);
  const members = leave('member', plan.members, ({ row }) => `${row.team_id}/${row.user_id}`).filter(({ row }) =>
    teamIds.has(row.team_id),
  );
  tables.members = await upsertRows(
    db,
    'members',
    members.map(({ row }) => row),
  );
  tables.keys = await upsertKeys(db, { keys, teamIds, findings });
  const retired = await retiredRows(db, plan, kept.key);
  tables.retired_keys = await upsertRows(db, 'retired_keys', retired);
  tables.customers = await upsertRows(
    db,
    'customers',
    customers.map(({ row }) => row),
  );
  tables.models = await upsertRows(db, 'models', sealModels(models, { box, stored: await storedModels(db) }, findings));
  const spenders = spendersOf({ ...plan, users, teams, members, keys, customers });
  return { tables, ...(await carrySpend(db, spenders, { now, findings })) };
}

/** Ids by kind that the audit log has changes of. */
async function keptHere(
  db: Kysely<Database>,
): Promise<Partial<Record<Kind, ReadonlySet<string>>> & { key: ReadonlySet<string> }> {
  const [key, ...others] = [
    await idsChangedHere(db, 'key'),
    await idsChangedHere(db, 'user'),
    await idsChangedHere(db, 'team'),
    await idsChangedHere(db, 'member'),
    await idsChangedHere(db, 'budget'),
    await idsChangedHere(db, 'customer'),
    await idsChangedHere(db, 'model'),
  ];
  const [user, team, member, budget, customer, model] = others;
  return { key, user, team, member, budget, customer, model } as Awaited<ReturnType<typeof keptHere>>;
}

async function upsertUsers(
  db: Kysely<Database>,
  rows: readonly ImportedRows['users'][],
  findings: Findings,
): Promise<UpsertCounts> {
  const emails = rows.flatMap(({ email }) => email?.toLowerCase() ?? []);
  const taken = await namesTaken(db, 'users', emails);
  const ids = new Set(rows.map(({ id }) => id));
  const free = rows.map((row) => {
    const owner = row.email === null ? undefined : taken.get(row.email.toLowerCase());
    if (owner === undefined || ids.has(owner)) return row;
    findings.change('user', row.id, 'another user here has its e-mail address; it is imported without one');
    return { ...row, email: null };
  });
  await releaseNames(
    db,
    'users',
    free.map(({ id, email }) => ({ key: id, name: email })),
  );
  return upsertRows(db, 'users', free);
}

/** Keys. LiteLLM lets several have one alias; here the first keeps it. One whose team is not here would be without the team's limits: it is blocked. */
async function upsertKeys(
  db: Kysely<Database>,
  { keys, teamIds, findings }: { keys: Plan['keys']; teamIds: ReadonlySet<string>; findings: Findings },
): Promise<UpsertCounts> {
  const taken = await namesTaken(
    db,
    'keys',
    keys.flatMap(({ row }) => row.alias ?? []),
  );
  const hashes = new Set(keys.map(({ row }) => row.hash));
  const used = new Set([...taken].filter(([, owner]) => !hashes.has(owner)).map(([alias]) => alias));
  const rows = keys.map(({ row, label, reasons }) => {
    const hasNoTeam = row.team_id !== null && !teamIds.has(row.team_id);
    const all = hasNoTeam ? [...reasons, `its team ${row.team_id} does not exist`] : reasons;
    findings.block('key', label, all);
    let alias = row.alias;
    if (alias !== null && used.has(alias)) {
      alias = `${alias} (${row.hash.slice(0, 8)})`;
      findings.change('key', label, `another key has its alias; it becomes "${alias}"`);
    }
    if (alias !== null) used.add(alias);
    return { ...row, alias, blocked: row.blocked || all.length > 0 };
  });
  await releaseNames(
    db,
    'keys',
    rows.map(({ hash, alias }) => ({ key: hash, name: alias })),
  );
  return upsertRows(
    db,
    'keys',
    rows.sort((one, other) => (one.hash < other.hash ? -1 : 1)),
  );
}

async function retiredRows(db: Kysely<Database>, { retiredKeys, findings }: Plan, kept: ReadonlySet<string>) {
  const known = await existingIds(
    db,
    'keys',
    retiredKeys.flatMap(({ hash, key_hash }) => [hash, key_hash]),
  );
  return retiredKeys.filter(({ hash, key_hash }) => {
    const isWanted = known.has(key_hash) && !known.has(hash) && !kept.has(key_hash);
    if (!isWanted) findings.skip('retired key', hash.slice(0, 8), 'the key that replaced it is not imported');
    return isWanted;
  });
}
