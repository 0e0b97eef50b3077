import type { Generated } from 'kysely';

/**
 * The tables, as SQL sees them (PostgreSQL). `bigint` columns are read as numbers: all of ours are safe integers. Money is integer
 * nano-dollars, times are `timestamptz`, null means "no limit" and 0 "nothing".
 */
export interface Database {
  keys: KeyTable;
  retired_keys: RetiredKeyTable;
  users: UserTable;
  teams: TeamTable;
  members: MemberTable;
  budgets: BudgetTable;
  customers: CustomerTable;
  models: ModelTable;
  spend: SpendTable;
  ledger: LedgerTable;
  ledger_batches: LedgerBatchTable;
  daily_spend: DailySpendTable;
  audit: AuditTable;
}

/** Limits that every holder may have. */
export interface LimitColumns {
  rpm_limit: number | null;
  tpm_limit: number | null;
  max_parallel_requests: number | null;
  max_budget: number | null;
  soft_budget: number | null;
  budget_duration: string | null;
  /** From when rolling periods count: when the budget's duration was last set. */
  budget_anchor: Date;
  /** By model: `{ "gpt": { "rpm_limit", "tpm_limit", "max_budget", "budget_duration" } }`, money in nano-dollars. */
  model_limits: Json<Record<string, ModelLimitJson>>;
}

export interface ModelLimitJson {
  rpm_limit?: number | null;
  tpm_limit?: number | null;
  max_budget?: number | null;
  budget_duration?: string | null;
}

/** A jsonb column: read as a value. Written as JSON text. */
export type Json<Value> = import('kysely').ColumnType<Value, string, string>;
type JsonObject = Json<Record<string, unknown>>;

interface Stamped {
  created_at: Date;
  created_by: string | null;
  updated_at: Date;
  updated_by: string | null;
}

export interface KeyTable extends LimitColumns, Stamped {
  /** Lower-case hex SHA-256 of the whole key. */
  hash: string;
  /** `sk-...` and the last four characters. */
  name: string;
  alias: string | null;
  user_id: string | null;
  team_id: string | null;
  budget_id: string | null;
  models: string[];
  allowed_routes: string[];
  key_type: string;
  aliases: Json<Record<string, string>>;
  tags: string[];
  guardrails: string[];
  metadata: JsonObject;
  expires_at: Date | null;
  blocked: boolean;
  /** A raise of `max_budget` for a while. */
  temp_budget_increase: number | null;
  temp_budget_expiry: Date | null;
  /** LiteLLM's fields that we keep and do not use. */
  extra: JsonObject;
}

/** A rotated key that is still taken: it leads to the one that replaced it. */
export interface RetiredKeyTable {
  hash: string;
  key_hash: string;
  revoke_at: Date;
}

export interface UserTable extends LimitColumns, Stamped {
  id: string;
  email: string | null;
  alias: string | null;
  /** `proxy_admin`, `proxy_admin_viewer`, `internal_user`, `internal_user_viewer`. */
  role: string;
  models: string[];
  metadata: JsonObject;
  extra: JsonObject;
}

export interface TeamTable extends LimitColumns, Stamped {
  id: string;
  alias: string | null;
  models: string[];
  model_aliases: Json<Record<string, string>>;
  blocked: boolean;
  tags: string[];
  guardrails: string[];
  metadata: JsonObject;
  /** What a member gets who has no limits of its own: `{ max_budget, budget_duration, rpm_limit, tpm_limit }`. */
  member_defaults: Json<ModelLimitJson>;
  member_permissions: string[];
  extra: JsonObject;
}

export interface MemberTable {
  team_id: string;
  user_id: string;
  /** `admin` or `user`. */
  role: string;
  max_budget: number | null;
  budget_duration: string | null;
  budget_anchor: Date;
  rpm_limit: number | null;
  tpm_limit: number | null;
  created_at: Date;
}

/** Limits with a name, which keys, members and customers may refer to; a holder's own win. */
export interface BudgetTable extends LimitColumns, Stamped {
  id: string;
}

export interface CustomerTable extends LimitColumns, Stamped {
  id: string;
  alias: string | null;
  blocked: boolean;
  budget_id: string | null;
  extra: JsonObject;
}

/** Models made by the API. */
export interface ModelTable extends Stamped {
  id: string;
  name: string;
  /** LiteLLM's `litellm_params`; secrets in it are encrypted. */
  params: JsonObject;
  info: JsonObject;
  blocked: boolean;
}

/** The counters of money: what was spent in the period that ends at `period_end`. */
export interface SpendTable {
  /** As in `Budget.scope`. */
  scope: string;
  duration: string | null;
  period_end: Date | null;
  spent: number;
}

export interface LedgerTable {
  id: string;
  request_id: string;
  started_at: Date;
  ended_at: Date;
  first_byte_ms: number | null;
  key_hash: string | null;
  key_alias: string | null;
  user_id: string | null;
  team_id: string | null;
  customer_id: string | null;
  tags: string[];
  operation: string;
  is_streaming: boolean;
  original_model: string;
  model: string;
  response_model: string;
  backend: string;
  provider: string;
  prompt_tokens: number;
  completion_tokens: number;
  cached_tokens: number;
  is_estimated: boolean;
  cost: number;
  http_status: number;
  error_code: string | null;
  ip: string | null;
}

/** Batches of spend that were counted, while the gateway that wrote one may still send it again. */
export interface LedgerBatchTable {
  id: string;
  written_at: Generated<Date>;
}

/** Sums by UTC day; what a request does not have is ''. Kept when rows of the ledger are pruned. */
export interface DailySpendTable {
  day: string;
  key_hash: string;
  user_id: string;
  team_id: string;
  customer_id: string;
  model: string;
  provider: string;
  requests: number;
  failed_requests: number;
  prompt_tokens: number;
  completion_tokens: number;
  cached_tokens: number;
  cost: number;
}

/** Every administrative change. Holds no secret: keys by hash. */
export interface AuditTable {
  id: Generated<number>;
  at: Date;
  /** User id, or `master` for the master key. */
  actor: string;
  actor_role: string;
  /** `key.create`, `team.update` … */
  action: string;
  entity: string;
  entity_id: string;
  before: Json<unknown> | null;
  after: Json<unknown> | null;
  request_id: string | null;
}
