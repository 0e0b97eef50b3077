import { durationMs } from '../../money/budget-period.ts';
import { to, type Rule, type Rules } from './rules.ts';

const read: Rule = 'fine';
const door = { refuseTrue: 'is not built: it decides who gets in; use keys, or a gateway in front that does it' };
const routes = { refuse: 'is not built: it decides who may call what; give keys a list of routes instead' };
const addresses = { refuse: 'is not built: it decides who gets in; restrict addresses in the network, or in a proxy in front' };
const code = { refuseTrue: 'is Python code, which cannot run here' };
const vault = { refuse: 'is not built: let the platform put the secrets into environment variables' };
const otherModel = {
  refuse: 'is not built: another model would answer than the one that was asked for; use aliases and fallbacks',
};
const alerts = { warn: 'is ignored: there are no alerts of its own; use the metrics' };
const userInterface = { warn: 'is ignored: it belongs to LiteLLM’s pages' };
const own = { warn: 'is ignored: the gateway has its own way' };
const mcp = { refuse: 'is not built: there is no MCP gateway' };
const files = { warn: 'is ignored: there are no files to upload' };

/** `general_settings`: what becomes of each key. */
export const generalRules: Rules = {
  master_key: to(['masterKey'], 'text'),
  database_url: to(['database', 'url'], 'text'),
  database_connection_pool_limit: (setting, translation) => {
    const size = setting.integer();
    if (size === undefined || size === 0) return;
    if (size > 100) setting.warn('is lowered to 100, the most connections that a gateway opens');
    translation.set(['database', 'poolSize'], Math.min(size, 100), setting.path);
  },
  database_connection_timeout: to(['database', 'connectTimeoutMs'], 'milliseconds'),
  database_connect_timeout: own,
  database_connection_pool_timeout: own,
  database_socket_timeout: own,
  database_statement_timeout: own,
  database_lock_timeout: own,
  database_extra_connection_params: { warn: 'is ignored: write parameters such as sslmode into database_url' },
  database_disable_prepared_statements: own,
  database_type: { refuse: 'is not built: PostgreSQL is the only database' },
  disable_prisma_schema_update: own,
  store_model_in_db: { warn: 'is ignored: no switch is needed' },
  supported_db_objects: own,
  proxy_batch_write_at: to(['spend', 'flushIntervalMs'], 'milliseconds'),
  proxy_batch_polling_interval: own,
  proxy_budget_rescheduler_min_time: own,
  proxy_budget_rescheduler_max_time: own,
  proxy_config_reload_interval_seconds: own,
  use_redis_transaction_buffer: own,
  scheduled_job_stagger: own,
  disable_spend_logs: (setting, translation) => {
    const isOff = setting.boolean();
    if (isOff !== undefined) translation.set(['spend', 'ledger'], !isOff, setting.path);
  },
  disable_spend_updates: { warn: 'is ignored: spend is always counted' },
  disable_error_logs: own,
  maximum_spend_logs_retention_period: (setting, translation) => {
    const text = setting.text();
    const lengthMs = text === undefined ? undefined : durationMs(text);
    if (lengthMs === null) setting.refuse('must be a duration like 30d or 12h');
    else if (lengthMs !== undefined) translation.set(['spend', 'retentionDays'], Math.ceil(lengthMs / 86_400_000), setting.path);
  },
  maximum_spend_logs_retention_interval: own,
  maximum_spend_logs_cleanup_cron: own,
  maximum_spend_logs_cleanup_batch_size: own,
  maximum_spend_logs_cleanup_max_batches: own,
  maximum_spend_logs_cleanup_run_budget: own,
  maximum_spend_logs_cleanup_batch_timeout: own,
  store_prompts_in_spend_logs: {
    refuseTrue: 'is not built: prompts and answers are never stored, so they would be missing where you expect them',
  },
  max_parallel_requests: read,
  global_max_parallel_requests: to(['limits', 'global', 'maxParallel'], 'integer'),
  max_in_flight_requests_per_worker: { refuse: 'is not built; global_max_parallel_requests bounds all requests together' },
  max_queued_requests_per_worker: own,
  admission_queue_timeout_seconds: own,
  max_request_size_mb: (setting, translation) => {
    const megabytes = setting.number();
    if (megabytes !== undefined) translation.set(['server', 'maxBodyBytes'], Math.round(megabytes * 1024 * 1024), setting.path);
  },
  max_response_size_mb: { refuse: 'is not built: answers are passed on at any length; bound them by max_tokens of a model' },
  max_batch_file_size_mb: files,
  max_file_size_mb: files,
  allowed_file_extensions: files,
  blocked_file_extensions: files,
  background_health_checks: { warn: 'is ignored: servers are always asked in the background, models never' },
  health_check_interval: to(['routing', 'healthIntervalMs'], 'milliseconds'),
  health_check_details: own,
  health_check_concurrency: own,
  health_check_staleness_threshold: own,
  health_check_ignore_transient_errors: own,
  health_check_skip_disabled_background_models: own,
  background_health_check_model_groups: own,
  enable_health_check_routing: own,
  use_shared_health_check: own,
  litellm_key_header_name: to(['compatibility', 'keyHeader'], 'text'),
  user_header_name: to(['compatibility', 'userHeader'], 'text'),
  user_header_mappings: (setting, translation) => {
    for (const item of Array.isArray(setting.value) ? setting.items() : [setting]) {
      const header = item.child('header_name')?.text();
      const role = item.child('litellm_user_role');
      if (header === undefined || role === undefined) item.refuse('needs header_name and litellm_user_role');
      else if (role.value !== 'customer')
        role.refuse(`"${String(role.value)}" is not built: limits of that user would not hold; customer is`);
      else translation.set(['compatibility', 'userHeader'], header, item.path);
    }
  },
  use_x_forwarded_for: read,
  mcp_trusted_proxy_ranges: read,
  enforce_user_param: { refuseTrue: 'is not built: requests without `user` would pass' },
  enforced_params: { refuseTrue: 'is not built: requests without these fields would pass' },
  reject_clientside_metadata_tags: { refuseTrue: 'is not built: tags of clients would pass' },
  missing_session_id: (setting) => {
    if (setting.value === 'reject') setting.refuse('is not built: requests without a session would pass');
    else setting.warn('is ignored: there are no sessions');
  },
  token_rate_limit_type: (setting) => {
    if (setting.value !== 'total') setting.refuse('"total" is built: prompt and answer count together');
  },
  always_include_stream_usage: { warn: 'is ignored: a stream ends with its usage where the client asks for it' },
  allowed_ips: addresses,
  allowed_routes: routes,
  admin_only_routes: routes,
  public_routes: routes,
  role_permissions: routes,
  enforce_rbac: door,
  enforce_fallback_model_access: { refuseTrue: 'is not built: a fallback answers also where the key’s list lacks it' },
  enforce_fallback_budget: own,
  fail_closed_budget_enforcement: (setting, translation) => {
    if (setting.boolean() === true) translation.set(['limits', 'onRedisFailure'], 'refuse', setting.path);
  },
  disable_budget_reservation: { warn: 'is ignored: budgets are always reserved before a request' },
  disable_reset_budget: { refuseTrue: 'is not built: budgets begin anew when their period ends; give them no period' },
  pass_through_endpoints: { refuse: 'is not built: there are no pass-through routes; reach those services themselves' },
  pass_through_request_timeout: own,
  use_client_credentials_pass_through_routes: { refuseTrue: 'is not built: there are no pass-through routes' },
  allow_client_side_credentials: { refuseTrue: 'is not supported: clients cannot choose where their request goes' },
  allow_user_auth: door,
  enable_jwt_auth: door,
  litellm_jwtauth: { refuse: door.refuseTrue },
  enable_oauth2_auth: door,
  enable_oauth2_proxy_auth: door,
  oauth2_config_mappings: { refuse: door.refuseTrue },
  service_account_settings: { refuse: 'is not built: what it enforces on service accounts would not hold' },
  custom_auth: code,
  custom_auth_run_common_checks: own,
  custom_key_generate: code,
  custom_key_update: code,
  custom_key_policy: code,
  custom_sso: code,
  custom_ui_sso_sign_in_handler: code,
  key_management_system: vault,
  key_management_settings: vault,
  use_azure_key_vault: { refuseTrue: vault.refuse },
  use_google_kms: { refuseTrue: vault.refuse },
  completion_model: otherModel,
  embedding_model: otherModel,
  image_generation_model: own,
  moderation_model: own,
  infer_model_from_keys: { refuseTrue: 'is not built: models would be missing; list them' },
  allow_requests_on_db_unavailable: {
    warn: 'has our meaning: without the database keys that are known go on working, others get 503',
  },
  alerting: alerts,
  alerting_threshold: alerts,
  alerting_args: alerts,
  alert_types: alerts,
  alert_type_config: alerts,
  alert_to_webhook_url: alerts,
  spend_report_frequency: alerts,
  ui_access_mode: userInterface,
  auto_redirect_ui_login_to_sso: userInterface,
  max_failed_login_attempts: userInterface,
  max_failed_login_attempts_per_source: userInterface,
  failed_login_window_seconds: userInterface,
  disable_env_credential_login: userInterface,
  allow_cli_sso_verification_uri_complete: userInterface,
  litellm_license: userInterface,
  control_plane_url: { refuse: 'is not built: there is no control plane' },
  user_mcp_management_mode: mcp,
  enable_mcp_registry: { refuseTrue: mcp.refuse },
  mcp_client_side_auth_header_name: mcp,
  mcp_internal_ip_ranges: mcp,
  mcp_required_fields: mcp,
  require_end_user_mcp_access_defined: { refuseTrue: mcp.refuse },
  require_key_mcp_access_defined: { refuseTrue: mcp.refuse },
  search_tools: mcp,
  disable_master_key_return: 'fine',
  disable_adding_master_key_hash_to_db: 'fine',
  disable_retry_on_max_parallel_request_limit_error: own,
  disable_responses_id_security: own,
  allow_unmanaged_response_ids: own,
  disable_auto_add_proxy_admin_to_teams: own,
  disable_batch_input_file_rate_limiting: own,
  skip_batch_input_file_rate_limiting_for_providers: own,
  skip_batch_input_file_rate_limiting_for_models: own,
  scope_spend_list_endpoints_to_caller: own,
  legacy_unscoped_spend_list_endpoints: own,
  user_api_key_cache_ttl: own,
  user_api_key_cache_max_size: own,
  cancel_on_disconnect: { warn: 'is ignored: the upstream is always left when the client leaves' },
  sse_keepalive_ping_interval_seconds: to(['server', 'heartbeatMs'], 'milliseconds'),
  forward_openai_org_id: own,
  forward_client_headers_to_llm_api: { warn: 'is ignored: headers of clients are never passed on; write extra_headers' },
  forward_llm_provider_auth_headers: { refuseTrue: 'is not supported: credentials of clients are never passed on' },
  enable_drain_endpoint: { warn: 'is ignored: SIGTERM drains' },
  drain_endpoint_token: { warn: 'is ignored: SIGTERM drains' },
};
