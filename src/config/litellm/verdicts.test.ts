import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError } from '../config-error.ts';
import { loadLitellm } from './load-litellm.ts';

type Verdict = 'accepted' | 'warned' | 'refused';
type Row = readonly [key: string, value: unknown, verdict: Verdict];

const environment = { LITELLM_MASTER_KEY: 'sk-0123456789' };
const model = { model_name: 'm', litellm_params: { model: 'hosted_vllm/x', api_base: 'http://127.0.0.1:1/v1' } };

/** What is said of a place of a file, and nothing else: a fault elsewhere fails the test. */
function verdictOf(file: Record<string, unknown>, path: string): Verdict {
  const isThere = (finding: { path: string }) =>
    finding.path === path || finding.path.startsWith(`${path}.`) || finding.path.startsWith(`${path}[`);
  try {
    const { warnings } = loadLitellm(stringify(file), 'config.yaml', environment, () => '');
    expect(warnings.filter((warning) => !isThere(warning))).toEqual([]);
    return warnings.length > 0 ? 'warned' : 'accepted';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.findings.filter((finding) => !isThere(finding))).toEqual([]);
    return 'refused';
  }
}

const A = 'accepted';
const W = 'warned';
const R = 'refused';

const topLevel: Row[] = [
  ['litellm_settings', {}, A],
  ['router_settings', {}, A],
  ['general_settings', {}, A],
  ['guardrails', [], A],
  ['guardrails', [{ guardrail_name: 'pii', litellm_params: { guardrail: 'presidio', mode: 'pre_call' } }], R],
  ['environment_variables', { A: 'b' }, A],
  ['credential_list', [{ credential_name: 'c', credential_values: { api_key: 'k' } }], A],
  ['credential_list', [{ credential_name: 'c' }], R],
  ['callback_settings', { otel: { message_logging: false } }, W],
  ['callback_settings', { datadog: {} }, R],
  ['mcp_servers', {}, R],
  ['vector_store_registry', [], R],
  ['worker_registry', [], R],
  ['litellm_setting', {}, R],
  ['server', { port: 1 }, R],
  ['models', [], R],
];

const params: Row[] = [
  ['custom_llm_provider', 'hosted_vllm', A],
  ['api_base', 'http://127.0.0.1:2/v1', A],
  ['api_key', 'k', A],
  ['api_version', '2024-02-01', W],
  ['organization', 'org-1', A],
  ['litellm_credential_name', 'unknown', R],
  ['extra_headers', { 'x-a': 'b' }, A],
  ['rpm', 10, A],
  ['rpm', 'many', R],
  ['tpm', '1000', A],
  ['max_parallel_requests', 3, A],
  ['weight', 2, A],
  ['order', 1, A],
  ['cooldown_time', 5, W],
  ['max_budget', 10, R],
  ['budget_duration', '1d', A],
  ['tags', ['free'], W],
  ['timeout', 30, A],
  ['stream_timeout', 5.5, A],
  ['max_retries', 1, W],
  ['num_retries', 1, W],
  ['drop_params', true, W],
  ['mock_response', 'hello', R],
  ['input_cost_per_token', '1.5e-07', A],
  ['input_cost_per_token', -1, R],
  ['output_cost_per_token', 0.000001, A],
  ['input_cost_per_second', 0.01, R],
  ['input_cost_per_second', 0, A],
  ['output_cost_per_second', 0.01, R],
  ['cache_read_input_token_cost', 1e-8, A],
  ['cache_creation_input_token_cost', 1e-8, W],
  ...['region_name', 'access_key_id', 'secret_access_key', 'session_token', 'profile_name', 'role_name', 'session_name'].map(
    (name): Row => [`aws_${name}`, 'x', W],
  ),
  ...['temperature', 'max_tokens', 'top_p', 'seed'].map((name): Row => [name, 1, A]),
  ['stop', ['x'], A],
  ['extra_body', { top_k: 5 }, A],
  ['top_k', 5, W],
  ['input_cost_per_token_above_128k_tokens', 1e-6, R],
  ['input_cost_per_token_above_128k_tokens', 0, A],
  ['output_cost_per_reasoning_token', 1e-6, R],
  ['input_cost_per_image', 1e-6, W],
  ['azure_ad_token', 'x', W],
  ['client_secret', 'x', W],
  ['default_api_key_rpm_limit', 5, R],
  ['configurable_clientside_auth_params', ['api_base'], R],
  ['use_in_pass_through', true, R],
  ['use_in_pass_through', false, A],
  ['vertex_project', 'p', R],
  ['vertex_anything', 'p', R],
];

const info: Row[] = [
  ['id', 'x', W],
  ['mode', 'chat', A],
  ['mode', 'completion', A],
  ['mode', 'embedding', A],
  ['mode', 'image_generation', R],
  ['base_model', 'gpt-4o-mini', A],
  ['base_model', 'azure/gpt-4o-mini', A],
  ['base_model', 'nobody-knows', W],
  ['max_tokens', 100, A],
  ['max_input_tokens', 1000, A],
  ['max_output_tokens', 100, A],
  ['input_cost_per_token', 1e-7, A],
  ['output_cost_per_second', 1, R],
  ['output_cost_per_token_above_200k_tokens', 1e-6, R],
  ['input_cost_per_audio_token', 1e-6, W],
  ['access_groups', ['beta'], W],
  ['team_id', 't', R],
  ['team_public_model_name', 'x', R],
  ['health_check_model', 'x', W],
  ['supports_vision', true, A],
];

const fallbacks = [{ m: ['n'] }];
const litellm: Row[] = [
  ['num_retries', 2, A],
  ['num_retries', 99, R],
  ['request_timeout', 60, A],
  ['fallbacks', fallbacks, A],
  ['fallbacks', [{ m: ['nobody'] }], R],
  ['fallbacks', [{ nobody: ['m'] }], W],
  ['fallbacks', [{ m: [{ model: 'n' }] }], R],
  ['context_window_fallbacks', fallbacks, A],
  ['content_policy_fallbacks', fallbacks, W],
  ['default_fallbacks', ['n'], A],
  ['drop_params', true, W],
  ['max_budget', 10, A],
  ['budget_duration', '30d', A],
  ['budget_duration', 'often', R],
  ['timezone', 'UTC', A],
  ['timezone', 'Europe/Berlin', W],
  ['json_logs', true, A],
  ['require_auth_for_metrics_endpoint', false, A],
  ['default_team_params', { max_budget: 1 }, R],
  ['default_internal_user_params', { max_budget: 1 }, R],
  ['upperbound_key_generate_params', { max_budget: 1 }, R],
  ['key_generation_settings', {}, R],
  ['cache', true, W],
  ['cache', false, A],
  ['cache_params', { type: 'redis', host: 'h', port: 6379, password: 'p', ssl: true, namespace: 'n', ttl: 1 }, A],
  ['cache_params', { type: 'local' }, A],
  ['cache_params', { type: 's3' }, R],
  ['cache_params', { type: 'redis', redis_startup_nodes: [{ host: 'h' }] }, R],
  ['callbacks', ['prometheus'], A],
  ['callbacks', ['otel'], W],
  ['success_callback', ['langfuse'], W],
  ['failure_callback', 'sentry', W],
  ['callbacks', ['custom_callbacks.handler'], R],
  ['callbacks', ['llamaguard_moderations'], R],
  ['callbacks', ['hide_secrets'], R],
  ['guardrails', [{}], R],
  ['set_verbose', true, A],
  ['telemetry', false, A],
  ['unheard_of', 1, W],
];

const router: Row[] = [
  ['routing_strategy', 'simple-shuffle', A],
  ['routing_strategy', 'least-busy', W],
  ['routing_strategy', 'usage-based-routing-v2', W],
  ['num_retries', 2, A],
  ['timeout', 10, A],
  ['stream_timeout', 10, A],
  ['retry_after', 0, A],
  ['retry_policy', {}, W],
  ['allowed_fails', 0, A],
  ['allowed_fails_policy', {}, W],
  ['cooldown_time', 30, A],
  ['disable_cooldowns', true, A],
  ['fallbacks', fallbacks, A],
  ['context_window_fallbacks', fallbacks, A],
  ['max_fallbacks', 3, W],
  ['model_group_alias', { other: 'm' }, A],
  ['model_group_alias', { other: { model: 'm', hidden: false } }, A],
  ['model_group_alias', { other: { model: 'm', hidden: true } }, W],
  ['model_group_alias', { other: 'nobody' }, R],
  ['model_group_alias', { n: 'm' }, R],
  ['enable_pre_call_checks', true, W],
  ['redis_host', 'h', A],
  ['redis_url', 'redis://h:1', A],
  ['enable_tag_filtering', true, R],
  ['enable_tag_filtering', false, A],
  ['provider_budget_config', { openai: {} }, R],
  ['optional_pre_call_checks', ['prompt_caching'], R],
  ['optional_pre_call_checks', [], A],
  ['unheard_of', 1, W],
];

const general: Row[] = [
  ['master_key', 'sk-0123456789', A],
  ['master_key', 'sk-1234', A],
  ['master_key', 'x', R],
  ['database_url', 'postgres://u:p@h/d', A],
  ['database_connection_pool_limit', 20, A],
  ['database_connection_pool_limit', 500, W],
  ['database_connection_timeout', 60, A],
  ['store_model_in_db', true, W],
  ['proxy_batch_write_at', 10, A],
  ['disable_spend_logs', true, A],
  ['maximum_spend_logs_retention_period', '12h', A],
  ['maximum_spend_logs_retention_period', 'long', R],
  ['max_parallel_requests', 5, A],
  ['global_max_parallel_requests', 5, A],
  ['max_request_size_mb', 5, A],
  ['background_health_checks', true, W],
  ['health_check_interval', 300, A],
  ['litellm_key_header_name', 'X-Key', A],
  ['litellm_key_header_name', 'not a header', R],
  ['use_x_forwarded_for', true, W],
  ['use_x_forwarded_for', false, A],
  ['user_header_name', 'X-User', A],
  ['user_header_mappings', [{ header_name: 'X-User', litellm_user_role: 'customer' }], A],
  ['user_header_mappings', [{ header_name: 'X-User', litellm_user_role: 'internal_user' }], R],
  ['enforce_user_param', true, R],
  ['enforce_user_param', false, A],
  ['token_rate_limit_type', 'total', A],
  ['token_rate_limit_type', 'output', R],
  ['always_include_stream_usage', true, W],
  ['allowed_ips', ['10.0.0.1'], R],
  ['allowed_routes', ['/chat'], R],
  ['admin_only_routes', ['/chat'], R],
  ['public_routes', ['/chat'], R],
  ['enforced_params', ['user'], R],
  ['pass_through_endpoints', [{}], R],
  ['enable_jwt_auth', true, R],
  ['enable_jwt_auth', false, A],
  ['litellm_jwtauth', {}, R],
  ['key_management_system', 'google_kms', R],
  ['custom_auth', 'auth.user_api_key_auth', R],
  ['custom_key_generate', 'x.y', R],
  ['custom_sso', 'x.y', R],
  ['store_prompts_in_spend_logs', true, R],
  ['store_prompts_in_spend_logs', false, A],
  ['alerting', ['slack'], W],
  ['alerting_threshold', 300, W],
  ['allow_requests_on_db_unavailable', true, W],
  ['unheard_of', 1, W],
];

const other = { ...model, model_name: 'n' };
const withParam = (key: string, value: unknown) => ({
  model_list: [{ ...model, litellm_params: { ...model.litellm_params, [key]: value } }],
});

describe('each key of LiteLLM’s file', () => {
  test.each(topLevel)('%s: %j is %s', (key, value, verdict) => {
    expect(verdictOf({ model_list: [model], [key]: value }, key)).toBe(verdict);
  });
  test.each(params)('litellm_params.%s: %j is %s', (key, value, verdict) => {
    expect(verdictOf(withParam(key, value), `model_list[0].litellm_params.${key}`)).toBe(verdict);
  });
  test.each(info)('model_info.%s: %j is %s', (key, value, verdict) => {
    expect(verdictOf({ model_list: [{ ...model, model_info: { [key]: value } }] }, `model_list[0].model_info.${key}`)).toBe(
      verdict,
    );
  });
  test.each([
    ['litellm_settings', litellm],
    ['router_settings', router],
    ['general_settings', general],
  ] as const)('of %s has its verdict', (section, rows) => {
    const found = rows.map(([key, value]) => [
      key,
      value,
      verdictOf({ model_list: [model, other], [section]: { [key]: value } }, `${section}.${key}`),
    ]);
    expect(found).toEqual(rows);
  });
});

describe('each prefix of a model', () => {
  const findings = (name: string, parameters: Record<string, unknown> = {}) =>
    verdictOf(
      { model_list: [{ model_name: 'm', litellm_params: { model: name, ...parameters } }] },
      'model_list[0].litellm_params.model',
    );

  test.each([
    'openai',
    'custom_openai',
    'text-completion-openai',
    'groq',
    'mistral',
    'deepseek',
    'together_ai',
    'openrouter',
    'xai',
    'perplexity',
  ])('%s/ is accepted with a key and refused without', (prefix) => {
    expect(findings(`${prefix}/x`, { api_key: 'k' })).toBe(A);
    expect(findings(`${prefix}/x`)).toBe(R);
  });
  test.each(['hosted_vllm', 'vllm', 'lm_studio', 'litellm_proxy'])('%s/ needs an address and no key', (prefix) => {
    expect(findings(`${prefix}/x`, { api_base: 'http://127.0.0.1:1/v1' })).toBe(A);
    expect(findings(`${prefix}/x`)).toBe(R);
  });
  test.each(['ollama/llama3.2:3b', 'ollama_chat/llama3.2:3b', 'llamafile/x'])('%s needs nothing', (name) => {
    expect(findings(name)).toBe(A);
  });
  test.each([
    'anthropic/x',
    'bedrock/x',
    'azure/x',
    'vertex_ai/x',
    'gemini/x',
    'sagemaker/x',
    'cohere/x',
    'nobody/x',
    'claude-3',
    'phi-3',
    'openai/*',
    'openai/',
    '',
  ])('"%s" is refused', (name) => expect(findings(name, { api_key: 'k' })).toBe(R));
  test('names that LiteLLM knows as OpenAI’s need no prefix', () => {
    for (const name of ['gpt-4o', 'o3-mini', 'text-embedding-3-small']) expect(findings(name, { api_key: 'k' })).toBe(A);
  });
});

test.each(['openai/*', '*', 'gpt-*'])('a wildcard like %s as model_name is refused', (name) => {
  expect(verdictOf({ model_list: [{ ...model, model_name: name }] }, 'model_list[0].model_name')).toBe(R);
});
