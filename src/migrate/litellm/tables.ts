/** A table of LiteLLM's: the columns that an import reads where they are there, and those without which it cannot go on. */
interface SourceTable {
  name: string;
  required: readonly string[];
  wanted: readonly string[];
  /** A version without it has nothing of the kind. */
  isOptional?: true;
  /** Every column is read, whatever a version has. */
  isWhole?: true;
  /** The order in which rows are read. */
  order: readonly string[];
}

const list = (text: string) => text.trim().split(/\s+/);
const limits = list('max_budget budget_duration max_parallel_requests rpm_limit tpm_limit model_max_budget');
const stamps = list('created_at created_by updated_at updated_by');
const holder = [...limits, ...stamps, ...list('spend budget_reset_at models metadata model_spend organization_id')];

/**
 * Tables and columns of LiteLLM's `schema.prisma`, those of 2025-03 and those that came later. Never among them: `messages`, `response`,
 * `proxy_server_request`, `password`.
 */
export const sourceTables = {
  keys: {
    name: 'LiteLLM_VerificationToken',
    required: ['token', 'spend', 'models', 'metadata'],
    wanted: [
      ...holder,
      ...list(`key_name key_alias soft_budget_cooldown expires aliases config user_id team_id permissions blocked allowed_cache_controls
        budget_id allowed_routes router_settings agent_id project_id policies access_group_ids object_permission_id auto_rotate budget_limits`),
    ],
    order: ['created_at', 'token'],
  },
  retiredKeys: {
    name: 'LiteLLM_DeprecatedVerificationToken',
    required: ['token', 'active_token_id', 'revoke_at'],
    wanted: [],
    isOptional: true,
    order: ['token'],
  },
  users: {
    name: 'LiteLLM_UserTable',
    required: ['user_id', 'spend', 'models', 'metadata'],
    wanted: [
      ...holder,
      ...list('user_alias user_email user_role sso_user_id allowed_cache_controls policies object_permission_id'),
    ],
    order: ['user_id'],
  },
  teams: {
    name: 'LiteLLM_TeamTable',
    required: ['team_id', 'spend', 'models', 'metadata'],
    wanted: [
      ...holder,
      ...list(`team_alias admins members members_with_roles blocked model_id soft_budget team_member_permissions router_settings
        access_group_ids policies default_team_member_models budget_limits object_permission_id`),
    ],
    order: ['team_id'],
  },
  objectPermissions: {
    name: 'LiteLLM_ObjectPermissionTable',
    required: ['object_permission_id'],
    wanted: [],
    isOptional: true,
    isWhole: true,
    order: ['object_permission_id'],
  },
  modelAliases: { name: 'LiteLLM_ModelTable', required: ['id'], wanted: ['aliases'], isOptional: true, order: ['id'] },
  memberships: {
    name: 'LiteLLM_TeamMembership',
    required: ['user_id', 'team_id'],
    wanted: ['spend', 'budget_id'],
    order: ['team_id', 'user_id'],
  },
  budgets: {
    name: 'LiteLLM_BudgetTable',
    required: ['budget_id'],
    wanted: [...limits, ...stamps, 'soft_budget', 'budget_reset_at', 'allowed_models'],
    order: ['budget_id'],
  },
  customers: {
    name: 'LiteLLM_EndUserTable',
    required: ['user_id', 'spend'],
    wanted: list('alias allowed_model_region default_model budget_id blocked'),
    order: ['user_id'],
  },
  organizations: {
    name: 'LiteLLM_OrganizationTable',
    required: ['organization_id'],
    wanted: list('organization_alias budget_id models'),
    isOptional: true,
    order: ['organization_id'],
  },
  models: {
    name: 'LiteLLM_ProxyModelTable',
    required: ['model_id', 'model_name', 'litellm_params'],
    wanted: ['model_info', 'blocked', ...stamps],
    order: ['model_id'],
  },
  spendLogs: {
    name: 'LiteLLM_SpendLogs',
    required: ['request_id', 'spend', 'startTime'],
    wanted:
      list(`call_type api_key total_tokens prompt_tokens completion_tokens endTime completionStartTime model model_id model_group
      custom_llm_provider user metadata request_tags team_id end_user requester_ip_address status`),
    order: ['startTime', 'request_id'],
  },
} as const satisfies Record<string, SourceTable>;

export type SourceTableName = keyof typeof sourceTables;
