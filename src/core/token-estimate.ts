import { isObject, type JsonObject } from '../wire/parse.ts';
import type { InferenceRequest } from '../providers/provider.ts';
import type { Model } from './model-table.ts';

/** Tokens that a request may cost, from above: what limits and budgets hold until the true figure is known. */
export interface TokenEstimate {
  promptTokens: number;
  /** Of all answers together (`n`, lists of prompts). */
  outputTokens: number;
  /** What one answer must be bounded to, where the request does not say it: the estimate holds only if the upstream is told. */
  impliedMaxTokens: number | null;
}

/** English takes about four bytes a token, code and digits three; chat templates put a few tokens around each message. */
const bytesPerToken = 3;
const tokensPerMessage = 8;
/** What a chat template may put before the first message: a system prompt of its own, a date. */
export const templateTokens = 64;
/** A picture or a sound: about what the usual vision models charge for one of middle size. */
const tokensPerOtherPart = 1_000;
/** More than any limit allows, and exact still as a product with prompts and answers. */
const largestCount = 1e9;

type BoundedModel = Pick<Model, 'maxOutputTokens' | 'contextTokens' | 'engineContextTokens'>;

export function estimateRequest(
  { operation, body }: InferenceRequest,
  model: BoundedModel,
  assumedOutputTokens: number,
): TokenEstimate {
  const counter = { bytes: 0, extraTokens: tokensPerMessage };
  let prompts = 1;
  if (operation === 'chat') {
    for (const message of list(body['messages'])) countMessage(message, counter);
    for (const field of ['tools', 'functions', 'response_format']) countJson(body[field], counter);
  } else {
    const prompt = body['prompt'] ?? body['input'];
    countContent(prompt, counter);
    if (Array.isArray(prompt) && typeof prompt[0] !== 'number') prompts = Math.max(1, prompt.length);
  }
  const promptTokens = Math.ceil(counter.bytes / bytesPerToken) + counter.extraTokens;
  if (operation === 'embeddings') return { promptTokens, outputTokens: 0, impliedMaxTokens: null };
  const answers = prompts * Math.max(1, count(body['n']) ?? 1, count(body['best_of']) ?? 1);
  const asked = askedTokens(operation, body);
  if (asked !== null) return { promptTokens, outputTokens: asked * answers, impliedMaxTokens: null };
  const answer = boundOf(promptTokens, model, assumedOutputTokens);
  return { promptTokens, outputTokens: answer.tokens * answers, impliedMaxTokens: answer.isSent ? answer.tokens : null };
}

/** What the request itself bounds an answer to. Engines differ in which of two bounds they keep, and of another route's they know nothing. */
function askedTokens(operation: InferenceRequest['operation'], body: JsonObject): number | null {
  const plain = count(body['max_tokens']);
  const newer = operation === 'chat' ? count(body['max_completion_tokens']) : null;
  return plain === null || newer === null ? (plain ?? newer) : Math.max(plain, newer);
}

/** The longest answer: what is configured, but no more than the context leaves. Engines refuse a bound that is beyond it. */
function boundOf(
  promptTokens: number,
  { maxOutputTokens, contextTokens, engineContextTokens }: BoundedModel,
  assumedOutputTokens: number,
): { tokens: number; isSent: boolean } {
  const longest = maxOutputTokens ?? Infinity;
  const known = contextTokens ?? engineContextTokens;
  if (known === null) return { tokens: maxOutputTokens ?? assumedOutputTokens, isSent: true };
  const room = known - promptTokens - templateTokens;
  // The prompt was estimated from above: it may fit nevertheless, and then the context bounds the answer by itself.
  if (room <= 0) return { tokens: Math.min(longest, known), isSent: false };
  // An engine that ends answers where its context ends needs no bound for that, and would refuse one that is a token too large.
  if (contextTokens === null && longest > room) return { tokens: known, isSent: false };
  return { tokens: Math.min(longest, room), isSent: true };
}

interface TextCounter {
  bytes: number;
  extraTokens: number;
}

function countMessage(message: unknown, counter: TextCounter): void {
  if (!isObject(message)) return;
  counter.extraTokens += tokensPerMessage;
  countContent(message['content'], counter);
  for (const field of ['tool_calls', 'function_call', 'reasoning_content']) countJson(message[field], counter);
}

function countJson(value: unknown, counter: TextCounter): void {
  if (value !== undefined && value !== null) counter.bytes += Buffer.byteLength(JSON.stringify(value));
}

/** A text, a list of token ids, or a list of texts, parts and such lists. */
function countContent(value: unknown, counter: TextCounter): void {
  if (typeof value === 'string') counter.bytes += Buffer.byteLength(value);
  else if (typeof value === 'number') counter.extraTokens++;
  else if (Array.isArray(value)) for (const item of value) countContent(item, counter);
  else if (isObject(value)) countPart(value, counter);
}

function countPart(part: JsonObject, counter: TextCounter): void {
  if (typeof part['text'] === 'string') counter.bytes += Buffer.byteLength(part['text']);
  else if (part['type'] !== undefined && part['type'] !== 'text') counter.extraTokens += tokensPerOtherPart;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A whole number, as counters take no other: fields that no schema knows may hold anything. */
function count(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 ? Math.min(Math.ceil(value), largestCount) : null;
}
