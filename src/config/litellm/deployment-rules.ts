import type { Rule } from './rules.ts';

/** Keys of `litellm_params` that a deployment's translation reads by name. */
const read: Rule = 'fine';
const money = 'is not built: the cost of requests would be lost; write input_cost_per_token and output_cost_per_token';

const otherSeller: Rule = { warn: 'is ignored: it belongs to another seller’s own wire' };

/** What becomes of keys that are told by the form of their names; undefined: of no such form. */
export function ruleByForm(key: string): Rule | undefined {
  // Prices of long prompts and of thought would be charged as others, too low.
  if (/cost.*(_above_|reasoning)/.test(key)) return { refuseTrue: `${money}, the higher of both where they differ` };
  if (/cost/.test(key)) return { warn: 'is ignored: only tokens of prompt and answer, and cached ones, have a price' };
  if (key.startsWith('aws_')) return { warn: 'is ignored: it belongs to Bedrock' };
  if (key.startsWith('vertex_')) return { refuse: 'is not built: Vertex AI is not' };
  if (/secret|password|credential|_token$|_key$/.test(key))
    return { warn: 'is ignored: it looks like a secret, which is not sent in a body' };
  return undefined;
}

/** `litellm_params`: what becomes of each key. Those without a rule are sent upstream as fields of the body, as LiteLLM does. */
export const paramRules: Readonly<Record<string, Rule>> = {
  model: read,
  custom_llm_provider: read,
  api_base: read,
  base_url: read,
  api_key: read,
  organization: read,
  litellm_credential_name: read,
  extra_headers: read,
  headers: read,
  rpm: read,
  tpm: read,
  max_parallel_requests: read,
  weight: read,
  order: read,
  timeout: read,
  stream_timeout: read,
  extra_body: read,
  input_cost_per_token: read,
  output_cost_per_token: read,
  cache_read_input_token_cost: read,
  cache_creation_input_token_cost: { warn: 'is ignored: the OpenAI wire does not report tokens that are written to a cache' },
  input_cost_per_second: { refuseTrue: money },
  output_cost_per_second: { refuseTrue: money },
  api_version: { warn: 'is ignored: it belongs to Azure’s own wire' },
  cooldown_time: { warn: 'is ignored: one pause holds for all, router_settings.cooldown_time' },
  max_retries: { warn: 'is ignored: one number holds for all, router_settings.num_retries' },
  num_retries: { warn: 'is ignored: one number holds for all, router_settings.num_retries' },
  drop_params: { warn: 'is ignored: fields of a request are passed on as they are' },
  tags: { warn: 'is ignored: requests are not routed by tags' },
  mock_response: { refuseTrue: 'is not built: the real model would answer, and cost; leave the model out' },
  max_budget: {
    refuseTrue: 'is not built for one deployment; put the budget on keys or teams, or in litellm_settings.max_budget for all',
  },
  budget_duration: 'fine',
  configurable_clientside_auth_params: { refuseTrue: 'is not supported: clients cannot choose where their request goes' },
  use_in_pass_through: { refuseTrue: 'is not supported: there are no pass-through routes' },
  guardrails: { refuseTrue: 'is not built for one model; a guardrail with default_on checks every request' },
  default_api_key_rpm_limit: { refuseTrue: 'is not built: this limit of each key would not hold; give keys their own' },
  default_api_key_tpm_limit: { refuseTrue: 'is not built: this limit of each key would not hold; give keys their own' },
  allowed_openai_params: { warn: 'is ignored: fields of a request are passed on as they are' },
  additional_drop_params: { warn: 'is ignored: fields of a request are passed on as they are' },
  merge_reasoning_content_in_choices: { warn: 'is ignored: answers are passed on as they are' },
  cache_control_injection_points: { warn: 'is ignored: fields of a request are passed on as they are' },
  keepalive_seconds: { warn: 'is ignored: server.heartbeatMs holds for all streams' },
  use_litellm_proxy: { warn: 'is ignored: write litellm_proxy/<model>' },
  region_name: otherSeller,
  tenant_id: otherSeller,
  client_id: otherSeller,
  azure_username: otherSeller,
  azure_scope: otherSeller,
  vertex_project: { refuse: 'is not built: Vertex AI is not' },
  vertex_location: { refuse: 'is not built: Vertex AI is not' },
  vertex_credentials: { refuse: 'is not built: Vertex AI is not' },
};

/** Fields that a request to the deployment gets where it has none: known ones of the OpenAI wire, which need no warning. */
export const requestFields: ReadonlySet<string> = new Set([
  'temperature',
  'max_tokens',
  'max_completion_tokens',
  'top_p',
  'n',
  'seed',
  'stop',
  'presence_penalty',
  'frequency_penalty',
  'logit_bias',
  'response_format',
  'reasoning_effort',
  'service_tier',
  'user',
  'dimensions',
  'encoding_format',
  'parallel_tool_calls',
  'tool_choice',
  'tools',
]);

const team = 'is not built: every key that may use the model’s name could use it; give keys a list of models instead';

/** `model_info`: what becomes of each key. Others describe the model and change nothing. */
export const infoRules: Readonly<Record<string, Rule>> = {
  id: { warn: 'is ignored: a deployment is named after its model and place, like gpt-4o#0' },
  access_groups: { warn: 'is ignored: keys that name the group do not reach the model; list the model itself' },
  health_check_model: { warn: 'is ignored: health checks ask the server, never a model' },
  team_id: { refuseTrue: team },
  team_public_model_name: { refuseTrue: team },
  input_cost_per_second: { refuseTrue: money },
  output_cost_per_second: { refuseTrue: money },
  mode: (setting) => {
    const mode = setting.text();
    if (mode === undefined || ['chat', 'completion', 'embedding'].includes(mode)) return;
    setting.refuse(`"${mode}" is not built; chat, completion and embedding are`);
  },
};
