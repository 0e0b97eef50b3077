import { GatewayError } from '../../errors.ts';

/** Who may address the gateway. */
export interface OriginPolicy {
  /** Origins of pages that may call the API; `*`: any. */
  corsOrigins: readonly string[];
  /** Host names, in lower case, under which the gateway may be addressed besides loopback ones; null: any. */
  allowedHosts: readonly string[] | null;
  /** Whether callers need a key: a foreign page without one gets nowhere, so that it need not be refused. */
  isKeyed: boolean;
}

const loopbackHost = /^(localhost|[a-z0-9-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Refuses a foreign `Host` (DNS rebinding: a web page whose name resolves to loopback) and a foreign `Origin`, so that no page in a
 * visitor's browser can use an open gateway. Returns the origin that CORS headers must name, or null.
 * @throws GatewayError `origin_not_allowed`
 */
export function guardOrigin(host: string | undefined, origin: string | undefined, policy: OriginPolicy): string | null {
  // Who names no host speaks HTTP/1.0 and is no browser.
  if (host !== undefined && policy.allowedHosts !== null) {
    const name = host.toLowerCase().replace(/:\d+$/, '');
    if (!loopbackHost.test(name) && !policy.allowedHosts.includes(name)) {
      throw new GatewayError(
        'origin_not_allowed',
        `this gateway does not answer to the host name "${name.slice(0, 200)}"; add it to server.allowedHosts`,
      );
    }
  }
  if (origin === undefined) return null;
  if (admits(policy.corsOrigins, origin)) return origin;
  if (policy.isKeyed || isSameOrigin(origin, host)) return null;
  throw new GatewayError(
    'origin_not_allowed',
    `pages of ${origin.slice(0, 200)} may not call this gateway; add the origin to cors.origins`,
  );
}

/** Whether pages of an origin may call, as the operator listed them. */
export const admits = (origins: readonly string[], origin: string): boolean => origins.includes(origin) || origins.includes('*');

function isSameOrigin(origin: string, host: string | undefined): boolean {
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}

/** The CORS headers of an answer to a named page. */
export function corsHeaders(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    vary: 'Origin',
    'access-control-expose-headers':
      'x-request-id, retry-after, x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, ' +
      'x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens, x-litellm-response-cost, x-litellm-key-spend',
  };
}

/** The headers of a preflight's answer. */
export function preflightHeaders(requestedHeaders: string | undefined): Record<string, string> {
  return {
    'access-control-allow-methods': 'GET, POST, PATCH, OPTIONS',
    'access-control-allow-headers': requestedHeaders ?? 'authorization, content-type',
    'access-control-max-age': '600',
  };
}
