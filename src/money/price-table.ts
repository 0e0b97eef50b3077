import type { Price } from './price.ts';
import table from './price-table.json' with { type: 'json' };

/**
 * A rule on the name of a model, in lower case: `gpt-4o` (equal), `gpt-4o*` (begins so), `*-latest` (ends so), `*nano*` (holds it), or
 * `/…/` (a regular expression). In a list all must hold.
 */
export type NamePattern = string | readonly string[];

/** Rules of which one must hold, then nano-dollars for a million tokens: input, output, cached input. Null: sold, but not by tokens. */
export type PriceRow = readonly [readonly NamePattern[], (readonly (number | null)[])?];

/** Other names of price lists: LiteLLM's prefixes, where they differ. */
const listNames: Readonly<Record<string, string>> = {
  text_completion_openai: 'openai',
  codestral: 'mistral',
  together_ai: 'together',
  xai: 'x-ai',
  bedrock: 'aws',
  gemini: 'google',
  vertex_ai: 'google',
};

/** Hosts of the sellers whose lists are here. */
const listsByHost: Readonly<Record<string, string>> = {
  'api.openai.com': 'openai',
  'api.anthropic.com': 'anthropic',
  'generativelanguage.googleapis.com': 'google',
  'api.mistral.ai': 'mistral',
  'codestral.mistral.ai': 'mistral',
  'api.groq.com': 'groq',
  'api.deepseek.com': 'deepseek',
  'api.together.xyz': 'together',
  'api.together.ai': 'together',
  'openrouter.ai': 'openrouter',
  'api.x.ai': 'x-ai',
};

/**
 * The list price of a model, or null where the shipped table has none: then nothing is charged unless the configuration says a price.
 * `provider` is a seller (`openai anthropic google mistral groq deepseek together openrouter x-ai aws`, or LiteLLM's prefix for one);
 * self-hosted kinds have no list. Where a price depends on the length of the prompt it is the one of short prompts.
 */
export function findPrice(provider: string, upstreamModel: string): Price | null {
  const lists: Readonly<Record<string, unknown>> = table.providers;
  const name = listNames[provider] ?? provider;
  const rows = (Object.hasOwn(lists, name) ? lists[name] : []) as readonly PriceRow[];
  const found = findRow(rows, upstreamModel) ?? findRow(rows, withDashedDate(upstreamModel));
  const [input, output, cached] = found?.[1] ?? [];
  if (input === undefined || input === null) return null;
  return { inputNanoUsd: input, outputNanoUsd: output ?? 0, cachedInputNanoUsd: cached ?? null, requestNanoUsd: 0 };
}

/** The price list of whoever answers at an address, for `findPrice`; null: nobody whose prices are known, such as a server of one's own. */
export function priceListOf(baseUrl: string): string | null {
  const host = URL.parse(baseUrl)?.hostname ?? '';
  return Object.hasOwn(listsByHost, host) ? (listsByHost[host] ?? null) : null;
}

function findRow(rows: readonly PriceRow[], model: string): PriceRow | undefined {
  const name = model.toLowerCase();
  const holds = (pattern: string) => matches(pattern, name);
  return rows.find(([patterns]) => patterns.some((one) => (typeof one === 'string' ? holds(one) : one.every(holds))));
}

function matches(pattern: string, name: string): boolean {
  if (pattern.startsWith('/')) return new RegExp(pattern.slice(1, -1)).test(name);
  const isOpenAtFront = pattern.startsWith('*');
  const isOpenAtEnd = pattern.endsWith('*');
  const text = pattern.slice(isOpenAtFront ? 1 : 0, isOpenAtEnd ? -1 : undefined);
  if (isOpenAtFront && isOpenAtEnd) return name.includes(text);
  if (isOpenAtFront) return name.endsWith(text);
  return isOpenAtEnd ? name.startsWith(text) : name === text;
}

/** `gpt-4o-20240806` as `gpt-4o-2024-08-06`, which is how the lists write versions. */
function withDashedDate(model: string): string {
  return model.replace(/-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g, '-$1-$2-$3');
}
