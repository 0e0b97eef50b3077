import { to, type Rule, type Rules } from './rules.ts';

const read: Rule = 'fine';
const notBuilt = (effect: string): Rule => ({ refuseTrue: `is not built: ${effect}` });
const own = { warn: 'is ignored: the gateway has its own way' };

/** `router_settings`: what becomes of each key. Those that may also stand in `litellm_settings` are read where both are at hand. */
export const routerRules: Rules = {
  routing_strategy: (setting) => {
    if (setting.value !== 'simple-shuffle')
      setting.warn(`"${String(setting.value)}" is not built; backends are drawn by weight (simple-shuffle)`);
  },
  routing_strategy_args: own,
  num_retries: read,
  timeout: read,
  stream_timeout: read,
  retry_after: (setting, translation) => {
    const pauseMs = setting.number();
    if (pauseMs !== undefined && pauseMs > 0)
      translation.set(['routing', 'retryDelayMs'], Math.round(pauseMs * 1000), setting.path);
  },
  retry_policy: { warn: 'is ignored: num_retries holds for every failure that passes' },
  model_group_retry_policy: { warn: 'is ignored: num_retries holds for every failure that passes' },
  // LiteLLM rests a deployment after more failures than this, we after as many.
  allowed_fails: (setting, translation) => {
    const count = setting.integer();
    if (count !== undefined) translation.set(['routing', 'allowedFails'], count + 1, setting.path);
  },
  allowed_fails_policy: { warn: 'is ignored: allowed_fails holds for every failure' },
  cooldown_time: to(['routing', 'cooldownMs'], 'milliseconds'),
  disable_cooldowns: (setting, translation) => {
    if (setting.boolean() === true) translation.set(['routing', 'allowedFails'], 1_000_000, setting.path);
  },
  fallbacks: read,
  context_window_fallbacks: read,
  default_fallbacks: read,
  content_policy_fallbacks: { warn: 'is ignored: an answer that an upstream refuses is passed on' },
  max_fallbacks: { warn: 'is ignored: every model of the list is tried' },
  model_group_alias: read,
  default_max_parallel_requests: read,
  enable_pre_call_checks: { warn: 'is ignored: prompts are always checked against max_input_tokens, where a model has it' },
  redis_host: read,
  redis_port: read,
  redis_password: read,
  redis_username: read,
  redis_url: read,
  redis_ssl: read,
  enable_tag_filtering: notBuilt('requests would reach deployments that their tags exclude'),
  tag_filtering_match_any: own,
  tag_routing_prefix: own,
  provider_budget_config: notBuilt('these budgets would not hold; use litellm_settings.max_budget, or budgets of keys and teams'),
  optional_pre_call_checks: notBuilt('these checks would not hold'),
  model_group_affinity_config: own,
  set_verbose: own,
  debug_level: own,
  cache_responses: { warn: 'is ignored: answers are not cached, each request goes upstream' },
  cache_kwargs: own,
  caching_groups: own,
  client_ttl: own,
  polling_interval: own,
  assistants_config: own,
  alerting_config: { warn: 'is ignored: there are no alerts of its own; use the metrics' },
  default_litellm_params: notBuilt('parameters would be missing; write them at each model'),
  default_priority: own,
  ignore_invalid_deployments: { warn: 'is ignored: a wrong deployment is told, never skipped' },
  router_general_settings: own,
  guardrail_list: { refuse: 'is not supported here; write guardrails: at the top of the file' },
};
