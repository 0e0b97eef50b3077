import { formatTable, formatUsd } from './table.ts';

/** What answers say of a key, as far as people are shown it. */
export interface KeyRow {
  token: string;
  key_name: string;
  key_alias: string | null;
  user_id: string | null;
  team_id: string | null;
  spend: number;
  max_budget: number | null;
  budget_duration: string | null;
  budget_reset_at?: string | null;
  rpm_limit: number | null;
  tpm_limit: number | null;
  max_parallel_requests?: number | null;
  models: string[];
  expires: string | null;
  blocked: boolean | null;
  created_at?: string;
}
/** Keys, one a line. */
export function keyTable(rows: readonly KeyRow[]): string {
  const names = ['ALIAS', 'KEY', 'HASH', 'USER', 'TEAM', 'SPENT', 'BUDGET', 'RPM', 'TPM', 'EXPIRES', 'STATE'];
  const cells = rows.map((row) => [
    row.key_alias,
    row.key_name,
    row.token.slice(0, 12),
    row.user_id,
    row.team_id,
    formatUsd(row.spend),
    budgetOf(row),
    row.rpm_limit,
    row.tpm_limit,
    row.expires?.slice(0, 10) ?? null,
    stateOf(row),
  ]);
  return formatTable(names, cells);
}

/** A key, a line for each thing that it has. */
export function describeKey(row: KeyRow): string {
  const resets = row.budget_reset_at ?? null;
  const lines: [string, string | number | null | undefined][] = [
    ['alias', row.key_alias],
    ['key', row.key_name],
    ['hash', row.token],
    ['state', stateOf(row)],
    ['user', row.user_id],
    ['team', row.team_id],
    ['models', row.models.length === 0 ? 'all' : row.models.join(', ')],
    ['spent', `${formatUsd(row.spend)}${resets === null ? '' : `, until ${resets}`}`],
    ['budget', budgetOf(row)],
    ['requests a minute', row.rpm_limit],
    ['tokens a minute', row.tpm_limit],
    ['at once', row.max_parallel_requests],
    ['expires', row.expires],
    ['made', row.created_at],
  ];
  const said = lines.filter(([, value]) => value !== null && value !== undefined);
  return said.map(([name, value]) => `${name.padEnd(18)}${String(value).replaceAll(/\p{Cc}/gu, '\uFFFD')}\n`).join('');
}

function budgetOf({ max_budget, budget_duration }: KeyRow): string | null {
  if (max_budget === null) return null;
  return `${formatUsd(max_budget)}${budget_duration === null ? '' : ` / ${budget_duration}`}`;
}

/** Whether it is let in. */
export function stateOf({ blocked, expires }: KeyRow): string {
  if (blocked === true) return 'blocked';
  return expires !== null && Date.parse(expires) <= Date.now() ? 'expired' : 'in use';
}

/** How a key is called in a line. */
export function labelOf({ key_alias, key_name, token }: KeyRow): string {
  return `${key_alias ?? key_name} (${token.slice(0, 8)})`;
}
