import type { Access } from '../core/access.ts';
import { isGranted } from '../core/model-grant.ts';
import type { Backend, Model, ModelTable } from '../core/model-table.ts';
import { GatewayError } from '../errors.ts';
import { withoutModelSecrets } from '../keys/model-secrets.ts';

/** What the gateway's models are, and what is known of those that the API made. */
export interface ModelInfoSource {
  models: () => ModelTable;
  /** `model_info` of a backend that the API made; null: it is the configuration's. */
  infoOf: (backendId: string) => Readonly<Record<string, unknown>> | null;
}

/** Nano-dollars for a million tokens as USD for one. */
const perToken = (nanoUsd: number): number => nanoUsd / 1e15;

/**
 * Each backend of the models that a key may use, in the form of LiteLLM's `/model/info`, without secrets.
 * @throws GatewayError `not_found`: no such backend
 */
export function modelInfo(source: ModelInfoSource, access: Access, wanted: string | undefined): { data: object[] } {
  const rows = granted(source, access).flatMap((model) =>
    model.backends
      .filter(({ id }) => wanted === undefined || id === wanted)
      .map((backend) => infoRow(model, backend, source.infoOf(backend.id))),
  );
  if (wanted !== undefined && rows.length === 0)
    throw new GatewayError(
      'not_found',
      `there is no backend "${wanted.slice(0, 100)}"; without litellm_model_id all are listed`,
      {
        param: 'litellm_model_id',
      },
    );
  return { data: rows };
}

/** Each model that a key may use, in the form of LiteLLM's `/model_group/info`. */
export function modelGroups(source: ModelInfoSource, access: Access, wanted: string | undefined): { data: object[] } {
  const models = granted(source, access).filter(({ name }) => wanted === undefined || name === wanted);
  return { data: models.map(groupRow) };
}

function granted({ models }: ModelInfoSource, access: Access): readonly Model[] {
  return models().models.filter(({ name, aliases }) => isGranted(access, [name, ...aliases]));
}

function infoRow(model: Model, backend: Backend, info: Readonly<Record<string, unknown>> | null): object {
  const target = backend.target();
  const isPlaced = !(target instanceof GatewayError) && backend.providerName !== 'embedded';
  const key = `${backend.providerName}/${target instanceof GatewayError ? model.name : target.upstreamModel}`;
  const price = costs(backend);
  return {
    model_name: model.name,
    litellm_params: { ...(backend.price === null ? {} : price), ...(isPlaced ? { api_base: target.baseUrl } : {}), model: key },
    model_info: {
      ...(info === null ? {} : withoutModelSecrets(info)),
      ...price,
      id: backend.id,
      db_model: info !== null,
      key,
      litellm_provider: backend.providerName,
      max_tokens: model.maxOutputTokens,
      max_input_tokens: model.contextTokens,
      max_output_tokens: model.maxOutputTokens,
    },
  };
}

function costs({ price }: Backend) {
  return {
    input_cost_per_token: price === null ? null : perToken(price.inputNanoUsd),
    output_cost_per_token: price === null ? null : perToken(price.outputNanoUsd),
    cache_read_input_token_cost: price === null || price.cachedInputNanoUsd === null ? null : perToken(price.cachedInputNanoUsd),
  };
}

/** What is not known of a model reads as LiteLLM's answer for one that it does not know. */
const unknownOfGroup = {
  input_cost_per_pixel: null,
  mode: null,
  itpm: null,
  otpm: null,
  supports_parallel_function_calling: false,
  supports_vision: false,
  supports_web_search: false,
  supports_url_context: false,
  supports_reasoning: false,
  supports_function_calling: false,
  supported_reasoning_efforts: null,
  supported_openai_params: null,
  configurable_clientside_auth_params: null,
  is_public_model_group: false,
  health_status: null,
  health_response_time: null,
  health_checked_at: null,
};

function groupRow({ name, backends, contextTokens, maxOutputTokens, scope }: Model): object {
  const highest = (read: (costs_: ReturnType<typeof costs>) => number | null) => {
    const known = backends.flatMap((backend) => read(costs(backend)) ?? []);
    return known.length === 0 ? null : Math.max(...known);
  };
  return {
    ...unknownOfGroup,
    model_group: name,
    providers: [...new Set(backends.map(({ providerName }) => providerName))],
    max_input_tokens: contextTokens,
    max_output_tokens: maxOutputTokens,
    input_cost_per_token: highest((of) => of.input_cost_per_token),
    output_cost_per_token: highest((of) => of.output_cost_per_token),
    tpm: scope?.tokensPerMinute ?? null,
    rpm: scope?.requestsPerMinute ?? null,
  };
}
