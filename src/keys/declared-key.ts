import type { Config } from '../config/schema.ts';
import type { JsonRow } from '../store/access-query.ts';
import type { KeyTable, ModelLimitJson } from '../store/schema.ts';
import { hashKey, keyName } from './key-hash.ts';

type KeyConfig = Config['keys'][number];

/** Periods of keys that nobody created at any time are counted from here, on every gateway alike. */
const epoch = new Date(0).toISOString();

/** A key of the configuration as if the store held it. It may call inference only unless routes are named. */
export function declaredKey(config: KeyConfig): JsonRow<KeyTable> {
  const { limits, models, routes, metadata, guardrails } = config;
  return {
    hash: declaredHash(config),
    // Of a hash nobody knows the last characters of its key.
    name: config.key === undefined ? 'sk-...' : keyName(config.key.reveal()),
    alias: config.alias,
    user_id: config.user ?? null,
    team_id: config.team ?? null,
    budget_id: null,
    models,
    allowed_routes: routes.length === 0 ? ['llm_api_routes'] : routes,
    key_type: 'default',
    aliases: {},
    tags: [],
    guardrails,
    metadata,
    expires_at: config.expiresAt ?? null,
    blocked: config.blocked,
    temp_budget_increase: null,
    temp_budget_expiry: null,
    extra: {},
    rpm_limit: limits.requestsPerMinute ?? null,
    tpm_limit: limits.tokensPerMinute ?? null,
    max_parallel_requests: limits.maxParallel ?? null,
    max_budget: limits.budgetUsd ?? null,
    soft_budget: limits.softBudgetUsd ?? null,
    budget_duration: limits.budgetPeriod ?? null,
    budget_anchor: epoch,
    model_limits: Object.fromEntries(Object.entries(limits.models).map(([model, own]) => [model, modelLimit(own)])),
    created_at: epoch,
    created_by: null,
    updated_at: epoch,
    updated_by: null,
  };
}

/** Under what a key of the configuration is looked up; it has the key or its hash. */
export function declaredHash({ key, hash }: Pick<KeyConfig, 'key' | 'hash'>): string {
  return hash ?? hashKey(key?.reveal() ?? '');
}

function modelLimit(own: KeyConfig['limits']['models'][string]): ModelLimitJson {
  return {
    rpm_limit: own.requestsPerMinute ?? null,
    tpm_limit: own.tokensPerMinute ?? null,
    max_budget: own.budgetUsd ?? null,
    budget_duration: own.budgetPeriod ?? null,
  };
}
