import { GatewayError } from '../errors.ts';
import type { JsonObject } from '../wire/parse.ts';

/**
 * The names under `guardrails` of a request, which is taken out: no upstream knows the field.
 * @throws GatewayError `bad_request` where it is no list of names
 */
export function takeRequestedGuardrails(body: JsonObject): readonly string[] {
  const { guardrails: names } = body;
  if (names === undefined) return [];
  delete body['guardrails'];
  if (names === null) return [];
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  throw new GatewayError('bad_request', 'guardrails: must be a list of names', { param: 'guardrails' });
}
