import { GatewayError } from '../errors.ts';
import type { GuardSession } from '../guardrails/guard-session.ts';
import type { AnswerContext, InferenceRequest, Provider, UpstreamRequest } from '../providers/provider.ts';
import type { Admitted } from './admission.ts';
import type { Model } from './model-table.ts';
import { templateTokens } from './token-estimate.ts';

/** A request with the bound that its reservation was made for, as far as the model that answers takes it. */
export function boundedFor(model: Model, request: InferenceRequest, admitted: Admitted): InferenceRequest {
  return bounded(request, fittingBound(admitted, model));
}

/** The bound for which money and tokens are held, as far as a fallback's shorter answers and smaller context take it. */
function fittingBound({ impliedMaxTokens, promptTokens }: Admitted, model: Model): number | null {
  if (impliedMaxTokens === null) return null;
  const context = model.contextTokens ?? model.engineContextTokens;
  const room = context === null ? Infinity : Math.max(1, context - promptTokens - templateTokens);
  return Math.min(impliedMaxTokens, model.maxOutputTokens ?? Infinity, room);
}

/** The request with the bound on its answer that its reservation was made for. */
function bounded(request: InferenceRequest, maxTokens: number | null): InferenceRequest {
  if (maxTokens === null) return request;
  const field = request.operation === 'chat' ? 'max_completion_tokens' : 'max_tokens';
  return { ...request, body: { ...request.body, [field]: maxTokens } };
}

/** The request as the engine gets it: an answer that a guardrail must see whole is had whole, and sent as a stream afterwards. */
export function asSent(request: InferenceRequest, guard: GuardSession | null): InferenceRequest {
  if (!request.isStreaming || guard?.needsWholeAnswer !== true) return request;
  return { ...request, isStreaming: false, body: { ...request.body, stream: false } };
}

/** The translated request. @throws GatewayError `bad_request`: what is nested too deeply to be written is the client's mistake */
export function toUpstream(provider: Provider, { request, target }: AnswerContext): UpstreamRequest {
  try {
    return provider.toUpstream(request, target);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new GatewayError('bad_request', 'the body is nested too deeply', { cause: error });
  }
}
