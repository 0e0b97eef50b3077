import type { Config } from '../config/schema.ts';
import type { Access } from '../core/access.ts';
import type { ModelTable } from '../core/model-table.ts';
import type { EngineState } from '../engine/engine.ts';
import type { HealthAnswer } from '../wire/health.ts';
import type { Governance } from './governance.ts';
import { endpointHealth, healthAnswerOf } from './health-answer.ts';
import { usesEngine } from './models-from-config.ts';
import { queueLength } from './queue-length.ts';

interface GatewayHealthInput {
  config: () => Config;
  models: () => ModelTable;
  governance: Governance;
  /** Share of GPU memory in use; null: not known. */
  gpuMemoryUsed: () => number | null;
  isDraining: () => boolean;
  /** Requests that wait for their first token. */
  waiting: () => number;
  /** The embedded engine; null where none is used, or not yet. */
  engine: () => { state: EngineState; queueLength: number } | null;
}

/** What the gateway says of itself: whether a model can answer, and how the services behind it are. */
export class GatewayHealth {
  readonly #input: GatewayHealthInput;

  constructor(input: GatewayHealthInput) {
    this.#input = input;
  }

  /** The body of `GET /health`. */
  answer(): HealthAnswer {
    const { config, models, isDraining, gpuMemoryUsed, engine } = this.#input;
    const state = engine()?.state.status;
    return healthAnswerOf({
      models: models(),
      waiting: this.queueLength,
      gpuMemoryUsed: gpuMemoryUsed(),
      isEngineStarting: usesEngine(config()) && state !== 'failed' && state !== 'stopped' && state !== 'ready',
      isDraining: isDraining(),
    });
  }

  /** Requests that wait, in the gateway and in engines. */
  get queueLength(): number {
    const { models, waiting, engine } = this.#input;
    return queueLength(models(), { waiting: waiting(), engineQueue: engine()?.queueLength ?? 0 });
  }

  /** The body of `GET /health/readiness`. */
  readiness() {
    const { database: db, ledger, limiter } = this.#input.governance;
    return { db, limits: limiter.state, ...(ledger === null ? {} : { ledger: ledger.state }) };
  }

  /** LiteLLM's fields of /health, where the key is an administrator's; null: they are not for whoever asks. */
  async details(key: string): Promise<object | null> {
    const { governance, models } = this.#input;
    if (!governance.isKeyed || key === '') return null;
    const access: Access | null = await Promise.resolve(key)
      .then((given) => governance.directory.find(given))
      .catch(() => null);
    return access?.role === 'admin' || access?.role === 'admin_viewer' ? endpointHealth(models()) : null;
  }
}
