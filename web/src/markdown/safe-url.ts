const safeProtocols: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:']);

/**
 * The URL if following it is harmless (http, https, mailto; absolute), else undefined. Read by the browser's own parser, so that
 * what is checked is what a click would open.
 */
export function toSafeUrl(text: string): string | undefined {
  const url = URL.parse(text);
  return url !== null && safeProtocols.has(url.protocol) ? url.href : undefined;
}
