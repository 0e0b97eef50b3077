import { findBudgets, type BudgetRow } from '../store/budgets-rows.ts';
import type { KeyRow } from '../store/keys-rows.ts';
import { toUsd } from '../money/usd.ts';
import { neutralValues } from '../wire/admin/foreign-fields.ts';
import { budgetToWire } from './budget-answer.ts';
import { scopes } from './counters.ts';
import { keyFields, toWire } from './fields.ts';
import { limitsToWire } from './limits.ts';
import { shownMetadata } from './metadata.ts';
import type { AdminServices } from './services.ts';

type Wire = Record<string, unknown>;

const nulls = (names: string): Wire => Object.fromEntries(names.split(' ').map((name) => [name, null]));

/** What LiteLLM tells of a key and this gateway does not know, with the values that LiteLLM gives where there is nothing. */
const unknownOfKeys: Wire = {
  ...neutralValues([
    'agent_id',
    'project_id',
    'organization_id',
    'object_permission',
    'object_permission_id',
    'permissions',
    'policies',
  ]),
  ...neutralValues([
    'allowed_cache_controls',
    'access_group_ids',
    'budget_limits',
    'budget_fallbacks',
    'auto_rotate',
    'rotation_interval',
  ]),
  ...neutralValues(['config', 'router_settings', 'soft_budget_cooldown']),
  ...nulls(
    'org_id last_active last_rotation_at key_rotation_at litellm_organization_table litellm_project_table jwt_key_mappings',
  ),
  model_spend: {},
  rotation_count: 0,
};

/** What a new key's answer has besides, or gives otherwise. */
const unknownOfNewKeys: Wire = {
  ...nulls(
    'mcp_rpm_limit tag_rpm_limit policies prompts default_estimated_output_tokens default_estimated_output_tokens_per_model',
  ),
  ...nulls(
    'disable_global_guardrails enable_prompt_caching throttle_on_budget_exceeded enforced_params allowed_passthrough_routes',
  ),
  ...nulls('allowed_vector_store_indexes rpm_limit_type tpm_limit_type'),
  router_settings: {
    ...nulls(
      'routing_strategy_args routing_strategy routing_groups retry_policy model_group_retry_policy model_group_affinity_config',
    ),
    ...nulls('allowed_fails cooldown_time num_retries timeout max_retries retry_after fallbacks context_window_fallbacks'),
    ...nulls('enable_tag_filtering tag_routing_prefix optional_pre_call_checks'),
    model_group_alias: {},
  },
};

/** Keys as answers show them. Not for use within a transaction: spend may be asked of the database by another connection. */
export async function keysToWire(services: AdminServices, rows: readonly KeyRow[]): Promise<Wire[]> {
  const budgetIds = [...new Set(rows.flatMap(({ budget_id }) => budget_id ?? []))];
  const budgets = new Map((await findBudgets(services.store.db, budgetIds)).map((budget) => [budget.id, budget]));
  const spend = await services.currentSpend(rows.map(({ hash }) => scopes.key(hash)));
  const now = new Date(services.now());
  return rows.map((row) => {
    const budget = row.budget_id === null ? undefined : budgets.get(row.budget_id);
    return keyToWire(row, { budget, now, spentNanoUsd: spend.get(scopes.key(row.hash)) ?? 0 });
  });
}

/** One key. */
export async function oneKeyToWire(services: AdminServices, row: KeyRow): Promise<Wire> {
  const [wire = {}] = await keysToWire(services, [row]);
  return wire;
}

/** A new key: the row, the key itself, and fields without a value as null. */
export async function newKeyToWire(
  services: AdminServices,
  { row, key, duration }: { row: KeyRow; key: string; duration: string | null },
): Promise<Wire> {
  const wire = await oneKeyToWire(services, row);
  return {
    ...unknownOfNewKeys,
    ...wire,
    ...emptyAsNull(wire),
    router_settings: row.extra['router_settings'] ?? unknownOfNewKeys['router_settings'],
    duration,
    key,
    token_id: row.hash,
  };
}

/** What answers about something new say of fields that nobody set. */
export function emptyAsNull(wire: Wire): Wire {
  const names = ['guardrails', 'tags', 'model_rpm_limit', 'model_tpm_limit', 'policies'];
  return Object.fromEntries(
    names.filter((name) => Object.keys((wire[name] ?? {}) as object).length === 0).map((name) => [name, null]),
  );
}

function keyToWire(
  row: KeyRow,
  { budget, now, spentNanoUsd }: { budget: BudgetRow | undefined; now: Date; spentNanoUsd: number },
): Wire {
  const limits = limitsToWire(row, now);
  const wire = { ...toWire(keyFields, row), ...limits };
  return {
    ...unknownOfKeys,
    ...row.extra,
    ...wire,
    token: row.hash,
    key_name: row.name,
    spend: toUsd(spentNanoUsd),
    // Where nobody ever blocked it, LiteLLM says null.
    blocked: row.blocked || null,
    metadata: shownMetadata(row.metadata, wire),
    expires: row.expires_at?.toISOString() ?? null,
    temp_budget_expiry: row.temp_budget_expiry?.toISOString() ?? null,
    litellm_budget_table: budget === undefined ? null : budgetToWire(budget, now),
    created_at: row.created_at.toISOString(),
    created_by: row.created_by,
    updated_at: row.updated_at.toISOString(),
    updated_by: row.updated_by,
    settings_updated_at: row.updated_at > row.created_at ? row.updated_at.toISOString() : null,
  };
}
