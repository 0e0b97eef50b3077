import { GatewayError, toGatewayError } from '../errors.ts';
import type { GuardSession } from '../guardrails/guard-session.ts';
import type { Guardrails } from '../guardrails/guardrails.ts';
import { takeRequestedGuardrails } from '../guardrails/requested-guardrails.ts';
import type { Target } from '../providers/provider.ts';
import type { Admission } from './admission.ts';
import { Attempts, type AttemptDependencies, type WholeAnswer } from './attempts.ts';
import type { BackendQueue } from './backend-queue.ts';
import type { Call, Running } from './call.ts';
import { deadlinePassed } from './failure.ts';
import { checkGrants } from './model-grant.ts';
import type { Model, ModelTable } from './model-table.ts';
import { promptText } from './prompt-text.ts';
import { isWorthAnotherRound, sleepUnlessGone } from './retry.ts';
import { route, type Candidate } from './route.ts';
import type { Settlement } from './settlement.ts';

/** What may change while the gateway runs. */
export interface RoutingSettings {
  retries: number;
  retryDelayMs: number;
  heartbeatMs: number;
}

interface InferenceDependencies extends Omit<AttemptDependencies, 'onFirstByte'> {
  /** The guardrails in force now; a call keeps those it began with. */
  guardrails: () => Guardrails;
  admission: Admission;
  settlement: Settlement;
  /** The tables in force now; a call keeps the ones it began with. */
  models: () => ModelTable;
  settings: () => RoutingSettings;
  /** Tokens of a text, close enough to tell a prompt that cannot fit from one that may; null: more than `limit`. */
  countTokensUpTo: (limit: number, text: string) => Promise<number | null>;
  random: () => number;
}

const longestRetryDelayMs = 5_000;
/** Timers count whole milliseconds and may ring this much early: after an attempt that used up its time, nothing else may begin. */
const timerSlackMs = 2;
const promptFields = { chat: 'messages', completions: 'prompt', embeddings: 'input' } as const;

/** One request from admission to settlement: choose backends, try them in order, translate, relay. */
export class Inference {
  readonly #deps: InferenceDependencies;
  readonly #attempts: Attempts;
  #inFlight = 0;
  #waiting = 0;

  constructor(dependencies: InferenceDependencies) {
    this.#deps = dependencies;
    this.#attempts = new Attempts({ ...dependencies, onFirstByte: () => this.#waiting-- });
  }

  /** Requests under way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Requests that have not got their first byte yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Answers a call: returns a whole answer, or streams to the client and returns null.
   * @throws GatewayError as long as nothing was sent
   */
  async run(call: Call): Promise<WholeAnswer> {
    const { record } = call;
    this.#inFlight++;
    this.#waiting++;
    let running: Running | null = null;
    try {
      const table = this.#deps.models();
      const model = modelFor(call, table);
      record.requestModel = model.name;
      const guard = this.#guardFor(call, model);
      const admitted = await this.#deps.admission.admit(call.asker, call.request, { model, table }, record);
      running = { ...call, admitted, guard, backend: null, isAnswered: false };
      if (guard !== null) await guard.input(call.request.body);
      return await this.#tryModels(running, model, table);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      record.errorCode = error.code;
      throw error;
    } finally {
      this.#inFlight--;
      if (record.firstByteMs === null) this.#waiting--;
      if (running !== null) this.#deps.settlement.settle(running, running.admitted, running.backend?.price ?? null);
    }
  }

  /** The model; where the request does not fit into its context, those that are named for that. */
  async #tryModels(call: Running, model: Model, table: ModelTable): Promise<WholeAnswer> {
    try {
      return await this.#tryAll(call, model, table);
    } catch (thrown) {
      const larger = model.contextFallbacks.flatMap((name) => table.find(name) ?? []);
      if (larger.length === 0 || !isMisfit(thrown)) throw thrown;
      for (const fallback of larger) {
        try {
          return await this.#tryAll(call, fallback, table);
        } catch (error) {
          if (!isMisfit(error)) throw error;
        }
      }
      throw thrown;
    }
  }

  /** The guardrails of a call, whose report the record keeps. @throws GatewayError `bad_request` for one that there is not */
  #guardFor({ request, asker, record }: Call, model: Model): GuardSession | null {
    const requested = takeRequestedGuardrails(request.body);
    const guard = this.#deps.guardrails().forRequest({
      model: model.name,
      keyAlias: asker.access.keyAlias,
      teamId: asker.access.teamId,
      required: asker.access.guardrails,
      requested,
    });
    record.guard = guard?.report ?? null;
    return guard;
  }

  /** Engines that cut long prompts in silence must not get one that cannot fit; a prompt of fewer bytes than tokens always fits. */
  async #findMisfit({ request }: Running, model: Model, contextTokens: number): Promise<GatewayError | null> {
    const text = promptText(request.body);
    const wanted = request.body['max_completion_tokens'] ?? request.body['max_tokens'];
    const answerTokens = typeof wanted === 'number' ? wanted : 0;
    if (Buffer.byteLength(text) + answerTokens <= contextTokens) return null;
    const promptTokens = await this.#deps.countTokensUpTo(contextTokens, text);
    if (promptTokens !== null && promptTokens + answerTokens <= contextTokens) return null;
    return new GatewayError(
      'context_length_exceeded',
      `${promptTokens === null ? 'the prompt' : `about ${promptTokens} tokens of prompt`} and ${answerTokens} of max_tokens do not fit ` +
        `the ${contextTokens} tokens of model "${model.name}"; shorten the prompt or lower max_tokens`,
      { param: promptFields[request.operation] },
    );
  }

  async #tryAll(call: Running, model: Model, table: ModelTable): Promise<WholeAnswer> {
    const { retries, retryDelayMs } = this.#deps.settings();
    const deadlineAtMs = model.timeoutMs === null ? Infinity : call.receivedAtMs + model.timeoutMs;
    let last: GatewayError | null = null;
    for (let round = 0; round <= retries; round++) {
      if (round > 0) {
        const delayMs = Math.min(retryDelayMs * 2 ** (round - 1), longestRetryDelayMs) * (0.5 + this.#deps.random());
        if (this.#deps.now() + delayMs + timerSlackMs > deadlineAtMs) break;
        await sleepUnlessGone(delayMs, call.client);
      }
      let mayRetry = false;
      for (const candidate of route({ model, table, nowMs: this.#deps.now(), random: this.#deps.random })) {
        const { contextTokens } = candidate.model;
        const misfit = contextTokens === null ? null : await this.#findMisfit(call, candidate.model, contextTokens);
        if (call.client.isGone) {
          call.record.isClientGone = true;
          return null;
        }
        if (misfit !== null) {
          // A fallback with a smaller context is passed over; what the model itself cannot take is the caller's matter.
          if (candidate.model === model) throw misfit;
          continue;
        }
        const leftMs = deadlineAtMs - this.#deps.now();
        if (leftMs < timerSlackMs) throw deadlinePassed(model.name, model.timeoutMs ?? 0, last);
        const target = candidate.backend.target();
        if (target instanceof GatewayError) {
          last = target;
          continue;
        }
        try {
          const asked = asAsked(call, candidate, target, table);
          const timeoutMs = Math.min(leftMs, candidate.backend.timeoutMs);
          return await this.#ask(call, candidate, asked, timeoutMs);
        } catch (thrown) {
          const error = toGatewayError(thrown);
          if (!error.isRetryable || call.isAnswered) throw error;
          last = error;
          mayRetry ||= isWorthAnotherRound(error);
        }
      }
      if (!mayRetry) break;
    }
    throw last ?? new GatewayError('service_unavailable', `model "${model.name}" has no backend`, { retryAfterMs: 5_000 });
  }

  #ask(call: Running, candidate: Candidate, target: Target, timeoutMs: number): Promise<WholeAnswer> {
    const { queue } = candidate.backend;
    if (queue !== null) return this.#askInTurn(queue, { call, candidate, target }, timeoutMs);
    return this.#attempts.run(call, candidate, target, { leftMs: timeoutMs, timeoutMs });
  }

  /** Asks a backend as soon as it has room. The time for which a request waited is part of its deadline. */
  async #askInTurn(queue: BackendQueue, { call, candidate, target }: Asked, timeoutMs: number): Promise<WholeAnswer> {
    const { client, record } = call;
    const { now } = this.#deps;
    const enteredAtMs = now();
    const entered = queue.enter({ client, model: candidate.model.name, timeoutMs });
    const slot = entered instanceof Promise ? await entered : entered;
    if (slot === null) {
      record.isClientGone = true;
      return null;
    }
    const waitedMs = entered instanceof Promise ? now() - enteredAtMs : 0;
    record.queuedMs += waitedMs;
    try {
      return await this.#attempts.run(call, candidate, target, { leftMs: Math.max(1, timeoutMs - waitedMs), timeoutMs });
    } finally {
      slot.leave(record.firstByteMs !== null && !record.isClientGone);
    }
  }
}

/** A call and the backend that is to answer it. */
interface Asked {
  call: Running;
  candidate: Candidate;
  target: Target;
}

/** The configured model that a request means, by its own names for models too. @throws GatewayError `model_not_found`, `model_access_denied` */
function modelFor({ asker, record }: Call, table: ModelTable): Model {
  const asked = record.originalModel ?? '';
  const { modelAliases } = asker.access;
  const name = Object.hasOwn(modelAliases, asked) ? (modelAliases[asked] ?? asked) : asked;
  checkGrants(asker.access, name, table.find(name));
  return table.resolve(name);
}

/** Where answers carry the name that was asked for: that, unless a fallback answers. */
function asAsked({ record }: Call, { model }: Candidate, target: Target, table: ModelTable): Target {
  const asked = record.originalModel;
  if (!table.keepsAskedNames || asked === null || asked === model.name || model.name !== record.requestModel) return target;
  return { ...target, responseModel: asked };
}

function isMisfit(thrown: unknown): boolean {
  return thrown instanceof GatewayError && thrown.code === 'context_length_exceeded';
}
