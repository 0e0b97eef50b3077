import type { AccessRow, CustomerRow, JsonRow } from '../../store/access-query.ts';
import type { BudgetTable, KeyTable, MemberTable, TeamTable, UserTable } from '../../store/schema.ts';

/** Rows as the store gives them, with nothing set but what a test sets. */

const at = '2026-11-21T12:00:00+00:00';
const stamps = { created_at: at, created_by: null, updated_at: at, updated_by: null };
const limits = {
  rpm_limit: null,
  tpm_limit: null,
  max_parallel_requests: null,
  max_budget: null,
  soft_budget: null,
  budget_duration: null,
  budget_anchor: at,
  model_limits: {},
};

export const keyHash = 'a'.repeat(64);

export function keyRow(own: Partial<JsonRow<KeyTable>> = {}): JsonRow<KeyTable> {
  return {
    hash: keyHash,
    name: 'sk-...abcd',
    alias: null,
    user_id: null,
    team_id: null,
    budget_id: null,
    models: [],
    allowed_routes: [],
    key_type: 'default',
    aliases: {},
    tags: [],
    guardrails: [],
    metadata: {},
    expires_at: null,
    blocked: false,
    temp_budget_increase: null,
    temp_budget_expiry: null,
    extra: {},
    ...limits,
    ...stamps,
    ...own,
  };
}

export function userRow(own: Partial<JsonRow<UserTable>> = {}): JsonRow<UserTable> {
  return {
    id: 'ada',
    email: null,
    alias: null,
    role: 'internal_user',
    models: [],
    metadata: {},
    extra: {},
    ...limits,
    ...stamps,
    ...own,
  };
}

export function teamRow(own: Partial<JsonRow<TeamTable>> = {}): JsonRow<TeamTable> {
  return {
    id: 'red',
    alias: null,
    models: [],
    model_aliases: {},
    blocked: false,
    tags: [],
    guardrails: [],
    metadata: {},
    member_defaults: {},
    member_permissions: [],
    extra: {},
    ...limits,
    ...stamps,
    ...own,
  };
}

export function memberRow(own: Partial<JsonRow<MemberTable>> = {}): JsonRow<MemberTable> {
  return {
    team_id: 'red',
    user_id: 'ada',
    role: 'user',
    max_budget: null,
    budget_duration: null,
    budget_anchor: at,
    rpm_limit: null,
    tpm_limit: null,
    created_at: at,
    ...own,
  };
}

export function budgetRow(own: Partial<JsonRow<BudgetTable>> = {}): JsonRow<BudgetTable> {
  return { id: 'tier', ...limits, ...stamps, ...own };
}

export function accessRow(own: Partial<AccessRow> = {}): AccessRow {
  return { key: keyRow(), user: null, team: null, member: null, budget: null, spend: [], revoke_at: null, ...own };
}

export function customerRow(own: Partial<CustomerRow['customer']> = {}): CustomerRow {
  return {
    customer: { id: 'visitor', alias: null, blocked: false, budget_id: null, extra: {}, ...limits, ...stamps, ...own },
    budget: null,
    spend: [],
  };
}
