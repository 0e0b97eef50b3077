import type { Price } from '../../money/price.ts';
import { findPrice, priceListOf } from '../../money/price-table.ts';
import { isObject } from '../../wire/parse.ts';
import { infoRules, paramRules, requestFields, ruleByForm } from './deployment-rules.ts';
import { perMillion, usdOf } from './money.ts';
import type { ProviderRow } from './provider-table.ts';
import { applyRule } from './rules.ts';
import type { Setting } from './setting.ts';
import type { BackendInput, Path, Translation } from './translation.ts';
import { placeOf, upstreamOf } from './upstream.ts';

/** One entry of `model_list`, read. What belongs to a whole model of ours is apart from the backend. */
export interface Deployment {
  path: Path;
  backend: BackendInput;
  price: BackendInput['price'];
  /** Lower ones are asked first. */
  order: number;
  weight: number | null;
  requestsPerMinute: number | null;
  tokensPerMinute: number | null;
  maxParallel: number | null;
  contextTokens: number | null;
  maxOutputTokens: number | null;
  streamIdleTimeoutMs: number | null;
}

/** Reads an entry of `model_list`; undefined where it cannot be used, after findings. */
export function readDeployment(
  entry: Setting,
  credentials: ReadonlyMap<string, Setting>,
  translation: Translation,
): Deployment | undefined {
  const params = entry.child('litellm_params');
  if (params === undefined) return entry.refuse('needs litellm_params with a model');
  const info = entry.child('model_info');
  for (const [key, setting] of entry.entries()) {
    if (!['model_name', 'litellm_params', 'model_info'].includes(key)) setting.warn('is not known here and ignored');
  }
  const defaults = readDefaults(params, translation);
  for (const [key, setting] of info?.entries() ?? []) {
    const rule = Object.hasOwn(infoRules, key)
      ? infoRules[key]
      : /cost/.test(key) && !Object.hasOwn(paramRules, key)
        ? ruleByForm(key)
        : undefined;
    if (rule !== undefined) applyRule(rule, setting, translation);
  }
  const credential = credentialOf(params, credentials);
  const find = (key: string) => params.child(key) ?? credential?.child(key);
  const model = params.child('model');
  if (model === undefined) return params.refuse('needs model, like openai/gpt-4o-mini');
  const upstream = upstreamOf(model, find('custom_llm_provider'));
  if (upstream === undefined) return undefined;
  const apiBase = find('api_base') ?? find('base_url');
  const { baseUrl, apiKey } = placeOf(upstream, { apiBase, apiKey: find('api_key'), model }, translation);
  const timeoutMs = params.child('timeout')?.milliseconds();
  const backend: BackendInput = {
    provider: upstream.row.provider,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(apiKey === undefined ? {} : { apiKey }),
    model: upstream.model,
    headers: headersOf(params),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(Object.keys(defaults).length === 0 ? {} : { defaults }),
  };
  const maxInput = info?.child('max_input_tokens')?.integer();
  const maxOutput = (info?.child('max_output_tokens') ?? info?.child('max_tokens'))?.integer();
  return {
    path: entry.path,
    backend,
    price: priceOfDeployment(params, info) ?? listPrice(upstream, baseUrl),
    order: params.child('order')?.number() ?? 0,
    weight: params.child('weight')?.number() ?? null,
    requestsPerMinute: params.child('rpm')?.integer() ?? null,
    tokensPerMinute: params.child('tpm')?.integer() ?? null,
    maxParallel: params.child('max_parallel_requests')?.integer() ?? null,
    // LiteLLM bounds prompt and answer apart, we their sum.
    contextTokens: maxInput === undefined ? null : maxInput + (info?.child('max_output_tokens')?.integer() ?? 0),
    maxOutputTokens: maxOutput === undefined || maxOutput === 0 ? null : maxOutput,
    streamIdleTimeoutMs: params.child('stream_timeout')?.milliseconds() ?? null,
  };
}

/** Fields of the body; applies the rules to everything else. */
function readDefaults(params: Setting, translation: Translation): Record<string, unknown> {
  const defaults: Record<string, unknown> = {};
  for (const [key, setting] of params.entries()) {
    const rule = Object.hasOwn(paramRules, key) ? paramRules[key] : ruleByForm(key);
    if (rule !== undefined) applyRule(rule, setting, translation);
    else {
      defaults[key] = setting.value;
      if (!requestFields.has(key))
        setting.warn('is sent upstream as a field of the request, as LiteLLM does with keys that it does not know');
    }
  }
  const extra = params.child('extra_body');
  for (const [key, setting] of extra?.entries() ?? []) defaults[key] = setting.value;
  return defaults;
}

function credentialOf(params: Setting, credentials: ReadonlyMap<string, Setting>): Setting | undefined {
  const name = params.child('litellm_credential_name');
  if (name === undefined) return undefined;
  const found = credentials.get(name.text() ?? '');
  return found ?? name.refuse(`there is no credential "${String(name.value)}" in credential_list`);
}

function headersOf(params: Setting): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const key of ['headers', 'extra_headers']) {
    for (const [name, setting] of params.child(key)?.entries() ?? []) headers[name] = setting.text() ?? '';
  }
  const organization = params.child('organization')?.text();
  return organization === undefined ? headers : { 'openai-organization': organization, ...headers };
}

/** Costs of the parameters win over those of the description; `base_model` is looked up in the shipped table. */
function priceOfDeployment(params: Setting, info: Setting | undefined): BackendInput['price'] {
  const cost = (key: string) => {
    const setting = params.child(key) ?? info?.child(key);
    if (setting === undefined) return undefined;
    const { value } = setting;
    const amount = typeof value === 'number' || typeof value === 'string' ? perMillion(value) : null;
    return amount ?? setting.refuse('must be an amount in USD for one token, like 1.5e-07');
  };
  const input = cost('input_cost_per_token');
  const output = cost('output_cost_per_token');
  const cached = cost('cache_read_input_token_cost');
  if (input !== undefined || output !== undefined) {
    return {
      inputUsdPerMillionTokens: input ?? '0',
      outputUsdPerMillionTokens: output ?? '0',
      ...(cached === undefined ? {} : { cachedInputUsdPerMillionTokens: cached }),
    };
  }
  return priceOfBase(info?.child('base_model'));
}

function priceOfBase(base: Setting | undefined): BackendInput['price'] {
  const name = base?.text();
  if (base === undefined || name === undefined) return undefined;
  const [prefix = '', ...rest] = name.split('/');
  const seller = prefix.startsWith('azure') ? 'openai' : prefix;
  const price = rest.length === 0 ? findPrice('openai', name) : findPrice(seller, rest.join('/'));
  if (price === null) {
    base.warn('has no price in the shipped table: write input_cost_per_token and output_cost_per_token, or nothing is charged');
    return undefined;
  }
  return asConfigured(price);
}

/**
 * LiteLLM prices a seller's model by its name, whoever answers: behind another address (a proxy in front of the seller) the list price holds too, or
 * budgets would count nothing there.
 */
function listPrice({ row, model }: { row: ProviderRow; model: string }, baseUrl: string | undefined): BackendInput['price'] {
  const seller = row.baseUrl === null ? null : priceListOf(row.baseUrl);
  if (seller === null || baseUrl === undefined || priceListOf(baseUrl) === seller) return undefined;
  const price = findPrice(seller, model);
  return price === null ? undefined : asConfigured(price);
}

function asConfigured(price: Price): BackendInput['price'] {
  return {
    inputUsdPerMillionTokens: usdOf(price.inputNanoUsd),
    outputUsdPerMillionTokens: usdOf(price.outputNanoUsd),
    ...(price.cachedInputNanoUsd === null ? {} : { cachedInputUsdPerMillionTokens: usdOf(price.cachedInputNanoUsd) }),
  };
}

/** Credentials by name, from `credential_list`. */
export function readCredentials(list: Setting | undefined): Map<string, Setting> {
  const credentials = new Map<string, Setting>();
  for (const item of list?.items() ?? []) {
    const name = item.child('credential_name')?.text();
    const values = item.child('credential_values');
    if (name === undefined || values === undefined || !isObject(values.value))
      item.refuse('needs credential_name and credential_values');
    else credentials.set(name, values);
  }
  return credentials;
}
