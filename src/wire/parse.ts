import type { z } from 'zod';
import { GatewayError, type ErrorDetail } from '../errors.ts';

/** A JSON object as it came over the wire: known fields were checked by a schema, unknown ones are kept. */
export type JsonObject = Record<string, unknown>;

/**
 * Parses a request body and checks it against a wire schema. Returns the very object that was parsed, unknown fields included.
 * @throws GatewayError `bad_request`: no JSON, no object, or wrong fields, every one of them in `details`
 */
export function parseBody<Schema extends z.ZodType>(schema: Schema, bytes: Buffer | undefined): z.output<Schema> & JsonObject {
  const body = parseObject(bytes);
  const result = schema.safeParse(body);
  if (result.success) return body as z.output<Schema> & JsonObject;
  throw invalidFields(describeIssues(result.error.issues));
}

/**
 * Checks the query of a URL against a schema. Parameters that the schema does not know are left out.
 * @throws GatewayError `bad_request`: wrong parameters, every one of them in `details`
 */
export function parseQuery<Schema extends z.ZodType>(schema: Schema, query: unknown): z.output<Schema> {
  const result = schema.safeParse(query);
  if (result.success) return result.data;
  throw invalidFields(describeIssues(result.error.issues));
}

/** The refusal of a request with these wrong fields: the message has the first, `details` all of them. */
export function invalidFields(details: ErrorDetail[]): GatewayError {
  const first = details[0] ?? { field: 'body', message: 'is invalid' };
  const more = details.length > 1 ? ` (and ${details.length - 1} more, see details)` : '';
  return new GatewayError('bad_request', `${first.field}: ${first.message}${more}`, { param: first.field, details });
}

function parseObject(bytes: Buffer | undefined): JsonObject {
  if (bytes === undefined || bytes.length === 0) {
    throw new GatewayError('bad_request', 'the body is empty; send a JSON object');
  }
  let value: unknown;
  try {
    value = JSON.parse(withoutMark(bytes).toString('utf8'));
  } catch (cause) {
    throw new GatewayError('bad_request', `the body is not valid JSON: ${describeSyntaxError(cause)}`, { cause });
  }
  if (!isObject(value)) {
    throw new GatewayError(
      'bad_request',
      `the body must be a JSON object, not ${Array.isArray(value) ? 'an array' : kindOf(value)}`,
    );
  }
  return value;
}

/** Windows tools begin a file with a byte order mark, which JSON does not know (RFC 8259, section 8.1, lets parsers ignore it). */
function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** V8's words without the piece of the body that it quotes: error texts are logged, prompts are not. */
function describeSyntaxError(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : '';
  const quoted = /^(Unexpected token ).+ is not valid JSON$/s.exec(text);
  if (quoted) return 'it has an unexpected character; check quotes, commas and brackets';
  return text.replace(/\s+in JSON at /, ' at ').slice(0, 160) || 'it cannot be read';
}

/** Schema issues as one line per wrong field, in the caller's words. Union branches are searched for the one that came closest. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], prefix: readonly PropertyKey[] = []): ErrorDetail[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ field: formatPath([...path, key]), message: 'unknown field' }));
    }
    if (issue.code === 'invalid_union' && issue.errors.length > 0) return describeUnion(issue.errors, path, issue.message);
    return [{ field: formatPath(path), message: inWords(issue.message) }];
  });
}

function describeUnion(
  branches: readonly (readonly z.core.$ZodIssue[])[],
  path: readonly PropertyKey[],
  message: string,
): ErrorDetail[] {
  // A branch whose first complaint lies deeper was the one meant: the value had that branch's outer type.
  const deepest = branches.filter((branch) => branch.some((issue) => issue.path.length > 0));
  const meant = deepest.length === 1 ? deepest[0] : undefined;
  if (meant) return describeIssues(meant, path);
  const expected = branches.flatMap((branch) =>
    branch.filter((issue) => issue.code === 'invalid_type').map((issue) => inWords(issue.message).replace(/^must be /, '')),
  );
  // A branch of the right type that has another fault says what that is; the types of the others would only distract.
  const other = branches.flat().find((issue) => issue.code !== 'invalid_type');
  if (other !== undefined) return [{ field: formatPath(path), message: inWords(other.message) }];
  const unique = [...new Set(expected.map((text) => text.replace(/, is .*$/, '')))];
  if (unique.includes('required')) return [{ field: formatPath(path), message: 'required' }];
  return [{ field: formatPath(path), message: unique.length > 0 ? `must be ${unique.join(' or ')}` : inWords(message) }];
}

/** `['messages', 0, 'content']` as `messages[0].content`. */
export function formatPath(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text.replace(/^\./, '') || 'body';
}

/** The schema library's words as a caller reads them after the name of the field. */
function inWords(message: string): string {
  const text = message.charAt(0).toLowerCase() + message.slice(1);
  if (/^invalid input: expected .*, received undefined$/.test(text)) return 'required';
  return text
    .replace(/^invalid input: expected (.*), received (.*)$/, 'must be $1, is $2')
    .replace(/^too (?:small|big): expected (?:string|array|number|int) to (?:have|be) /, 'must be ')
    .replace(/^must be (>=?|<=?)(\d+) (items|characters)$/, 'must have $1$2 $3')
    .replace(/^must (be|have) >=/, 'must $1 at least ')
    .replace(/^must (be|have) <=/, 'must $1 at most ')
    .replace(/^invalid option: expected one of /, 'must be one of ');
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : `a ${typeof value}`;
}
