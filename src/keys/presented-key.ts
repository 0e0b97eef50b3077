/** Headers as Node gives them: names in lower case. */
type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** In order of precedence, after `x-litellm-api-key` and `authorization`. Each is some vendor's usual one. */
const plainHeaders = ['api-key', 'x-api-key', 'x-goog-api-key', 'ocp-apim-subscription-key'] as const;

/**
 * The key that a request presents, or '' where it presents none. `x-litellm-api-key` wins over all others, so that a client can send
 * `Authorization` on to the upstream; then come `Authorization` (with `Bearer`, `Basic` or nothing before the key) and the vendors' headers.
 * @param only name of the one header to look at, in lower case; null: all of them
 */
export function extractKey(headers: Headers, only: string | null): string {
  if (only !== null) return withoutScheme(first(headers[only]));
  const own = headers['x-litellm-api-key'];
  if (own !== undefined && own !== '') return withoutScheme(first(own));
  const authorization = headers['authorization'];
  if (authorization !== undefined && authorization !== '') return withoutScheme(first(authorization));
  for (const name of plainHeaders) {
    const value = headers[name];
    if (value !== undefined && value !== '') return withoutScheme(first(value));
  }
  return '';
}

function first(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.[0] ?? '');
}

/** Schemes are told by their first letters: keys begin with `sk-`, and no pattern need be run on each request. */
function withoutScheme(value: string): string {
  const space = value.indexOf(' ');
  if (space === -1) return value;
  const scheme = value.slice(0, space).toLowerCase();
  return scheme === 'bearer' || scheme === 'basic' ? value.slice(space + 1).trim() : value.trim();
}
