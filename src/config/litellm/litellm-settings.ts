import { to, type Rule, type Rules } from './rules.ts';
import type { Setting } from './setting.ts';

const read: Rule = 'fine';
const own = { warn: 'is ignored: the gateway has its own way' };
const noCache = { warn: 'is ignored: answers are not cached, each request goes upstream' };
const logs = { warn: 'is ignored: prompts, answers and keys are never logged' };
const traces = { warn: 'is ignored: nothing is sent to logging services' };
const budget = { refuse: 'is not built: these budgets and limits would not hold; give each key, user or team its own' };
const price = { refuse: 'is not built: charges would be wrong; write costs at the models' };

/** Checks on text that LiteLLM runs as callbacks: ignoring one would drop it. */
const checks =
  /guard|moderation|presidio|lakera|aporia|hide_secrets|banned|blocked|prompt_injection|azure_content_safety|google_text|aim$|limiter|check|pillar|lasso|pangea/;

/** `callbacks`, `success_callback` and `failure_callback`. */
function callbacks(setting: Setting): void {
  for (const item of typeof setting.value === 'string' ? [setting] : setting.items()) {
    const name = item.text();
    if (name === undefined || name === 'prometheus') continue;
    if (name.includes('.')) item.refuse(`"${name}" is Python code, which cannot run here`);
    else if (checks.test(name)) item.refuse(`"${name}" is a check on requests that is not built; guardrails: has those that are`);
    else if (name === 'otel') item.warn('traces are not built yet; none are sent');
    else item.warn(`"${name}" is not built: nothing is sent there; use the log, the metrics and the spend reports`);
  }
}

/** `litellm_settings`: what becomes of each key. Those that may also stand in `router_settings` are read where both are at hand. */
export const litellmRules: Rules = {
  num_retries: read,
  request_timeout: read,
  fallbacks: read,
  context_window_fallbacks: read,
  default_fallbacks: read,
  content_policy_fallbacks: { warn: 'is ignored: an answer that an upstream refuses is passed on' },
  allowed_fails: read,
  cooldown_time: read,
  callbacks,
  success_callback: callbacks,
  failure_callback: callbacks,
  service_callback: callbacks,
  drop_params: { warn: 'is ignored: fields of a request are passed on as they are' },
  modify_params: { warn: 'is ignored: fields of a request are passed on as they are' },
  add_function_to_prompt: { warn: 'is ignored: tools are passed on as they are' },
  // 0 switches LiteLLM's cap off; here it would allow nothing.
  max_budget: (setting, translation) => {
    const amount = setting.number();
    if (amount !== undefined && amount > 0) translation.set(['limits', 'global', 'budgetUsd'], amount, setting.path);
  },
  budget_duration: to(['limits', 'global', 'budgetPeriod'], 'text'),
  timezone: (setting) => {
    if (!['UTC', 'Etc/UTC', 'GMT'].includes(String(setting.value))) setting.warn('is ignored: budgets begin anew by UTC');
  },
  budget_reset_time: { warn: 'is ignored: budgets begin anew at midnight UTC' },
  json_logs: (setting, translation) => {
    if (setting.boolean() === true) translation.set(['logging', 'format'], 'json', setting.path);
  },
  set_verbose: (setting, translation) => {
    if (setting.boolean() === true) translation.set(['logging', 'level'], 'debug', setting.path);
  },
  require_auth_for_metrics_endpoint: (setting, translation) => {
    const isClosed = setting.boolean();
    if (isClosed !== undefined) translation.set(['metrics', 'auth'], isClosed ? 'key' : 'none', setting.path);
  },
  cache: (setting) => {
    if (setting.boolean() === true)
      setting.warn('answers are not cached, each request goes upstream; a Redis of cache_params holds the counters');
  },
  cache_params: (setting) => {
    const type = setting.child('type');
    if (type !== undefined && type.value !== 'redis' && type.value !== 'local')
      type.refuse(`"${String(type.value)}" is not built; leave the cache out`);
    if (setting.child('redis_startup_nodes') !== undefined || setting.child('sentinel_nodes') !== undefined) {
      setting.refuse('clusters and sentinels are not built; write host and port of one Redis');
    }
  },
  enable_redis_auth_cache: own,
  enable_caching_on_provider_specific_optional_params: noCache,
  default_team_params: budget,
  default_team_settings: traces,
  default_internal_user_params: budget,
  default_key_generate_params: budget,
  upperbound_key_generate_params: { refuse: 'is not built: keys beyond these bounds could be made' },
  key_generation_settings: { refuse: 'is not built: everybody who may make keys here could make them' },
  max_internal_user_budget: budget,
  internal_user_budget_duration: budget,
  default_max_internal_user_budget: budget,
  max_end_user_budget: budget,
  max_user_budget: budget,
  max_ui_session_budget: own,
  tag_budget_config: budget,
  cost_discount_config: price,
  cost_margin_config: price,
  custom_pricing: price,
  guardrails: { refuse: 'is the old place; write guardrails: at the top of the file' },
  blocked_user_list: { refuse: 'is not built: these users would get in; block them one by one by the API' },
  banned_keywords_list: { refuse: 'is not built: these words would pass; use guardrails' },
  enable_json_schema_validation: { refuseTrue: 'is not built: answers that break their schema would pass' },
  enable_key_alias_format_validation: own,
  require_managed_files: own,
  overwrite_user_with_key_hash: { refuseTrue: 'is not built: clients could name any user to the upstream' },
  user_url_validation: { warn: 'is ignored: addresses in requests are never fetched, only passed on' },
  user_url_allowed_hosts: { warn: 'is ignored: addresses in requests are never fetched, only passed on' },
  model_alias_map: { refuse: 'is not built: these names would be missing; use router_settings.model_group_alias' },
  ssl_verify: { warn: 'is ignored: certificates are always checked; NODE_EXTRA_CA_CERTS names further authorities' },
  ssl_certificate: { refuse: 'is not built: upstreams that ask for a certificate would refuse' },
  force_ipv4: own,
  http2: own,
  disable_aiohttp_transport: own,
  return_response_headers: own,
  telemetry: 'fine',
  store_audit_logs: 'fine',
  turn_off_message_logging: logs,
  redact_messages_in_exceptions: logs,
  redact_user_api_key_info: logs,
  log_raw_request_response: logs,
  request_correlation_in_logs: own,
  langfuse_default_tags: traces,
  langfuse_enable_update_trace_keys: traces,
  s3_callback_params: traces,
  datadog_params: traces,
  disable_end_user_cost_tracking: own,
  disable_end_user_cost_tracking_prometheus_only: own,
  enable_end_user_cost_tracking_prometheus_only: own,
  custom_prometheus_metadata_labels: own,
  prometheus_metrics_config: own,
  disable_stop_sequence_limit: own,
  disable_hf_tokenizer_download: own,
  enable_preview_features: own,
  disable_add_transform_inline_image_block: own,
  disable_copilot_system_to_assistant: own,
  use_chat_completions_url_for_anthropic_messages: own,
  route_all_chat_openai_to_responses: own,
  skip_system_message_in_guardrail: { refuseTrue: 'is not built: guardrails check every message' },
  skip_tool_message_in_guardrail: { refuseTrue: 'is not built: guardrails check every message' },
  mcp_aliases: { refuse: 'is not built: there is no MCP gateway' },
  public_model_groups: own,
};
