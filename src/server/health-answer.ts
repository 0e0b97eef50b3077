import type { Model, ModelTable } from '../core/model-table.ts';
import { GatewayError } from '../errors.ts';
import type { HealthAnswer } from '../wire/health.ts';

interface HealthInput {
  models: ModelTable;
  /** Requests that wait for a place or for their first token. */
  waiting: number;
  /** Share of GPU memory in use; null: not known. */
  gpuMemoryUsed: number | null;
  isEngineStarting: boolean;
  isDraining: boolean;
}

/** The body of `GET /health`: healthy when any model can answer; about the first one that can, else about the first one. */
export function healthAnswerOf({ models, waiting, gpuMemoryUsed, isEngineStarting, isDraining }: HealthInput): HealthAnswer {
  const model =
    models.models.find((candidate) => candidate.backends.some((backend) => whyNot(backend) === null)) ?? models.models[0];
  const rest = { model: model?.name ?? null, gpu_memory_used: gpuMemoryUsed, requests_in_queue: waiting };
  if (isDraining) return { status: 'unhealthy', ...rest, detail: 'shutting down' };
  const reasons = model === undefined ? ['no model is configured'] : model.backends.map(whyNot);
  if (reasons.includes(null)) return { status: 'healthy', ...rest };
  const isUnknown = model?.backends.some((backend) => backend.health.check === 'unknown') === true;
  const detail = reasons.find((reason) => reason !== null) ?? 'no backend';
  return { status: isEngineStarting || isUnknown ? 'loading' : 'unhealthy', ...rest, detail };
}

/** Why a backend cannot serve, in words without addresses, or null if it can. */
function whyNot(backend: Model['backends'][number]): string | null {
  const target = backend.target();
  if (target instanceof GatewayError) return target.message;
  if (backend.providerName === 'embedded' || backend.health.check === 'up') return null;
  return backend.health.check === 'unknown' ? 'the backend was not asked yet' : 'the backend does not answer';
}

/** LiteLLM's fields of /health, from the checks in the background: no model is asked for it. */
export function endpointHealth({ models }: ModelTable): object {
  const endpoints = models.flatMap((model) =>
    model.backends.map((backend) => {
      const target = backend.target();
      const reason = whyNot(backend);
      const place = {
        model: model.name,
        model_id: backend.id,
        ...(target instanceof GatewayError ? {} : { api_base: target.baseUrl }),
      };
      return { isHealthy: reason === null, endpoint: reason === null ? place : { ...place, error: reason } };
    }),
  );
  const listOf = (isHealthy: boolean) => endpoints.filter((one) => one.isHealthy === isHealthy).map(({ endpoint }) => endpoint);
  const [healthy, unhealthy] = [listOf(true), listOf(false)];
  return {
    healthy_endpoints: healthy,
    unhealthy_endpoints: unhealthy,
    healthy_count: healthy.length,
    unhealthy_count: unhealthy.length,
  };
}

/** Every backend and whether it can serve, for the metrics; null: not known yet. */
export function backendStates({ models }: ModelTable) {
  return models.flatMap((model) =>
    model.backends.map(({ id, providerName, health, queue, target }) => {
      const isUp = target() instanceof GatewayError ? false : health.check === 'unknown' ? null : health.check === 'up';
      return { model: model.name, backend: id, provider: providerName, isUp, queued: queue?.waiting ?? null };
    }),
  );
}
