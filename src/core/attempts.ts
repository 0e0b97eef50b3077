import { GatewayError, toGatewayError } from '../errors.ts';
import type { AnswerContext, ChunkTransform, InferenceRequest, Target } from '../providers/provider.ts';
import { TransportError } from '../transport/transport-error.ts';
import type { Transport } from '../transport/transport.ts';
import { answerAsStream } from '../wire/answer-as-stream.ts';
import { fromChatAnswer, toChatRequest } from '../wire/completions-as-chat.ts';
import type { JsonObject } from '../wire/parse.ts';
import type { Running } from './call.ts';
import type { Client } from './client.ts';
import { fromTransport, type Deadline } from './failure.ts';
import { estimateTokens, promptText } from './prompt-text.ts';
import type { Candidate } from './route.ts';
import { relayStream } from './stream-relay.ts';
import { asSent, boundedFor, toUpstream } from './upstream-request.ts';

/** A whole answer for the client; null where the answer was streamed, or nobody is left to answer. */
export type WholeAnswer = string | null;

/** An attempt that failed, or a stream that broke: for the log, whether or not the client will see it. */
export interface FailedAttempt {
  requestId: string;
  backend: string;
  error: GatewayError;
}

/** What one attempt needs. */
export interface AttemptDependencies {
  transport: Transport;
  settings: () => { heartbeatMs: number };
  now: () => number;
  /** Unique ids for answers whose engine's are not. */
  newId: () => string;
  onFailedAttempt: (attempt: FailedAttempt) => void;
  /** The client has the first bytes of its answer. */
  onFirstByte: () => void;
}

const largestAnswerBytes = 64 * 1024 * 1024;

/** One request to one backend: translate, send, relay, and remember what became of it. */
export class Attempts {
  readonly #deps: AttemptDependencies;

  constructor(dependencies: AttemptDependencies) {
    this.#deps = dependencies;
  }

  /**
   * Asks one backend: returns a whole answer, or streams to the client and returns null.
   * @throws GatewayError as long as nothing was sent
   */
  async run(call: Running, candidate: Candidate, target: Target, deadline: Deadline): Promise<WholeAnswer> {
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
        ? await this.#stream(call, candidate, { context, transform, deadline })
        : await this.#whole(call, candidate, { context, transform, deadline });
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

  async #whole(call: Running, { backend, model }: Candidate, { context, transform, deadline }: Attempt): Promise<WholeAnswer> {
    const { client, record, receivedAtMs } = call;
    const { now, transport } = this.#deps;
    const sentAtMs = now();
    const collection = transport.collect(toUpstream(backend.provider, context), {
      timeoutMs: deadline.leftMs,
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
      throw error instanceof TransportError ? fromTransport(error, model.name, deadline.timeoutMs) : error;
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
    record.overheadMs = sentAtMs - receivedAtMs - record.queuedMs + (now() - answeredAtMs);
    if (call.request.isStreaming) return sendAsStream(client, value ?? {}, call.request.wantsUsageEvent);
    return transform !== null || answer.isChanged || isRewritten ? JSON.stringify(value) : answer.text;
  }

  async #stream(call: Running, { backend, model }: Candidate, { context, transform, deadline }: Attempt): Promise<null> {
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
      deadline,
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
    record.overheadMs = sentAtMs - receivedAtMs - record.queuedMs + afterMs;
    if (outcome.error !== null) {
      this.#deps.onFailedAttempt({ requestId: client.requestId, backend: backend.id, error: outcome.error });
      if (outcome.error.isRetryable) backend.health.failed(now(), undefined);
    }
    return null;
  }

  #firstByte({ record }: Running, ms: number): void {
    record.firstByteMs = ms;
    this.#deps.onFirstByte();
  }
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
  deadline: Deadline;
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
