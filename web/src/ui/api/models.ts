import { isRecord } from '../../json.ts';
import type { Call } from './call.ts';
import { type Fields, readFields, readNumber, readRows, readText } from './read.ts';

/** One place that serves a model. Prices in USD per million tokens; null: none is known. */
export interface Backend {
  id: string;
  model: string;
  /** `provider/name`, as the upstream calls it. */
  upstream: string;
  baseUrl: string | null;
  inputPriceUsd: number | null;
  outputPriceUsd: number | null;
  /** Whether it was made by the API, not by the configuration. */
  isFromApi: boolean;
}

/** What the background checks say. */
export interface BackendHealth {
  healthy: Fields[];
  unhealthy: Fields[];
}

/** `healthy` and `unhealthy` as the checks found it; `unknown` where no check names the backend. */
export type BackendState = 'healthy' | 'unhealthy' | 'unknown';

const perMillion = (value: unknown): number | null => {
  const price = readNumber(value);
  return price === null ? null : price * 1_000_000;
};

/** Reads `GET /model/info`. */
export function parseBackends(value: unknown): Backend[] {
  return readRows(value, 'data').map((row) => {
    const [params, info] = [readFields(row['litellm_params']), readFields(row['model_info'])];
    return {
      id: readText(info['id']) ?? '',
      model: readText(row['model_name']) ?? '',
      upstream: readText(params['model']) ?? '',
      baseUrl: readText(params['api_base']),
      inputPriceUsd: perMillion(info['input_cost_per_token'] ?? params['input_cost_per_token']),
      outputPriceUsd: perMillion(info['output_cost_per_token'] ?? params['output_cost_per_token']),
      isFromApi: info['db_model'] === true,
    };
  });
}

/** Reads the administrators' `GET /health`; undefined where the answer lists no backends. */
export function parseBackendHealth(value: unknown): BackendHealth | undefined {
  if (!isRecord(value) || (!Array.isArray(value['healthy_endpoints']) && !Array.isArray(value['unhealthy_endpoints'])))
    return undefined;
  return { healthy: readRows(value['healthy_endpoints']), unhealthy: readRows(value['unhealthy_endpoints']) };
}

function isSame(endpoint: Fields, backend: Backend): boolean {
  const id = readText(endpoint['model_id']);
  if (id !== null) return id === backend.id;
  const isModel = endpoint['model'] === backend.upstream || endpoint['model'] === backend.model;
  return isModel && (backend.baseUrl === null || readText(endpoint['api_base']) === backend.baseUrl);
}

/** What the checks say of one backend. */
export function stateOf(backend: Backend, health: BackendHealth | undefined): BackendState {
  if (health?.unhealthy.some((endpoint) => isSame(endpoint, backend))) return 'unhealthy';
  return health?.healthy.some((endpoint) => isSame(endpoint, backend)) ? 'healthy' : 'unknown';
}

/** Models and what serves them. */
export interface ModelsApi {
  list(): Promise<Backend[]>;
  /** For administrators; undefined where the gateway tells no more than whether it is well. */
  health(): Promise<BackendHealth | undefined>;
}

/** Makes the calls about models. */
export function createModelsApi(call: Call): ModelsApi {
  return {
    list: async () => parseBackends(await call.get('/model/info')),
    health: async () => parseBackendHealth(await call.getAnyStatus('/health')),
  };
}
