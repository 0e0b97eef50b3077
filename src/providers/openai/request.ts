import type { JsonObject } from '../../wire/parse.ts';
import type { InferenceRequest, Target, UpstreamRequest } from '../provider.ts';
import { adaptToQuirks } from './quirks.ts';

const paths = { chat: '/chat/completions', completions: '/completions', embeddings: '/embeddings' } as const;

/**
 * The OpenAI request that an OpenAI-shaped upstream gets: our model name becomes the upstream's, and streams are always asked for usage,
 * since tokens are counted whether the client wants to see them or not.
 */
export function toUpstream(request: InferenceRequest, target: Target): UpstreamRequest {
  const body: JsonObject = { ...adaptToQuirks(withDefaults(request, target), target), model: target.upstreamModel };
  if (request.isStreaming) {
    const options = request.body['stream_options'];
    body['stream_options'] = { ...(typeof options === 'object' ? options : {}), include_usage: true };
  } else {
    delete body['stream_options'];
  }
  return {
    method: 'POST',
    url: target.baseUrl + paths[request.operation],
    headers: {
      ...authorization(target),
      'content-type': 'application/json',
      accept: request.isStreaming ? 'text/event-stream' : 'application/json',
      ...target.headers,
    },
    body: JSON.stringify(body),
  };
}

/** Whether there is a stream is the client's to say, and what it asks for is never a default. */
const ownFields = ['model', 'stream', 'messages', 'prompt', 'input'];

/** The request with the fields that this backend adds where there are none. A bound on the answer has two names; either is one. */
function withDefaults(request: InferenceRequest, { defaults }: Target): InferenceRequest {
  const { body } = request;
  const isBounded = typeof (body['max_tokens'] ?? body['max_completion_tokens']) === 'number';
  const added = Object.entries(defaults).filter(
    ([name]) =>
      (body[name] === undefined || body[name] === null) &&
      !ownFields.includes(name) &&
      !(isBounded && (name === 'max_tokens' || name === 'max_completion_tokens')),
  );
  return added.length === 0 ? request : { ...request, body: { ...body, ...Object.fromEntries(added) } };
}

/** The model list: every OpenAI-shaped server has it, it costs nothing, and it needs the key. */
export function toHealthCheck(target: Target): UpstreamRequest {
  return {
    method: 'GET',
    url: `${target.baseUrl}/models`,
    headers: { ...authorization(target), accept: 'application/json', ...target.headers },
    body: null,
  };
}

function authorization(target: Target): Record<string, string> {
  return target.apiKey === null ? {} : { authorization: `Bearer ${target.apiKey}` };
}
