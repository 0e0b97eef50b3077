import { GatewayError, toGatewayError } from '../errors.ts';
import type { GuardSession } from '../guardrails/guard-session.ts';
import type { Guardrails } from '../guardrails/guardrails.ts';
import { takeRequestedGuardrails } from '../guardrails/requested-guardrails.ts';
import type { AnswerContext, ChunkTransform, InferenceRequest, Target } from '../providers/provider.ts';
import { TransportError } from '../transport/transport-error.ts';
import type { Transport } from '../transport/transport.ts';
import { answerAsStream } from '../wire/answer-as-stream.ts';
import { fromChatAnswer, toChatRequest } from '../wire/completions-as-chat.ts';
import type { JsonObject } from '../wire/parse.ts';
import type { Admission, Admitted, Asker } from './admission.ts';
import type { Client } from './client.ts';
import { deadlinePassed, fromTransport } from './failure.ts';
import { checkGrants } from './model-grant.ts';
import type { Backend, Model, ModelTable } from './model-table.ts';
import { estimateTokens, promptText } from './prompt-text.ts';
import type { InferenceRecord } from '../telemetry/record.ts';
import { isWorthAnotherRound, sleepUnlessGone } from './retry.ts';
import { route, type Candidate } from './route.ts';
import type { Settlement } from './settlement.ts';
import { relayStream } from './stream-relay.ts';
import { asSent, boundedFor, toUpstream } from './upstream-request.ts';

/** One request on its way through the gateway. */
export interface Call {
  request: InferenceRequest;
  client: Client;
  asker: Asker;
  record: InferenceRecord;
  /** When it arrived, by the same clock as `now`. */
  receivedAtMs: number;
}

/** A call that was admitted. */
interface Running extends Call {
  admitted: Admitted;
  guard: GuardSession | null;
  /** The backend that was tried last. */
  backend: Backend | null;
  /** A backend has answered: whatever fails from then on is no fault of it, and is not mended by asking, and paying, another. */
  isAnswered: boolean;
}

/** A whole answer for the client; null where the answer was streamed, or nobody is left to answer. */
export type WholeAnswer = string | null;

/** What may change while the gateway runs. */
export interface RoutingSettings {
  retries: number;
  retryDelayMs: number;
  heartbeatMs: number;
}

/** An attempt that failed, or a stream that broke: for the log, whether or not the client will see it. */
export interface FailedAttempt {
  requestId: string;
  backend: string;
  error: GatewayError;
}

interface InferenceDependencies {
  transport: Transport;
  /** The guardrails in force now; a call keeps those it began with. */
  guardrails: () => Guardrails;
  admission: Admission;
  settlement: Settlement;
  /** The tables in force now; a call keeps the ones it began with. */
  models: () => ModelTable;
  settings: () => RoutingSettings;
  /** Tokens of a text, close enough to tell a prompt that cannot fit from one that may; null: more than `limit`. */
  countTokensUpTo: (limit: number, text: string) => Promise<number | null>;
  now: () => number;
  random: () => number;
  /** Unique ids for answers whose engine's are not. */
  newId: () => string;
  onFailedAttempt: (attempt: FailedAttempt) => void;
}

const longestRetryDelayMs = 5_000;
const largestAnswerBytes = 64 * 1024 * 1024;
const promptFields = { chat: 'messages', completions: 'prompt', embeddings: 'input' } as const;

/** One request from admission to settlement: choose backends, try them in order, translate, relay. */
export class Inference {
  readonly #deps: InferenceDependencies;
  #inFlight = 0;
  #waiting = 0;

  constructor(dependencies: InferenceDependencies) {
    this.#deps = dependencies;
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
        if (this.#deps.now() + delayMs >= deadlineAtMs) break;
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
        if (leftMs <= 0) throw deadlinePassed(model.name, model.timeoutMs ?? 0, last);
        const target = candidate.backend.target();
        if (target instanceof GatewayError) {
          last = target;
          continue;
        }
        try {
          return await this.#try(
            call,
            candidate,
            asAsked(call, candidate, target, table),
            Math.min(leftMs, candidate.backend.timeoutMs),
          );
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

  async #try(call: Running, candidate: Candidate, target: Target, timeoutMs: number): Promise<WholeAnswer> {
    const { backend, model } = candidate;
    const { record } = call;
    call.backend = backend;
    record.backend = backend.id;
    record.provider = backend.providerName;
    record.responseModel = model.name;
    const asChat = call.request.operation === 'completions' && model.promptFormat === 'chat';
    const translated: InferenceRequest = asChat
      ? { ...call.request, operation: 'chat', body: toChatRequest(call.request.body) }
      : call.request;
    const request = boundedFor(model, translated, call.admitted);
    const context: AnswerContext = {
      request: asSent(request, call.guard),
      target,
      answerId: `${request.operation === 'chat' ? 'chatcmpl' : 'cmpl'}-${this.#deps.newId()}`,
      estimatePromptTokens: () => estimateTokens(promptText(request.body)),
    };
    record.attempts++;
    try {
      const transform = asChat ? fromChatAnswer : null;
      const answer = context.request.isStreaming
        ? await this.#stream(call, candidate, { context, transform, timeoutMs })
        : await this.#whole(call, candidate, { context, transform, timeoutMs });
      if (!record.isClientGone && record.errorCode === null) backend.health.succeeded();
      return answer;
    } catch (thrown) {
      const error = toGatewayError(thrown);
      this.#deps.onFailedAttempt({ requestId: call.client.requestId, backend: backend.id, error });
      if (error.isRetryable && !call.isAnswered)
        backend.health.failed(this.#deps.now(), error.code === 'rate_limit_exceeded' ? error.retryAfterMs : undefined);
      throw error;
    }
  }

  async #whole(call: Running, { backend, model }: Candidate, { context, transform, timeoutMs }: Attempt): Promise<WholeAnswer> {
    const { client, record, receivedAtMs } = call;
    const { now, transport } = this.#deps;
    const sentAtMs = now();
    const collection = transport.collect(toUpstream(backend.provider, context), {
      timeoutMs,
      limitBytes: largestAnswerBytes,
    });
    client.onGone(() => {
      record.isClientGone = true;
      collection.abort();
    });
    let upstream;
    try {
      upstream = await collection.answer;
    } catch (error) {
      if (record.isClientGone) return null;
      throw error instanceof TransportError ? fromTransport(error, model.name, timeoutMs) : error;
    } finally {
      client.onGone(null);
    }
    const answeredAtMs = now();
    if (upstream.status < 200 || upstream.status > 299) throw backend.provider.toError(upstream, context.target);
    const answer = backend.provider.fromUpstream(upstream, context);
    call.isAnswered = true;
    record.usage = answer.usage;
    record.finishReason = finishReasonOf(answer.value);
    this.#firstByte(call, answeredAtMs - receivedAtMs);
    const isRewritten = call.guard !== null && (await call.guard.answer(answer.value));
    const value = transform === null ? answer.value : transform(answer.value);
    record.overheadMs = sentAtMs - receivedAtMs + (now() - answeredAtMs);
    if (call.request.isStreaming) return sendAsStream(client, value ?? {}, call.request.wantsUsageEvent);
    return transform !== null || answer.isChanged || isRewritten ? JSON.stringify(value) : answer.text;
  }

  async #stream(call: Running, { backend, model }: Candidate, { context, transform, timeoutMs }: Attempt): Promise<null> {
    const { client, record, receivedAtMs } = call;
    const { now, transport, settings } = this.#deps;
    const decoder = backend.provider.streamDecoder(context, transform, call.guard?.streamFilter() ?? null);
    const sentAtMs = now();
    const outcome = await relayStream({
      transport,
      request: toUpstream(backend.provider, context),
      decoder,
      client,
      model: model.name,
      toError: (answer) => backend.provider.toError(answer, context.target),
      deadlineMs: timeoutMs,
      idleMs: model.streamIdleTimeoutMs,
      heartbeatMs: settings().heartbeatMs,
      now,
      onFirstByte: () => this.#firstByte(call, now() - receivedAtMs),
    });
    const { facts } = decoder;
    record.usage = facts.usage ?? estimatedUsage(facts.outputEvents, context);
    record.finishReason = facts.finishReason;
    record.isClientGone = outcome.endedBy === 'client';
    record.errorCode = outcome.error?.code ?? null;
    // Of a stream that did not end upstream the time after its last bytes is silence, not work of ours.
    const afterMs = outcome.endedBy === 'upstream' ? now() - outcome.lastDataAtMs : 0;
    record.overheadMs = sentAtMs - receivedAtMs + afterMs;
    if (outcome.error !== null) {
      this.#deps.onFailedAttempt({ requestId: client.requestId, backend: backend.id, error: outcome.error });
      if (outcome.error.isRetryable) backend.health.failed(now(), undefined);
    }
    return null;
  }

  #firstByte({ record }: Call, ms: number): void {
    record.firstByteMs = ms;
    this.#waiting--;
  }
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

function sendAsStream(client: Client, answer: JsonObject, wantsUsageEvent: boolean): null {
  client.startStream();
  client.write(answerAsStream(answer, wantsUsageEvent));
  client.end();
  return null;
}

interface Attempt {
  context: AnswerContext;
  transform: ChunkTransform | null;
  timeoutMs: number;
}

/** Tokens of a stream that ended without the engine's own count: what came, counted by events. */
function estimatedUsage(outputEvents: number, context: AnswerContext) {
  return { promptTokens: context.estimatePromptTokens(), completionTokens: outputEvents, cachedTokens: 0, isEstimated: true };
}

function finishReasonOf(value: JsonObject): string | null {
  const choices = value['choices'];
  const first: unknown = Array.isArray(choices) ? choices[0] : null;
  const reason = typeof first === 'object' && first !== null ? (first as JsonObject)['finish_reason'] : null;
  return typeof reason === 'string' ? reason : null;
}
