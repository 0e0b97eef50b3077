import type { ImportedRows } from '../../store/import-rows.ts';
import { Findings } from './findings.ts';
import { planBudgets, planCustomers, planTeams, planUsers, type Planned, type PlannedBudget } from './plan-holders.ts';
import { planKeys, planRetiredKeys, type PlannedKey } from './plan-keys.ts';
import { planMembers, type PlannedMember } from './plan-members.ts';
import { planModels, type PlannedModel } from './plan-models.ts';
import { withoutEmptyPermissions } from './restrictions.ts';
import type { LitellmSource, SourceRow } from './source.ts';
import { isEmpty, listOf, textOf } from './values.ts';

/** What LiteLLM's database comes to here, before anything is known of what is here already. */
export interface Plan {
  budgets: ReadonlyMap<string, PlannedBudget>;
  users: readonly Planned<ImportedRows['users']>[];
  teams: readonly Planned<ImportedRows['teams']>[];
  members: readonly PlannedMember[];
  keys: readonly PlannedKey[];
  retiredKeys: readonly ImportedRows['retired_keys'][];
  customers: readonly Planned<ImportedRows['customers']>[];
  models: readonly PlannedModel[];
  /** Organizations that limit their teams and keys: nothing here does. */
  limitingOrganizations: readonly string[];
  findings: Findings;
}

interface PlanOptions {
  now: Date;
  /** Of LiteLLM's master key; null: not known. */
  masterHash: string | null;
  /** LiteLLM's salt key, else its master key; null: not known. */
  litellmKey: string | null;
}

/** Reads everything but the log of requests. */
export async function makePlan(source: LitellmSource, { now, masterHash, litellmKey }: PlanOptions): Promise<Plan> {
  const findings = new Findings();
  const budgets = planBudgets(await source.rows('budgets'));
  const permissions = await source.rows('objectPermissions');
  const rowsOf = async (table: 'users' | 'teams' | 'keys') => withoutEmptyPermissions(await source.rows(table), permissions);
  const users = planUsers(await rowsOf('users'), findings);
  const teamRows = { rows: await rowsOf('teams'), modelAliases: await source.rows('modelAliases'), budgets };
  const teams = planTeams(teamRows, findings);
  const members = planMembers({ teams, users, memberships: await source.rows('memberships'), budgets }, findings);
  const keys = planKeys(await rowsOf('keys'), masterHash, findings);
  blockByHolders(keys, { users, members, budgets });
  return {
    budgets,
    users,
    teams,
    members,
    keys,
    retiredKeys: planRetiredKeys(await source.rows('retiredKeys'), now),
    customers: planCustomers(await source.rows('customers'), budgets, findings),
    models: planModels({ rows: await source.rows('models'), litellmKey }, findings),
    limitingOrganizations: limitingOrganizations(await source.rows('organizations'), budgets),
    findings,
  };
}

/** What restricts a user, a member or a budget and cannot be enforced falls on their keys. */
function blockByHolders(
  keys: readonly PlannedKey[],
  { users, members, budgets }: Pick<Plan, 'users' | 'members' | 'budgets'>,
): void {
  const ofUsers = new Map(users.map(({ row, reasons }) => [row.id, reasons]));
  const ofMembers = new Map(members.map(({ row, budget }) => [`${row.team_id}/${row.user_id}`, budget?.reasons ?? []]));
  for (const { row, reasons } of keys) {
    const add = (whose: string, more: readonly string[] = []) => reasons.push(...more.map((reason) => `${whose}: ${reason}`));
    if (row.user_id !== null) add(`of its user ${row.user_id}`, ofUsers.get(row.user_id));
    if (row.user_id !== null && row.team_id !== null)
      add('of its user in its team', ofMembers.get(`${row.team_id}/${row.user_id}`));
    if (row.budget_id !== null) add(`of its budget ${row.budget_id}`, budgets.get(row.budget_id)?.reasons);
  }
}

/** Every organization has a budget; most of these limit nothing. */
function limitingOrganizations(rows: readonly SourceRow[], budgets: ReadonlyMap<string, PlannedBudget>): string[] {
  return rows.flatMap((row) => {
    const limits = budgets.get(textOf(row, 'budget_id') ?? '')?.limits;
    const { rpm_limit, tpm_limit, max_parallel_requests, max_budget, model_limits = {} } = limits ?? {};
    const hasLimit = [rpm_limit, tpm_limit, max_parallel_requests, max_budget].some((limit) => !isEmpty(limit));
    if (!hasLimit && isEmpty(model_limits) && listOf(row, 'models').length === 0) return [];
    return [textOf(row, 'organization_alias') ?? String(row['organization_id'])];
  });
}
