import { GatewayError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../wire/parse.ts';
import type { InferenceRequest, Target } from '../provider.ts';

/**
 * The body of a request as this kind of server has to get it. The body itself stays as it is: another backend may get it next.
 * @throws GatewayError `unsupported_parameter`, naming the field, for what the server would ignore in silence
 */
export function adaptToQuirks({ operation, body }: InferenceRequest, target: Target): JsonObject {
  const { quirks, responseModel } = target;
  if (quirks.size === 0) return body;
  const refuse = (param: string, what: string): never => {
    throw new GatewayError('unsupported_parameter', `the engine of model "${responseModel}" ${what}`, { param });
  };
  const { n, tool_choice: choice, prompt, logprobs } = body;
  if (quirks.has('ignores-n') && typeof n === 'number' && n > 1) refuse('n', `gives one answer a request; n is ${n}`);
  if (quirks.has('ignores-required-tool') && choice === 'required') refuse('tool_choice', 'cannot be made to call a function');
  if (quirks.has('ignores-named-tool') && isObject(choice)) refuse('tool_choice', 'cannot be made to call a certain function');
  if (operation === 'completions') {
    if (quirks.has('ignores-completion-logprobs') && typeof logprobs === 'number') {
      refuse('logprobs', 'gives them with /v1/chat/completions only');
    }
    if (!quirks.has('takes-one-prompt') || !Array.isArray(prompt)) return body;
    if (prompt.length !== 1 || typeof prompt[0] !== 'string') refuse('prompt', 'takes one prompt, as text');
    return { ...body, prompt: prompt[0] as string };
  }
  return { ...body, ...tokenLimit(body, target), ...responseFormat(body, target) };
}

function tokenLimit({ max_completion_tokens: limit }: JsonObject, { quirks }: Target): JsonObject {
  return quirks.has('knows-max-tokens-only') && typeof limit === 'number' ? { max_tokens: limit } : {};
}

/** The form that a JSON schema had before OpenAI gave it another. */
function responseFormat({ response_format: format }: JsonObject, { quirks }: Target): JsonObject {
  if (!quirks.has('takes-schema-in-json-object') || !isObject(format) || !isObject(format['json_schema'])) return {};
  return { response_format: { type: 'json_object', schema: format['json_schema']['schema'] } };
}
