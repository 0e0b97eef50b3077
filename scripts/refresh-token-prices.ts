/**
 * Writes src/money/price-table.json from the data of the development dependency @pydantic/genai-prices (MIT). Update that dependency, run
 * `node scripts/refresh-token-prices.ts`, and read the difference before committing it: these numbers become charges.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { findProvider, type ConditionalPrice, type MatchLogic, type ModelInfo, type ModelPrice } from '@pydantic/genai-prices';
import type { NamePattern, PriceRow } from '../src/money/price-table.ts';
import { toNanoUsd } from '../src/money/usd.ts';

const sellers = ['openai', 'anthropic', 'google', 'mistral', 'groq', 'deepseek', 'together', 'x-ai', 'aws', 'openrouter'];
const file = new URL('../src/money/price-table.json', import.meta.url);

/** The rows of one seller, in the order of the source, since the first that matches counts. */
export function rowsOf(models: readonly ModelInfo[], date: Date): PriceRow[] {
  return models.map((model) => {
    const amounts = amountsOf(model, date);
    return amounts === null ? [patternsOf(model.match)] : [patternsOf(model.match), amounts];
  });
}

function patternsOf(match: MatchLogic): NamePattern[] {
  if ('or' in match) return match.or.flatMap(patternsOf);
  if ('and' in match) return [match.and.map(patternOf)];
  return [patternOf(match)];
}

function patternOf(match: MatchLogic): string {
  if ('equals' in match) return match.equals.toLowerCase();
  if ('starts_with' in match) return `${match.starts_with.toLowerCase()}*`;
  if ('ends_with' in match) return `*${match.ends_with.toLowerCase()}`;
  if ('contains' in match) return `*${match.contains.toLowerCase()}*`;
  if ('regex' in match) return `/${match.regex}/`;
  throw new Error(`a rule of the source that is not known here: ${JSON.stringify(match)}`);
}

/** Input, output and cached input; null for what is not sold by tokens (pages, hours of sound). */
function amountsOf(model: ModelInfo, date: Date): (number | null)[] | null {
  const { input_mtok: input, output_mtok: output, cache_read_mtok: cached } = pricesOn(model, date);
  if (input === undefined) return null;
  const amounts = [nanoUsd(input), output === undefined ? 0 : nanoUsd(output)];
  return cached === undefined ? amounts : [...amounts, nanoUsd(cached)];
}

/** Where a price depends on the hour of the day, the dearest: a budget must not be overrun at noon. */
function pricesOn(model: ModelInfo, date: Date): ModelPrice {
  if (!Array.isArray(model.prices)) return model.prices;
  // As in the source, what stands later wins.
  const isCurrent = ({ constraint }: ConditionalPrice) =>
    constraint === undefined || (constraint.type === 'start_date' && new Date(constraint.start_date) <= date);
  const from = Math.max(0, model.prices.findLastIndex(isCurrent));
  const [current, ...later] = model.prices.slice(from);
  const hourly = later.filter(({ constraint }) => constraint?.type === 'time_of_date');
  const all = [...(current === undefined ? [] : [current]), ...hourly].map(({ prices }) => prices);
  const [dearest] = all.sort((left, right) => baseOf(right.input_mtok ?? 0) - baseOf(left.input_mtok ?? 0));
  return dearest ?? {};
}

type Amount = Exclude<ModelPrice[string], undefined>;

/** Of prices in tiers by the length of the prompt, the first. */
function baseOf(amount: Amount): number {
  return typeof amount === 'number' ? amount : amount.base;
}

function nanoUsd(amount: Amount): number {
  return toNanoUsd(baseOf(amount));
}

function main(): void {
  const require = createRequire(import.meta.url);
  const [packageRoot] = require.resolve('@pydantic/genai-prices').split('/dist/');
  const { name, version } = JSON.parse(readFileSync(`${packageRoot}/package.json`, 'utf8')) as { name: string; version: string };
  const date = new Date();
  const providers = sellers.map((id) => {
    const provider = findProvider({ providerId: id });
    if (provider === undefined) throw new Error(`the source no longer knows ${id}`);
    const rows = rowsOf(provider.models, date).map((row) => `      ${JSON.stringify(row)}`);
    return `    ${JSON.stringify(id)}: [\n${rows.join(',\n')}\n    ]`;
  });
  const source = JSON.stringify({ name, version, license: 'MIT', date: date.toISOString().slice(0, 10) });
  writeFileSync(file, `{\n  "source": ${source},\n  "providers": {\n${providers.join(',\n')}\n  }\n}\n`);
}

if (import.meta.main) main();
