import { randomBytes } from 'node:crypto';
import { request } from 'undici';
import { backoffMs, systemClock, type Clock } from './clock.ts';
import type { NetworkSettings } from './download/network.ts';
import { childModule, EngineChild } from './engine-child.ts';
import type { Engine, EngineSettings, EngineState } from './engine.ts';
import { allowedMemoryBytes, memoryHint } from './memory.ts';
import { messageOf, ModelError } from './model-error.ts';
import type { ChildMessage } from './protocol.ts';
import { resolveModel, type ResolvedModel, type ResolveOptions } from './resolver.ts';
import { writeTinyModel } from './tiny-model.ts';

/** How patient the supervisor is, in milliseconds. */
interface SupervisorTimings {
  /** A child that has not loaded by then hangs. */
  loadMs: number;
  probeEveryMs: number;
  /** Generous, since a machine whose cores are all busy answers late. */
  probeTimeoutMs: number;
  /** Probes in a row without an answer after which the child is killed. */
  probeMisses: number;
  restartFirstMs: number;
  restartMostMs: number;
  /** A child that was ready for so long starts the backoff anew. */
  healthyMs: number;
  /** When no model can be had. */
  resolveFirstMs: number;
  resolveMostMs: number;
}

/** What `startEngine` goes by unless a test says otherwise. */
const supervisorTimings: SupervisorTimings = {
  loadMs: 300_000,
  probeEveryMs: 5_000,
  probeTimeoutMs: 10_000,
  probeMisses: 3,
  restartFirstMs: 500,
  restartMostMs: 30_000,
  healthyMs: 60_000,
  resolveFirstMs: 5_000,
  resolveMostMs: 300_000,
};

/** What the engine needs from the composition root. What is optional is for tests. */
export interface EngineDependencies {
  network: NetworkSettings;
  /** Lines of the child's output, and what the supervisor has to say (why a source of models failed, why the child restarts). */
  log(level: 'info' | 'warn', line: string): void;
  clock?: Clock;
  timings?: Partial<SupervisorTimings>;
  /** Path of the program to fork. */
  childModule?: string;
  resolve?(setting: string, options: ResolveOptions): Promise<ResolvedModel>;
  allowedMemoryBytes?: number;
}

/** Finds the model, starts the engine's child process on it and keeps it running until `close`. Returns at once; `state` tells the rest. */
export function startEngine(settings: EngineSettings, dependencies: EngineDependencies): Engine {
  return new Supervisor(settings, dependencies);
}

class Supervisor implements Engine {
  readonly #settings: EngineSettings;
  readonly #dependencies: EngineDependencies;
  readonly #clock: Clock;
  readonly #timings: SupervisorTimings;
  readonly #listeners = new Set<(state: EngineState) => void>();
  readonly #closing = new AbortController();
  readonly #ended: Promise<void>;
  #state: EngineState = { status: 'resolving' };
  #queueLength = 0;
  #child: EngineChild | null = null;

  constructor(settings: EngineSettings, dependencies: EngineDependencies) {
    this.#settings = settings;
    this.#dependencies = dependencies;
    this.#clock = dependencies.clock ?? systemClock;
    this.#timings = { ...supervisorTimings, ...dependencies.timings };
    this.#ended = this.#run();
  }

  get state(): EngineState {
    return this.#state;
  }

  get queueLength(): number {
    return this.#queueLength;
  }

  onState(listener: (state: EngineState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(graceMs: number): Promise<void> {
    this.#closing.abort();
    await this.#child?.stop(graceMs);
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let crashes = 0;
    let failures = 0;
    while (!signal.aborted) {
      const model = await this.#resolve(failures);
      if (model === 'never') break;
      if (model === null) {
        failures++;
        continue;
      }
      failures = 0;
      if (signal.aborted) break;
      const { reason, readyMs, isFinal } = await this.#serve(model).catch((error: unknown) => ({
        reason: messageOf(error),
        readyMs: 0,
        isFinal: false,
      }));
      if (signal.aborted) break;
      if (isFinal) {
        this.#set({ status: 'failed', reason });
        break;
      }
      crashes = readyMs >= this.#timings.healthyMs ? 1 : crashes + 1;
      const waitMs = backoffMs(crashes - 1, this.#timings.restartFirstMs, this.#timings.restartMostMs);
      this.#dependencies.log('warn', `${reason}; restarting in ${waitMs / 1000} s`);
      this.#set({ status: 'restarting', reason, retryAtMs: this.#clock.now() + waitMs });
      await this.#sleep(waitMs);
    }
    // A failure that no further try would mend stays the state.
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    this.#set({ status: 'stopped' });
  }

  /** Without a model the state says why: `never` when no try will find one, null when there is none for now and the wait before the next try is over. */
  async #resolve(failures: number): Promise<ResolvedModel | null | 'never'> {
    const { settings, signal } = { settings: this.#settings, signal: this.#closing.signal };
    try {
      this.#set({ status: 'resolving' });
      const model = await (this.#dependencies.resolve ?? resolveModel)(settings.model, {
        cacheDirectory: settings.cacheDirectory,
        allowDownload: settings.allowDownload,
        allowDemo: true,
        network: this.#dependencies.network,
        signal,
        writeDemo: writeTinyModel,
        clock: this.#clock,
        onProgress: (progress) => this.#set({ status: 'downloading', progress }),
        onWait: (holder) => this.#dependencies.log('info', `${holder} is downloading ${settings.model} already; waiting for it`),
      });
      for (const { source, reason } of model.tried)
        this.#dependencies.log('warn', `${settings.model} not from ${source}: ${reason}`);
      return model;
    } catch (error) {
      if (signal.aborted) return null;
      const reason = messageOf(error);
      this.#set({ status: 'failed', reason });
      if (error instanceof ModelError && error.kind === 'unknown') return 'never';
      const waitMs = backoffMs(failures, this.#timings.resolveFirstMs, this.#timings.resolveMostMs);
      this.#dependencies.log('info', `looking for the model again in ${waitMs / 1000} s`);
      await this.#sleep(waitMs);
      return null;
    }
  }

  /** Runs one child from start to end. Resolves to why it ended, how long it had been ready, and whether every other would end so. */
  async #serve(model: ResolvedModel): Promise<{ reason: string; readyMs: number; isFinal: boolean }> {
    const token = randomBytes(32).toString('hex');
    const gone = new AbortController();
    let readyAtMs: number | null = null;
    let ownReason: string | null = null;
    let isFinal = false;
    const kill = (reason: string): void => {
      ownReason ??= reason;
      void child.stop(0);
    };
    const onMessage = (message: ChildMessage): void => {
      if (message.type === 'queue') this.#queueLength = message.waiting;
      else if (message.type === 'failed') {
        isFinal = message.isFinal;
        ownReason ??= isFinal ? message.message : `the engine could not start on ${model.name}: ${message.message}`;
      } else if (readyAtMs === null && !gone.signal.aborted) {
        readyAtMs = this.#clock.now();
        const { port, contextTokens, hasChatTemplate } = message;
        const { name, isDemo } = model;
        void this.#probe(`http://127.0.0.1:${port}/health`, token, gone.signal).then((reason) => reason !== null && kill(reason));
        this.#set({
          status: 'ready',
          engine: { baseUrl: `http://127.0.0.1:${port}/v1`, token, model: name, isDemo, contextTokens, hasChatTemplate },
        });
      }
    };
    this.#set({ status: 'loading', model: model.name });
    const { contextTokens, parallel, threads, maxQueue } = this.#settings;
    const child = new EngineChild(
      this.#dependencies.childModule ?? childModule,
      { type: 'start', modelPath: model.path, modelName: model.name, contextTokens, parallel, threads, maxQueue, token },
      { onMessage, onLine: (line) => this.#dependencies.log('info', line) },
    );
    this.#child = child;
    void this.#sleep(this.#timings.loadMs, gone.signal).then(() => {
      if (readyAtMs === null && !gone.signal.aborted)
        kill(`the engine did not load ${model.name} within ${this.#timings.loadMs / 1000} s`);
    });
    const end = await child.ended;
    gone.abort();
    this.#child = null;
    this.#queueLength = 0;
    const hint = isFinal ? '' : await memoryHint(model, this.#dependencies.allowedMemoryBytes ?? allowedMemoryBytes());
    const readyMs = readyAtMs === null ? 0 : this.#clock.now() - readyAtMs;
    return { reason: `${ownReason ?? `the engine process ${end}`}${hint}`, readyMs, isFinal };
  }

  /** Asks a ready child for a sign of life until it is gone (null) or has missed too many (why). Any HTTP answer will do. */
  async #probe(url: string, token: string, gone: AbortSignal): Promise<string | null> {
    const { probeEveryMs, probeTimeoutMs, probeMisses } = this.#timings;
    for (let misses = 0; misses < probeMisses;) {
      await this.#sleep(probeEveryMs, gone);
      if (gone.aborted) return null;
      try {
        const signal = AbortSignal.any([gone, AbortSignal.timeout(probeTimeoutMs)]);
        const { body } = await request(url, { signal, headers: { authorization: `Bearer ${token}` } });
        await body.dump();
        misses = 0;
      } catch {
        misses++;
      }
    }
    return `the engine process did not answer ${probeMisses} health probes in a row`;
  }

  /** Sleeps until the time is over or there is no more reason to. */
  async #sleep(ms: number, signal = this.#closing.signal): Promise<void> {
    await this.#clock.sleep(ms, signal).catch(() => undefined);
  }

  #set(state: EngineState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
