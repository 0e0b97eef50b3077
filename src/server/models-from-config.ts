import { GatewayError } from '../errors.ts';
import type { BackendConfig, Config, ModelConfig } from '../config/schema.ts';
import { BackendHealth } from '../core/backend-health.ts';
import { BackendQueue } from '../core/backend-queue.ts';
import { ModelTable, type Backend, type Model } from '../core/model-table.ts';
import type { Scope } from '../core/access.ts';
import type { EngineState } from '../engine/engine.ts';
import { priceOf } from '../money/configured-price.ts';
import { priceListOf } from '../money/price-table.ts';
import { providerProfile } from '../providers/index.ts';
import type { AddedModel } from './api-models.ts';
import type { Quirk, RewriteField, Target } from '../providers/provider.ts';

/** The alias under which the seed's clients ask for the model of a laptop. */
const laptopAlias = 'phi-3-mini';

/** What the table is made of besides the configuration. */
interface TableInput {
  config: Config;
  /** Models that the API made. */
  added: readonly AddedModel[];
  /** The embedded engine's state now; null where none is used. */
  engineState: () => EngineState | null;
  /** Unix seconds. */
  created: number;
  /** The table that was in force: what is known of its backends' health goes on. */
  previous: ModelTable | null;
}

/** The configured models; without any, the one that the embedded engine serves. */
export function configuredModels(config: Config): readonly ModelConfig[] {
  return config.models ?? [defaultModel(config)];
}

/** Whether any backend is the embedded engine. */
export function usesEngine(config: Config): boolean {
  return configuredModels(config).some(({ backends }) => backends.some(({ provider }) => provider === 'embedded'));
}

function defaultModel({ engine }: Config): ModelConfig {
  // A path names a file; what clients see is its name without the folder and the ending.
  const name = engine.model.replace(/^.*[\\/]/, '').replace(/\.gguf$/i, '');
  return {
    name,
    aliases: name === laptopAlias ? [] : [laptopAlias],
    streamIdleTimeoutMs: 60_000,
    promptFormat: 'chat',
    limits: {},
    backends: [{ provider: 'embedded', headers: {}, weight: 1 }],
    fallbacks: [],
  };
}

/** Builds the table of models that clients can ask for. */
export function buildModelTable(input: TableInput): ModelTable {
  const known = new Map(
    (input.previous?.models ?? []).flatMap((model) => model.backends.map((backend) => [backend.id, backend])),
  );
  return new ModelTable(
    overlaid(input).map(({ config: model, backendIds }) => {
      const named = nameByEngine(model, input.engineState());
      return {
        name: named.name,
        aliases: named.aliases,
        created: input.created,
        timeoutMs: model.timeoutMs ?? null,
        streamIdleTimeoutMs: model.streamIdleTimeoutMs,
        contextTokens: model.contextTokens ?? null,
        engineContextTokens: isEmbedded(model) ? engineContext(input) : null,
        maxOutputTokens: model.maxOutputTokens ?? null,
        scope: modelScope(model),
        promptFormat: model.promptFormat,
        fallbacks: model.fallbacks,
        contextFallbacks: model.contextFallbacks ?? [],
        backends: model.backends.map((backend, index) => {
          const id = backendIds[index] ?? `${model.name}#${index}`;
          return buildBackend({ ...input, id, model, backend, responseModel: named.name, previous: known.get(id) });
        }),
      } satisfies Model;
    }),
    { keepsAskedNames: input.config.compatibility.litellmModelNames },
  );
}

/** The configuration's models, and those of the API: where they have the same name, their backends share one model. */
function overlaid({ config, added }: Pick<TableInput, 'config' | 'added'>): readonly AddedModel[] {
  const configured = configuredModels(config);
  const names = new Set(configured.flatMap(({ name, aliases }) => [name, ...aliases]));
  const joined = configured.map((model) => {
    const ids = model.backends.map((_backend, index) => `${model.name}#${index}`);
    const more = added.find((one) => one.config.name === model.name);
    if (more === undefined) return { config: model, backendIds: ids };
    const backends = more.config.backends.map((backend) => ({ ...backend, price: backend.price ?? more.config.price }));
    return { config: { ...model, backends: [...model.backends, ...backends] }, backendIds: [...ids, ...more.backendIds] };
  });
  // What the configuration calls by that name as an alias stays what it is.
  return [...joined, ...added.filter(({ config: { name } }) => !names.has(name))];
}

/** Limits of a model over all clients. */
function modelScope({ name, limits: { requestsPerMinute, tokensPerMinute, maxParallel } }: ModelConfig): Scope | null {
  if (requestsPerMinute === undefined && tokensPerMinute === undefined && maxParallel === undefined) return null;
  return {
    kind: 'model',
    id: name,
    label: name,
    requestsPerMinute: requestsPerMinute ?? null,
    tokensPerMinute: tokensPerMinute ?? null,
    maxParallel: maxParallel ?? null,
    budget: null,
    models: {},
  };
}

/**
 * When the demo model stands in for one that could not be had, it answers under its own name, and the names asked for become aliases: an
 * answer never claims to come from a model that did not give it.
 */
function nameByEngine(model: ModelConfig, state: EngineState | null): { name: string; aliases: readonly string[] } {
  if (!isEmbedded(model) || state?.status !== 'ready' || !state.engine.isDemo || state.engine.model === model.name) return model;
  const aliases = [model.name, ...model.aliases].filter((alias) => alias !== state.engine.model);
  return { name: state.engine.model, aliases };
}

function isEmbedded({ backends }: ModelConfig): boolean {
  return backends.every(({ provider }) => provider === 'embedded');
}

/** Small models have less context than is configured: what the engine says counts, as soon as it does. */
function engineContext({ config, engineState }: TableInput): number {
  const state = engineState();
  return state?.status === 'ready' ? state.engine.contextTokens : config.engine.contextTokens;
}

interface BackendInput extends Omit<TableInput, 'previous'> {
  id: string;
  model: ModelConfig;
  backend: BackendConfig;
  responseModel: string;
  previous: Backend | undefined;
}

function buildBackend({ config, id, model, backend, responseModel, previous, engineState }: BackendInput): Backend {
  const profile = providerProfile(backend.provider);
  const rewrite: ReadonlySet<RewriteField> = new Set(backend.rewrite ?? profile.rewrite);
  const shared = {
    headers: Object.fromEntries(Object.entries(backend.headers).map(([name, value]) => [name.toLowerCase(), value.reveal()])),
    defaults: backend.defaults ?? {},
    responseModel,
    rewrite,
    contextTokens: model.contextTokens ?? null,
    quirks: new Set<Quirk>(profile.quirks),
  };
  const fixed: Target = {
    ...shared,
    baseUrl: (backend.baseUrl ?? profile.baseUrl ?? '').replace(/\/+$/, ''),
    // An empty key, as ${NAME:-} gives it, is none.
    apiKey: backend.apiKey?.reveal() || null,
    upstreamModel: backend.model ?? model.name,
  };
  const known = isSamePlace(fixed, previous) ? previous : undefined;
  return {
    id,
    providerName: backend.provider,
    provider: profile.wire,
    weight: backend.weight,
    timeoutMs: backend.timeoutMs ?? model.timeoutMs ?? profile.timeoutMs,
    price: priceOf(backend.price ?? model.price, priceListOf(fixed.baseUrl) ?? '', fixed.upstreamModel),
    health: healthOf(known, config),
    queueProbe: profile.queueProbe ?? null,
    queue: queueOf(known, backend),
    target: () => {
      if (backend.provider !== 'embedded') return fixed;
      const state = engineState();
      if (state?.status !== 'ready') return notReady(state);
      return { ...shared, baseUrl: state.engine.baseUrl, apiKey: state.engine.token, upstreamModel: state.engine.model };
    },
  };
}

/** What was known of the same place goes on; a new address or key is a new place. */
function isSamePlace({ baseUrl, apiKey }: Target, previous: Backend | undefined): boolean {
  const before = previous?.target();
  return (
    (previous?.providerName === 'embedded' && baseUrl === '') ||
    (before !== undefined && 'baseUrl' in before && before.baseUrl === baseUrl && before.apiKey === apiKey)
  );
}

function healthOf(known: Backend | undefined, { routing }: Config): BackendHealth {
  if (known === undefined) return new BackendHealth(routing);
  known.health.configure(routing);
  return known.health;
}

/** Those who wait go on waiting; where the limits are gone, a queue without any lets them in. */
function queueOf(known: Backend | undefined, { maxInFlight, maxQueue }: BackendConfig): BackendQueue | null {
  const limits = { maxInFlight: maxInFlight ?? Infinity, maxQueue: maxQueue ?? null };
  known?.queue?.configure(limits);
  if (maxInFlight === undefined) return null;
  return known?.queue ?? new BackendQueue(limits, () => performance.now());
}

/** Where the backends of a table are. */
export function originsOf({ models }: ModelTable): Set<string> {
  const targets = models.flatMap(({ backends }) => backends.map((backend) => backend.target()));
  return new Set(targets.flatMap((target) => (target instanceof GatewayError ? [] : [new URL(target.baseUrl).origin])));
}

/** Why the embedded engine cannot answer now, for the caller. */
export function notReady(state: EngineState | null): GatewayError {
  const { text, retryAfterMs } = describeEngine(state);
  return new GatewayError('service_unavailable', `the model is not ready: ${text}; try again`, { retryAfterMs });
}

/** An engine's state in words for callers, and when it is worth asking again. */
export function describeEngine(state: EngineState | null): { text: string; retryAfterMs: number } {
  switch (state?.status) {
    case 'downloading': {
      const { receivedBytes, totalBytes, bytesPerSecond } = state.progress;
      const part =
        totalBytes === null ? `${Math.round(receivedBytes / 1e6)} MB` : `${Math.floor((100 * receivedBytes) / totalBytes)} %`;
      const leftMs =
        totalBytes === null || bytesPerSecond === 0 ? 10_000 : (1000 * (totalBytes - receivedBytes)) / bytesPerSecond;
      return { text: `it is being downloaded (${part})`, retryAfterMs: Math.min(Math.max(leftMs, 1_000), 60_000) };
    }
    case 'restarting':
      return { text: 'the engine stopped unexpectedly and is being restarted', retryAfterMs: 2_000 };
    case 'failed':
      // The reason names files of this machine; it stands in the log and at the terminal.
      return { text: 'the engine cannot start, and the gateway\u2019s log says why', retryAfterMs: 30_000 };
    case 'stopped':
      return { text: 'the engine is stopped', retryAfterMs: 5_000 };
    case 'ready':
      return { text: 'it is ready', retryAfterMs: 1_000 };
    case 'resolving':
    case 'loading':
    case undefined:
      return { text: 'it is being loaded', retryAfterMs: 2_000 };
  }
}
