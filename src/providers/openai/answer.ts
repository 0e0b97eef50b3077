import { GatewayError } from '../../errors.ts';
import { encodeEmbeddings } from '../../wire/embeddings.ts';
import { isObject, type JsonObject } from '../../wire/parse.ts';
import { readUsage, toWireUsage, type Usage } from '../../wire/usage.ts';
import type { AnswerContext, InferenceAnswer, UpstreamAnswer } from '../provider.ts';
import { fromErrorEvent } from './error.ts';
import { normaliseFinishReason, unaskedAbort } from './finish-reason.ts';

/** Reads a whole answer and puts right what the target's `rewrite` names, the model's name always. Unchanged answers keep their bytes. */
export function fromUpstream(answer: UpstreamAnswer, context: AnswerContext): InferenceAnswer {
  const text = answer.body.toString('utf8');
  const value = parse(text, context);
  const { request, target } = context;
  const fixes =
    request.operation === 'embeddings'
      ? [fixEmbeddings(value, context)]
      : [fixChoices(value, context), target.rewrite.has('id') && set(value, 'id', context.answerId)];
  fixes.push(set(value, 'model', target.responseModel));
  const usage = readUsage(value['usage']) ?? estimate(value, context);
  if (usage.isEstimated && target.rewrite.has('usage')) fixes.push(set(value, 'usage', toWireUsage(usage)));
  rejectCutPrompt(usage, context);
  return { text, value, isChanged: fixes.includes(true), usage };
}

function parse(text: string, { request, target }: AnswerContext): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw nonsense(target.responseModel, cause);
  }
  if (!isObject(value)) throw nonsense(target.responseModel, new Error('the answer is no object'));
  if (value['error'] !== undefined && value['error'] !== null) throw fromErrorEvent(value, target);
  const rows = value[request.operation === 'embeddings' ? 'data' : 'choices'];
  if (!Array.isArray(rows) || rows.length === 0) throw nonsense(target.responseModel, new Error('the answer has no choices'));
  return value;
}

function nonsense(model: string, cause: unknown): GatewayError {
  return new GatewayError('bad_gateway', `the backend of model "${model}" sent something that is no answer; try again`, {
    cause,
  });
}

/** What the official clients rely on: a chat message has role, content and refusal; a choice has logprobs, if only null. */
function fixChoices(value: JsonObject, { request, target }: AnswerContext): boolean {
  let isChanged = false;
  for (const choice of value['choices'] as unknown[]) {
    if (!isObject(choice)) throw nonsense(target.responseModel, new Error('a choice is no object'));
    const reason = choice['finish_reason'];
    if (unaskedAbort(reason)) throw brokenOff(target.responseModel);
    if (target.rewrite.has('finish_reason')) isChanged = set(choice, 'finish_reason', normaliseFinishReason(reason)) || isChanged;
    if (choice['logprobs'] === undefined) isChanged = set(choice, 'logprobs', null) || isChanged;
    if (request.operation !== 'chat') continue;
    const message = choice['message'];
    if (!isObject(message)) throw nonsense(target.responseModel, new Error('a choice has no message'));
    if (message['role'] === undefined) isChanged = set(message, 'role', 'assistant');
    if (message['content'] === undefined) isChanged = set(message, 'content', null);
    if (message['refusal'] === undefined) isChanged = set(message, 'refusal', null);
  }
  return isChanged;
}

/** An engine that stopped on its own account (vLLM on SIGTERM): no end of an answer, though it looks like one. */
export function brokenOff(model: string): GatewayError {
  return new GatewayError(
    'service_unavailable',
    `the engine of model "${model}" broke off before its answer was complete; try again`,
    {
      retryAfterMs: 1_000,
    },
  );
}

function fixEmbeddings(value: JsonObject, { request, target }: AnswerContext): boolean {
  for (const row of value['data'] as unknown[]) {
    const vector = isObject(row) ? row['embedding'] : undefined;
    if (typeof vector === 'string' || (Array.isArray(vector) && typeof vector[0] === 'number')) continue;
    throw new GatewayError(
      'bad_gateway',
      `the backend of model "${target.responseModel}" gives no single vector for a text; its operator must set a pooling, or take a model for embeddings`,
    );
  }
  return encodeEmbeddings(value, request.body['encoding_format'] === 'base64' ? 'base64' : 'float');
}

/** About four characters make a token: what is said of an answer whose engine counts nothing. */
function estimate(value: JsonObject, { request, estimatePromptTokens }: AnswerContext): Usage {
  const choices = request.operation === 'embeddings' ? [] : (value['choices'] as JsonObject[]);
  const characters = choices.reduce((sum, choice) => sum + textOf(choice).length, 0);
  return {
    promptTokens: estimatePromptTokens(),
    completionTokens: Math.ceil(characters / 4),
    cachedTokens: 0,
    isEstimated: true,
  };
}

function textOf({ text, message }: JsonObject): string {
  const { content, tool_calls: calls } = isObject(message) ? message : { content: text };
  return `${typeof content === 'string' ? content : ''}${calls === undefined || calls === null ? '' : JSON.stringify(calls)}`;
}

/** Some engines (Ollama) cut a prompt that does not fit and answer the rest as if nothing had happened. Their count gives them away. */
export function rejectCutPrompt(usage: Usage, { target }: AnswerContext): void {
  if (usage.isEstimated || target.contextTokens === null || usage.promptTokens < target.contextTokens) return;
  throw cutPrompt(target.responseModel, target.contextTokens);
}

function cutPrompt(model: string, contextTokens: number): GatewayError {
  return new GatewayError(
    'context_length_exceeded',
    `the prompt does not fit the context of ${contextTokens} tokens of model "${model}"; shorten it`,
    { param: 'messages' },
  );
}

/** Sets a field and tells whether that changed anything. */
function set(object: JsonObject, key: string, value: unknown): boolean {
  if (object[key] === value) return false;
  object[key] = value;
  return true;
}
