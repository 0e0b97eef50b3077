import { isRecord, parseJson } from '../json.ts';

/** What `config.json`, the file beside the page, tells it. */
export interface PageConfig {
  /** Where the API is, without a trailing slash; empty for the origin of the page. */
  apiBaseUrl: string;
}

/** The page cannot start; the message is for whoever deployed it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the text of `config.json`. Throws `ConfigError` naming the first thing that is wrong. */
export function parseConfig(text: string): PageConfig {
  const value = parseJson(text);
  if (!isRecord(value)) throw new ConfigError('config.json is not a JSON object. It should read {"apiBaseUrl": ""}.');
  const unknownKey = Object.keys(value).find((key) => key !== 'apiBaseUrl');
  if (unknownKey !== undefined)
    throw new ConfigError(`config.json has an unknown key "${unknownKey}". The only key is "apiBaseUrl".`);
  const { apiBaseUrl } = value;
  if (typeof apiBaseUrl !== 'string')
    throw new ConfigError('apiBaseUrl in config.json has to be a text: empty, or the URL of the API.');
  if (apiBaseUrl === '') return { apiBaseUrl };
  const url = URL.parse(apiBaseUrl);
  const isUsable =
    url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && url.search === '' && url.hash === '';
  if (!isUsable)
    throw new ConfigError(`apiBaseUrl in config.json is "${apiBaseUrl}". It has to be empty or an http(s) URL without a query.`);
  return { apiBaseUrl: url.href.replace(/\/+$/, '') };
}

/** Fetches and reads `config.json` beside the page. Throws `ConfigError`, also when the file cannot be had. */
export async function loadConfig(pageUrl: string): Promise<PageConfig> {
  const url = new URL('config.json', pageUrl);
  let response: Response;
  try {
    response = await fetch(url, { cache: 'no-cache', signal: AbortSignal.timeout(15_000) });
  } catch (error) {
    throw new ConfigError(`${url.href} cannot be reached.`, { cause: error });
  }
  if (!response.ok) throw new ConfigError(`${url.href} answered with status ${response.status}.`);
  return parseConfig(await response.text());
}
