import { GatewayError } from '../errors.ts';
import { keyName } from '../keys/key-hash.ts';
import type { Caller } from './caller.ts';

/** The caller's role may not do this at all. Begins as LiteLLM's refusal does: clients look for it. */
export function onlyAdmin(caller: Caller): GatewayError {
  return new GatewayError(
    'route_access_denied',
    `Authentication Error, Only proxy admin can be used to do this. Your role=${caller.role}. Use the master key, or a key of a proxy_admin`,
    { type: 'auth_error' },
  );
}

/** The caller may do such things, but not this one. */
export function notAllowed(message: string, param?: string): GatewayError {
  return new GatewayError('route_access_denied', message, { type: 'auth_error', ...(param === undefined ? {} : { param }) });
}

/** What there is not, or what the caller may not know of: both sound the same. */
export function notFound(
  entity: 'Key' | 'Team' | 'User' | 'Budget' | 'Customer' | 'Member' | 'Model',
  shown: string,
  param: string,
): GatewayError {
  const where = entity === 'Member' ? 'in team' : 'in database';
  return new GatewayError('not_found', `${entity} not found ${where}: ${shown.slice(0, 100)}`, {
    type: 'not_found_error',
    param,
  });
}

/** A key as a message may name it: never the key itself. */
export function shownKey(keyOrHash: string): string {
  return /^[0-9a-f]{64}$/i.test(keyOrHash) ? keyOrHash : keyName(keyOrHash);
}
