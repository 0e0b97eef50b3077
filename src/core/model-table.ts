import { GatewayError } from '../errors.ts';
import type { Price } from '../money/price.ts';
import type { Provider, QueueProbe, Target } from '../providers/provider.ts';
import type { Scope } from './access.ts';
import type { BackendHealth } from './backend-health.ts';
import type { BackendQueue } from './backend-queue.ts';

/** One place that serves a model. */
export interface Backend {
  /** Unique in the gateway and stable over reloads, e.g. `phi-3-mini#0`. */
  id: string;
  providerName: string;
  provider: Provider;
  /** Share of the traffic among its model's backends; 0: only when the others fail. */
  weight: number;
  /** Time to the whole answer, or to the first token of a stream. */
  timeoutMs: number;
  /** null: what it costs is not known, and is counted as nothing. */
  price: Price | null;
  health: BackendHealth;
  /** How it is asked how many requests wait in it; null: it does not tell. */
  queueProbe: QueueProbe | null;
  /** Bounds what is sent to it at once; null: nothing does. */
  queue: BackendQueue | null;
  /** Where it is now; while it is nowhere (an engine that loads), the `service_unavailable` that says why. */
  target(): Target | GatewayError;
}

/** A model that clients can ask for. */
export interface Model {
  name: string;
  aliases: readonly string[];
  /** Unix seconds at which the gateway took it up. */
  created: number;
  /** Bound over all attempts, or null: only those of the backends. */
  timeoutMs: number | null;
  streamIdleTimeoutMs: number;
  /** As configured: what does not fit is refused before an engine sees it. */
  contextTokens: number | null;
  /** Of an engine that refuses by itself what does not fit, and ends answers there; null: not known. */
  engineContextTokens: number | null;
  /** Longest answer, where it is configured. */
  maxOutputTokens: number | null;
  /** Limits over all clients; null: none. */
  scope: Scope | null;
  promptFormat: 'raw' | 'chat';
  backends: readonly Backend[];
  /** Names of models that answer instead, in order. */
  fallbacks: readonly string[];
  /** Models that answer where a request does not fit into the context of this one. */
  contextFallbacks: readonly string[];
}

/** All models, immutable: a reload swaps the whole table, and requests under way keep theirs. */
export class ModelTable {
  readonly models: readonly Model[];
  /** Whether answers carry the name that the client asked for; if not, that of the model. */
  readonly keepsAskedNames: boolean;
  readonly #byName = new Map<string, Model>();

  constructor(models: readonly Model[], { keepsAskedNames = false }: { keepsAskedNames?: boolean } = {}) {
    this.models = models;
    this.keepsAskedNames = keepsAskedNames;
    for (const model of models) {
      for (const name of [model.name, ...model.aliases]) this.#byName.set(name, model);
    }
  }

  /** The model of that name or alias. @throws GatewayError `model_not_found` */
  resolve(name: string): Model {
    const model = this.#byName.get(name);
    if (model !== undefined) return model;
    throw new GatewayError(
      'model_not_found',
      `there is no model "${name.slice(0, 200)}"; GET /v1/models lists those that there are`,
      {
        param: 'model',
        compatible: {
          status: 400,
          message: `Invalid model name passed in model=${name.slice(0, 200)}. Call \`/v1/models\` to view available models for your key.`,
        },
      },
    );
  }

  find(name: string): Model | undefined {
    return this.#byName.get(name);
  }
}
