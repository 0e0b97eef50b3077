import { isObject, type JsonObject } from '../wire/parse.ts';

/** Rewrites one text. `isJson`: it must stay JSON. `field` is its path, like `messages[0].content`. */
export type TextVisitor = (text: string, isJson: boolean, field: string) => string;

/** Fields whose values say what a request or an answer means, and not what anybody wrote. Everything else is text, known to us or not. */
const structural = new Set(
  'model role type id object tool_call_id call_id index created finish_reason stop_reason usage encoding_format service_tier system_fingerprint'
    .split(' ')
    .concat(
      'reasoning_effort verbosity tool_choice modalities logit_bias stream_options logprobs top_logprobs token_ids prompt_token_ids'.split(
        ' ',
      ),
    ),
);

/** Schemas and grammars: words of them are the words of the answer. */
const schemas = new Set(
  'parameters schema guided_json guided_regex guided_choice guided_grammar structured_outputs grammar'.split(' '),
);
/** What is described by a schema. */
const schemaHolder = /(^|\.)(function|functions\[\d+\]|response_format|json_schema)$/;
/** What has a name by which it is called, and not for people. */
const named = /(^|\.)(function|custom|json_schema|functions\[\d+\])$/;

/** Pictures, sound and files as base64: no text that could be read here. */
const binary = new Set(['data', 'file_data', 'b64_json', 'embedding']);

/**
 * Lets `visit` rewrite every text of a request, in place: messages, parts, prompts, inputs, tool results, descriptions of functions, and fields
 * that we do not know. Arguments of function calls are JSON within a string. Left alone: schemas, names, ids, and base64.
 */
export function visitTexts(body: JsonObject, visit: TextVisitor): void {
  walk(body, '', visit);
}

function walk(node: JsonObject | unknown[], path: string, visit: TextVisitor): void {
  for (const key of Object.keys(node)) {
    const isItem = Array.isArray(node);
    if (!isItem && !isText(key, path)) continue;
    const holder = node as Record<string, unknown>;
    const value = holder[key];
    if (typeof value === 'string') {
      if (value === '' || value.startsWith('data:')) continue;
      const rewritten = visit(value, key === 'arguments', join(path, key, isItem));
      if (rewritten !== value) holder[key] = rewritten;
    } else if (Array.isArray(value) || isObject(value)) {
      walk(value, join(path, key, isItem), visit);
    }
  }
}

/** Whether what stands under a key is text; `path` leads to what holds the key. */
export function isText(key: string, path: string): boolean {
  if (path === 'metadata') return true;
  if (structural.has(key) || binary.has(key)) return false;
  if (key === 'name') return !named.test(path);
  return !schemas.has(key) || (path !== '' && !schemaHolder.test(path));
}

function join(path: string, key: string, isItem: boolean): string {
  if (isItem) return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** Whether a request holds prompts as token numbers, which nobody can read here. */
export function holdsTokenIds({ prompt, input }: JsonObject): boolean {
  const isTokens = (value: unknown): boolean =>
    Array.isArray(value) && value.some((item) => typeof item === 'number' || isTokens(item));
  return isTokens(prompt) || isTokens(input);
}

/** Whether the content of the answer was asked to be JSON. */
export function wantsJson({ response_format: format }: JsonObject): boolean {
  return isObject(format) && (format['type'] === 'json_object' || format['type'] === 'json_schema');
}
