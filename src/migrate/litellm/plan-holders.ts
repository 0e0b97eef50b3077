import type { ImportedRows } from '../../store/import-rows.ts';
import type { Findings } from './findings.ts';
import { limitsOfRow, stampsOf, type Limits } from './limits.ts';
import { dashboardTeam } from './plan-keys.ts';
import { restOfMetadata, restrictionsOf } from './restrictions.ts';
import type { SourceRow } from './source.ts';
import { flagOf, isEmpty, listOf, objectOf, textOf, toList, toObject } from './values.ts';

/** A named budget: LiteLLM's row and our limits. */
export interface PlannedBudget {
  row: ImportedRows['budgets'];
  source: SourceRow;
  limits: Limits;
  /** What of it cannot be enforced. */
  reasons: string[];
}

/** Named budgets, by id. */
export function planBudgets(rows: readonly SourceRow[]): Map<string, PlannedBudget> {
  return new Map(
    rows.map((source) => {
      const id = String(source['budget_id']);
      const limits = limitsOfRow(source);
      return [id, { row: { id, ...limits, ...stampsOf(source) }, source, limits, reasons: restrictionsOf(source) }];
    }),
  );
}

/** A holder of limits as it will be, and LiteLLM's row of it. */
export interface Planned<Row> {
  row: Row;
  source: SourceRow;
  /** Why what it restricts cannot be enforced. */
  reasons: string[];
}

const roles = new Set(['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer']);

/** Users. Of two with one address, which LiteLLM allows, the later one loses it. */
export function planUsers(rows: readonly SourceRow[], findings: Findings): Planned<ImportedRows['users']>[] {
  const seen = new Set<string>();
  return rows.map((source) => {
    const id = String(source['user_id']);
    const email = textOf(source, 'user_email');
    const isTwice = email !== null && seen.has(email.toLowerCase());
    if (isTwice) findings.change('user', id, 'another user has its e-mail address; it is imported without one');
    else if (email !== null) seen.add(email.toLowerCase());
    const role = textOf(source, 'user_role');
    const isKnownRole = role !== null && roles.has(role);
    if (role !== null && !isKnownRole)
      findings.change('user', id, `there is no role "${role}" here; it becomes internal_user_viewer`);
    const { metadata, hadCallbacks } = restOfMetadata(source);
    if (hadCallbacks) findings.change('user', id, 'its callbacks are left out');
    const ssoId = textOf(source, 'sso_user_id');
    const row = {
      id,
      email: isTwice ? null : email,
      alias: textOf(source, 'user_alias'),
      role: isKnownRole ? role : 'internal_user_viewer',
      models: listOf(source, 'models'),
      metadata,
      extra: ssoId === null ? {} : { sso_user_id: ssoId },
      ...limitsOfRow(source),
      ...stampsOf(source),
    };
    return { row, source, reasons: restrictionsOf(source) };
  });
}

interface TeamInput {
  rows: readonly SourceRow[];
  modelAliases: readonly SourceRow[];
  budgets: ReadonlyMap<string, PlannedBudget>;
}

/** Teams. One that restricts its keys in a way that cannot be enforced is blocked. */
export function planTeams({ rows, modelAliases, budgets }: TeamInput, findings: Findings): Planned<ImportedRows['teams']>[] {
  const aliases = new Map(modelAliases.map((row) => [String(row['id']), toObject(row['aliases']) as Record<string, string>]));
  return rows.flatMap((source) => {
    const id = String(source['team_id']);
    if (id === dashboardTeam) return [];
    const metadata = objectOf(source, 'metadata');
    const rest = restOfMetadata(source);
    const label = textOf(source, 'team_alias') ?? id;
    if (rest.hadCallbacks) findings.change('team', label, 'its callbacks are left out');
    if (!isEmpty(source['router_settings'])) findings.change('team', label, 'its own settings of routing are left out');
    const defaults = budgets.get(String(metadata['team_member_budget_id'] ?? ''));
    const reasons = [...restrictionsOf(source), ...(defaults?.reasons ?? [])];
    findings.block('team', label, reasons);
    delete rest.metadata['team_member_budget_id'];
    const row = {
      id,
      alias: textOf(source, 'team_alias'),
      models: listOf(source, 'models'),
      model_aliases: aliases.get(String(source['model_id'] ?? '')) ?? {},
      blocked: flagOf(source, 'blocked') || reasons.length > 0,
      tags: toList(metadata['tags']),
      guardrails: toList(metadata['guardrails']),
      metadata: rest.metadata,
      member_defaults: defaults === undefined ? {} : memberLimits(defaults.limits),
      member_permissions: listOf(source, 'team_member_permissions'),
      extra: {},
      ...limitsOfRow(source),
      ...stampsOf(source),
    };
    return [{ row, source, reasons }];
  });
}

/** The limits that members can have. */
export function memberLimits({ max_budget, budget_duration, rpm_limit, tpm_limit }: Limits) {
  return { max_budget, budget_duration, rpm_limit, tpm_limit };
}

/** End users. One that something restricts which cannot be enforced is blocked. */
export function planCustomers(
  rows: readonly SourceRow[],
  budgets: ReadonlyMap<string, PlannedBudget>,
  findings: Findings,
): Planned<ImportedRows['customers']>[] {
  return rows.map((source) => {
    const id = String(source['user_id']);
    const budgetId = textOf(source, 'budget_id');
    const reasons = [...restrictionsOf(source), ...(budgets.get(budgetId ?? '')?.reasons ?? [])];
    findings.block('customer', id, reasons);
    const defaultModel = textOf(source, 'default_model');
    const row = {
      id,
      alias: textOf(source, 'alias'),
      blocked: flagOf(source, 'blocked') || reasons.length > 0,
      budget_id: budgetId,
      extra: defaultModel === null ? {} : { default_model: defaultModel },
      ...limitsOfRow(source),
      ...stampsOf(source),
    };
    return { row, source, reasons };
  });
}
