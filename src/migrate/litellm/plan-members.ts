import type { ImportedRows } from '../../store/import-rows.ts';
import type { Findings } from './findings.ts';
import { limitsOfRow } from './limits.ts';
import { memberLimits, type Planned, type PlannedBudget } from './plan-holders.ts';
import type { SourceRow } from './source.ts';
import { objectOf, textOf, toList, toObject } from './values.ts';

type MemberRow = ImportedRows['members'];

/** A member as it will be, and LiteLLM's row of its spend, where it has one. */
export interface PlannedMember {
  row: MemberRow;
  membership: SourceRow;
  budget: PlannedBudget | null;
  /** What its team gives members who have no limits of their own. */
  defaults: PlannedBudget | null;
}

interface MemberInput {
  teams: readonly Planned<ImportedRows['teams']>[];
  users: readonly Planned<ImportedRows['users']>[];
  memberships: readonly SourceRow[];
  budgets: ReadonlyMap<string, PlannedBudget>;
}

/** Members of teams: whoever a team names, and whoever has limits or spend in one. */
export function planMembers({ teams, users, memberships, budgets }: MemberInput, findings: Findings): PlannedMember[] {
  const byEmail = new Map(users.flatMap(({ row }) => (row.email === null ? [] : [[row.email.toLowerCase(), row.id] as const])));
  const known = new Map(memberships.map((row) => [`${String(row['team_id'])}\n${String(row['user_id'])}`, row]));
  const members = teams.flatMap(({ row: team, source }) => {
    const roles = rolesOf(source, byEmail, (who) =>
      findings.skip('member', `${who} of ${team.alias ?? team.id}`, 'no user has this e-mail address'),
    );
    for (const [key] of known) {
      const [teamId, userId = ''] = key.split('\n');
      if (teamId === team.id && !roles.has(userId)) roles.set(userId, 'user');
    }
    const defaults = budgets.get(textOf(objectOf(source, 'metadata'), 'team_member_budget_id') ?? '') ?? null;
    return [...roles].map(([userId, role]) => {
      const membership = known.get(`${team.id}\n${userId}`) ?? {};
      const budget = budgets.get(textOf(membership, 'budget_id') ?? '') ?? null;
      return { row: memberRow({ team, userId, role, budget, defaults }), membership, budget, defaults };
    });
  });
  const teamIds = new Set(teams.map(({ row }) => row.id));
  for (const row of memberships) {
    if (!teamIds.has(String(row['team_id']))) findings.skip('member', String(row['user_id']), 'its team does not exist');
  }
  return members;
}

function memberRow(input: {
  team: ImportedRows['teams'];
  userId: string;
  role: string;
  budget: PlannedBudget | null;
  defaults: PlannedBudget | null;
}): MemberRow {
  const { team, userId, role, budget, defaults } = input;
  return {
    team_id: team.id,
    user_id: userId,
    role,
    ...memberLimits(budget?.limits ?? limitsOfRow({})),
    budget_anchor: (budget ?? defaults)?.limits.budget_anchor ?? team.budget_anchor,
    created_at: team.created_at,
  };
}

/** Roles by user. Newer versions keep a list of objects, older ones two lists of ids. */
function rolesOf(team: SourceRow, byEmail: ReadonlyMap<string, string>, onUnknown: (who: string) => void): Map<string, string> {
  const roles = new Map<string, string>();
  for (const id of toList(team['members'])) roles.set(id, 'user');
  for (const id of toList(team['admins'])) roles.set(id, 'admin');
  for (const member of memberObjects(team['members_with_roles'])) {
    const email = textOf(member, 'user_email');
    const id = textOf(member, 'user_id') ?? byEmail.get(email?.toLowerCase() ?? '');
    if (id !== undefined) roles.set(id, textOf(member, 'role') === 'admin' ? 'admin' : 'user');
    else if (email !== null) onUnknown(email);
  }
  return roles;
}

function memberObjects(value: unknown): SourceRow[] {
  const parsed: unknown = typeof value === 'string' ? Object.values(toObject(`{"list":${value}}`))[0] : value;
  if (Array.isArray(parsed)) return parsed.map(toObject);
  // An empty object is what LiteLLM has for no members.
  return [];
}
