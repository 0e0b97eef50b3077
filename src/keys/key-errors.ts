import { GatewayError } from '../errors.ts';

/** The texts and types of LiteLLM's proxy (1.102), since clients and dashboards look for them. None of them echoes a key. */

export function noKey(): GatewayError {
  return new GatewayError('unauthorized', 'Authentication Error, No api key passed in.');
}

export function notAKey(): GatewayError {
  return new GatewayError('unauthorized', "LiteLLM Virtual Key expected. Received=****, expected to start with 'sk-'.");
}

/** Below this length, the last characters would be too much of the key. */
const shortestShown = 20;

export function unknownKey(key: string, hash: string): GatewayError {
  const masked = key.length < shortestShown ? 'sk-...' : `sk-...${key.slice(-4)}`;
  return new GatewayError(
    'unauthorized',
    `Authentication Error, Invalid proxy server token passed. Received API Key = ${masked}, Key Hash (Token) =${hash}. ` +
      'Unable to find token in cache or database',
    { type: 'token_not_found_in_db', param: 'key' },
  );
}

export function expiredKey(name: string | null, expiresAtMs: number, nowMs: number): GatewayError {
  return new GatewayError(
    'unauthorized',
    `Authentication Error - Expired Key. Key Expiry time ${asTime(expiresAtMs)} and current time ${asTime(nowMs)}`,
    { type: 'expired_key', ...(name === null ? {} : { param: name }) },
  );
}

export function blockedKey(): GatewayError {
  return new GatewayError('unauthorized', "Authentication Error, Key is blocked. Update via `/key/unblock` if you're an admin.");
}

export function blockedTeam(id: string): GatewayError {
  return new GatewayError(
    'unauthorized',
    `Authentication Error, Team=${id} is blocked. Update via \`/team/unblock\` if you're an admin.`,
  );
}

export function blockedCustomer(id: string): GatewayError {
  return new GatewayError('unauthorized', `User blocked from making LLM API Calls. User=${id}`);
}

/** The key may be known to the database, which cannot be asked. */
export function cannotLookUp(cause: unknown): GatewayError {
  return new GatewayError(
    'service_unavailable',
    'the key cannot be looked up: the database cannot be reached; try again in a moment',
    {
      type: 'no_db_connection',
      retryAfterMs: 5_000,
      cause,
    },
  );
}

/** `2026-11-21 05:26:33.141000+00:00` */
function asTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('T', ' ').replace('Z', '000+00:00');
}
