/**
 * The fields of LiteLLM 1.102.4's answers, as recorded from it: those that were null, an empty list, an empty map, false, and those with a value.
 */
export const capturedFields: Record<string, Record<'nothing' | 'list' | 'map' | 'no' | 'value', string>> = {
  'key/generate': {
    nothing:
      'duration user_id team_id agent_id max_parallel_requests budget_limits model_rpm_limit model_tpm_limit mcp_rpm_limit tag_rpm_limit guardrails policies prompts blocked object_permission default_estimated_output_tokens default_estimated_output_tokens_per_model budget_id tags disable_global_guardrails enable_prompt_caching throttle_on_budget_exceeded enforced_params allowed_passthrough_routes allowed_vector_store_indexes rpm_limit_type tpm_limit_type expires organization_id project_id litellm_budget_table',
    list: 'allowed_cache_controls allowed_routes access_group_ids',
    map: 'config permissions model_max_budget budget_fallbacks aliases',
    no: '',
    value:
      'key_alias models spend max_budget metadata tpm_limit rpm_limit budget_duration key router_settings key_name key_type token_id token created_by updated_by created_at updated_at',
  },
  'key/info': {
    nothing:
      'expires user_id team_id agent_id project_id max_parallel_requests blocked budget_id organization_id object_permission_id settings_updated_at last_active rotation_interval last_rotation_at key_rotation_at budget_limits litellm_budget_table litellm_organization_table litellm_project_table object_permission jwt_key_mappings',
    list: 'allowed_cache_controls allowed_routes policies access_group_ids',
    map: 'aliases config router_settings permissions model_spend model_max_budget budget_fallbacks',
    no: 'soft_budget_cooldown auto_rotate',
    value:
      'key_name key_alias spend models metadata tpm_limit rpm_limit max_budget budget_duration budget_reset_at key_type created_at created_by updated_at updated_by rotation_count',
  },
  'key/update': {
    nothing:
      'expires user_id team_id agent_id project_id max_parallel_requests blocked budget_id organization_id object_permission_id last_active rotation_interval last_rotation_at key_rotation_at budget_limits litellm_budget_table litellm_organization_table litellm_project_table object_permission jwt_key_mappings',
    list: 'allowed_cache_controls allowed_routes policies access_group_ids',
    map: 'aliases config router_settings permissions model_spend model_max_budget budget_fallbacks',
    no: 'soft_budget_cooldown auto_rotate',
    value:
      'key token key_name key_alias spend models metadata tpm_limit rpm_limit max_budget budget_duration budget_reset_at key_type created_at created_by updated_at updated_by settings_updated_at rotation_count',
  },
  'key/block': {
    nothing:
      'key_alias max_budget expires user_id team_id agent_id project_id max_parallel_requests tpm_limit rpm_limit budget_duration budget_reset_at litellm_budget_table budget_id org_id last_active object_permission_id object_permission rotation_interval last_rotation_at key_rotation_at budget_limits',
    list: 'models allowed_cache_controls allowed_routes access_group_ids',
    map: 'aliases config metadata permissions model_spend model_max_budget budget_fallbacks router_settings',
    no: 'soft_budget_cooldown auto_rotate',
    value: 'token key_name spend key_type blocked created_at created_by updated_at updated_by settings_updated_at rotation_count',
  },
  'key/unblock': {
    nothing:
      'key_alias expires user_id team_id agent_id project_id max_parallel_requests tpm_limit rpm_limit max_budget budget_duration budget_reset_at budget_id organization_id object_permission_id last_active rotation_interval last_rotation_at key_rotation_at budget_limits litellm_budget_table litellm_organization_table litellm_project_table object_permission jwt_key_mappings',
    list: 'models allowed_cache_controls allowed_routes policies access_group_ids',
    map: 'aliases config router_settings permissions metadata model_spend model_max_budget budget_fallbacks',
    no: 'soft_budget_cooldown blocked auto_rotate',
    value: 'token key_name spend key_type created_at created_by updated_at updated_by settings_updated_at rotation_count',
  },
  'key/list': {
    nothing:
      'key_alias max_budget expires team_id agent_id project_id max_parallel_requests tpm_limit rpm_limit budget_duration budget_reset_at key_type blocked litellm_budget_table budget_id org_id created_by updated_by settings_updated_at last_active object_permission_id object_permission rotation_interval last_rotation_at key_rotation_at budget_limits team_spend team_alias team_tpm_limit team_rpm_limit team_max_budget team_soft_budget soft_budget team_model_aliases team_member team_metadata team_object_permission_id team_member_spend team_member_tpm_limit team_member_rpm_limit end_user_id end_user_tpm_limit end_user_rpm_limit end_user_max_budget end_user_model_max_budget organization_alias organization_max_budget organization_tpm_limit organization_rpm_limit organization_metadata project_alias project_metadata last_refreshed_at api_key user_role allowed_model_region parent_otel_span rpm_limit_per_model tpm_limit_per_model user_tpm_limit user_rpm_limit user_email user_spend user_max_budget user_model_max_budget request_route user created_by_user end_user_object_permission team_object_permission jwt_claims',
    list: 'models allowed_cache_controls allowed_routes access_group_ids team_models',
    map: 'aliases config metadata permissions model_spend model_max_budget budget_fallbacks router_settings',
    no: 'soft_budget_cooldown auto_rotate team_blocked is_session_token',
    value: 'token key_name spend user_id created_at updated_at rotation_count',
  },
  'user/new': {
    nothing:
      'key_alias duration team_id agent_id max_parallel_requests tpm_limit rpm_limit budget_duration budget_limits model_rpm_limit model_tpm_limit mcp_rpm_limit tag_rpm_limit guardrails policies prompts blocked object_permission default_estimated_output_tokens default_estimated_output_tokens_per_model budget_id tags disable_global_guardrails enable_prompt_caching throttle_on_budget_exceeded enforced_params allowed_passthrough_routes allowed_vector_store_indexes rpm_limit_type tpm_limit_type key_type expires token_id organization_id project_id litellm_budget_table token created_by updated_by user_role teams user_alias',
    list: 'models allowed_cache_controls allowed_routes access_group_ids',
    map: 'metadata config permissions model_max_budget budget_fallbacks aliases',
    no: '',
    value: 'spend max_budget user_id key router_settings key_name created_at updated_at user_email',
  },
  'user/info': {
    nothing:
      'user_alias team_id sso_user_id organization_id object_permission_id user_role max_parallel_requests tpm_limit rpm_limit budget_duration budget_reset_at litellm_organization_table invitations_created invitations_updated invitations_user object_permission',
    list: 'teams models allowed_cache_controls policies organization_memberships',
    map: 'metadata model_spend model_max_budget model_max_budget_usage',
    no: '',
    value: 'user_id max_budget spend user_email created_at updated_at',
  },
  'user/info keys': {
    nothing:
      'key_alias expires team_id agent_id project_id max_parallel_requests blocked tpm_limit rpm_limit max_budget budget_duration budget_reset_at key_type budget_id organization_id object_permission_id created_by updated_by settings_updated_at last_active rotation_interval last_rotation_at key_rotation_at budget_limits litellm_budget_table litellm_organization_table litellm_project_table object_permission jwt_key_mappings',
    list: 'models allowed_cache_controls allowed_routes policies access_group_ids',
    map: 'aliases config router_settings permissions metadata model_spend model_max_budget budget_fallbacks',
    no: 'soft_budget_cooldown auto_rotate',
    value: 'token key_name spend user_id created_at updated_at rotation_count team_alias',
  },
  'team/new': {
    nothing:
      'organization_id tpm_limit soft_budget budget_duration budget_limits max_parallel_requests budget_reset_at model_id litellm_model_table object_permission object_permission_id',
    list: 'admins members team_member_permissions access_group_ids default_team_member_models policies',
    map: 'metadata router_settings model_spend model_max_budget',
    no: 'blocked allow_team_guardrail_config',
    value: 'team_alias team_id members_with_roles rpm_limit max_budget models spend updated_at created_at',
  },
  'team/info': {
    nothing:
      'organization_id tpm_limit soft_budget budget_duration budget_limits max_parallel_requests budget_reset_at model_id litellm_model_table object_permission object_permission_id team_member_budget_table access_group_models access_group_mcp_server_ids access_group_agent_ids access_group_details',
    list: 'admins members team_member_permissions access_group_ids default_team_member_models policies',
    map: 'metadata router_settings model_spend model_max_budget',
    no: 'blocked allow_team_guardrail_config',
    value: 'team_alias team_id members_with_roles rpm_limit max_budget models spend updated_at created_at',
  },
  'team/list': {
    nothing:
      'team_alias organization_id tpm_limit rpm_limit soft_budget budget_duration budget_limits max_parallel_requests budget_reset_at model_id litellm_model_table object_permission object_permission_id',
    list: 'admins members team_member_permissions models access_group_ids default_team_member_models policies team_memberships',
    map: 'metadata router_settings model_spend model_max_budget',
    no: 'blocked allow_team_guardrail_config',
    value: 'team_id members_with_roles max_budget spend updated_at created_at keys',
  },
  'team/list keys': {
    nothing:
      'key_alias expires user_id agent_id project_id max_parallel_requests blocked tpm_limit rpm_limit max_budget budget_duration budget_reset_at budget_id organization_id object_permission_id settings_updated_at rotation_interval last_rotation_at key_rotation_at budget_limits litellm_budget_table litellm_organization_table litellm_project_table object_permission jwt_key_mappings',
    list: 'models allowed_cache_controls allowed_routes policies access_group_ids',
    map: 'aliases config router_settings permissions metadata model_spend model_max_budget budget_fallbacks',
    no: 'soft_budget_cooldown auto_rotate',
    value: 'token key_name spend team_id key_type created_at created_by updated_at updated_by last_active rotation_count',
  },
};

/** The fields of `router_settings` in the answer to `/key/generate`; all were null but the last, an empty map. */
export const capturedRouterSettings =
  'routing_strategy_args routing_strategy routing_groups retry_policy model_group_retry_policy model_group_affinity_config allowed_fails cooldown_time num_retries timeout max_retries retry_after fallbacks context_window_fallbacks enable_tag_filtering tag_routing_prefix optional_pre_call_checks model_group_alias';
