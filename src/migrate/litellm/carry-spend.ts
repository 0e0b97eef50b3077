import type { Kysely } from 'kysely';
import { raiseCounters, type ImportedCounter } from '../../store/import-counters.ts';
import type { Database } from '../../store/schema.ts';
import { counterOf, modelCountersOf, type Spender } from './counters.ts';
import type { Findings, Kind } from './findings.ts';
import { limitsOfRow } from './limits.ts';
import type { Plan } from './plan.ts';
import type { PlannedMember } from './plan-members.ts';

/** What became of counters. */
export interface CarriedSpend {
  /** How many counters of spend were written or raised. */
  counters: number;
  /** Nano-dollars by kind of holder: what LiteLLM has, and what of it belongs to a period that runs. */
  spend: Record<string, { sourceNanoUsd: number; carriedNanoUsd: number }>;
}

/** Holders whose spend is carried over. */
type Holders = Pick<Plan, 'budgets' | 'users' | 'teams' | 'members' | 'keys' | 'customers'>;

/** Who has spent, by kind. */
export function spendersOf({ budgets, users, teams, members, keys, customers }: Holders): Record<string, Spender[]> {
  const named = (id: string | null) => {
    const found = budgets.get(id ?? '');
    return found === undefined ? null : { row: found.source, limits: found.limits };
  };
  return {
    keys: keys.map(({ row, source, label }) => ({
      label,
      scope: `key:${row.hash}`,
      row: source,
      limits: row,
      budget: named(row.budget_id),
    })),
    users: users.map(({ row, source }) => ({ label: row.id, scope: `user:${row.id}`, row: source, limits: row, budget: null })),
    teams: teams.map(({ row, source }) => ({
      label: row.alias ?? row.id,
      scope: `team:${row.id}`,
      row: source,
      limits: row,
      budget: null,
    })),
    members: members.map(memberSpender),
    customers: customers.map(({ row, source }) => ({
      label: row.id,
      scope: `customer:${row.id}`,
      row: source,
      limits: row,
      budget: named(row.budget_id),
    })),
  };
}

/** The period is the member's own where its budget has an amount or a period, else that of its team's members (as `keys/build-access.ts` has it). */
function memberSpender({ row, membership, budget, defaults }: PlannedMember): Spender {
  const isOwn = row.max_budget !== null || row.budget_duration !== null;
  const period = isOwn ? budget : defaults;
  return {
    label: `${row.user_id} of ${row.team_id}`,
    scope: `member:${row.team_id}/${row.user_id}`,
    row: { ...membership, budget_reset_at: period?.source['budget_reset_at'] },
    limits: { ...limitsOfRow({}), ...row, budget_duration: period?.limits.budget_duration ?? null },
    budget: null,
  };
}

const kindOf: Readonly<Record<string, Kind>> = {
  keys: 'key',
  users: 'user',
  teams: 'team',
  members: 'member',
  customers: 'customer',
};

/** Writes what holders have spent in the periods that they are in. */
export async function carrySpend(
  db: Kysely<Database>,
  spenders: Record<string, Spender[]>,
  { now, findings }: { now: Date; findings: Findings },
): Promise<CarriedSpend> {
  const spend: CarriedSpend['spend'] = {};
  const counters: ImportedCounter[] = [];
  for (const [name, holders] of Object.entries(spenders)) {
    const sums = (spend[name] = { sourceNanoUsd: 0, carriedNanoUsd: 0 });
    for (const holder of holders) {
      const { counter, sourceNanoUsd, movedFrom } = counterOf(holder, now);
      sums.sourceNanoUsd += sourceNanoUsd;
      sums.carriedNanoUsd += counter?.spent ?? 0;
      if (counter !== null) counters.push(counter);
      counters.push(...modelCountersOf(holder));
      if (movedFrom === null) continue;
      const { duration, at, instead } = movedFrom;
      const reason = `its budget (${duration}) begins anew at ${at.toISOString()}, not at ${instead.toISOString()}`;
      findings.change(kindOf[name] ?? 'key', holder.label, reason);
    }
  }
  return { counters: await raiseCounters(db, counters, now), spend };
}
