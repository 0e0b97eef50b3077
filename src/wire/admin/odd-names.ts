import { invalidFields } from '../parse.ts';

/** Deeper than any request of the admin API has reason to be. */
const maxDepth = 32;

/**
 * Refuses what schemas pass over unseen: fields named `__proto__`, and bodies so deep that writing them as JSON would fail.
 * @throws GatewayError `bad_request`
 */
export function refuseOddNames(body: unknown, path = 'body', depth = 0): void {
  if (typeof body !== 'object' || body === null) return;
  if (depth > maxDepth) throw invalidFields([{ field: path.slice(0, 100), message: `is nested more than ${maxDepth} deep` }]);
  for (const [name, value] of Object.entries(body)) {
    const inner = depth === 0 ? name : `${path}.${name}`;
    if (name === '__proto__') throw invalidFields([{ field: inner, message: 'is no name for a field' }]);
    refuseOddNames(value, inner, depth + 1);
  }
}
