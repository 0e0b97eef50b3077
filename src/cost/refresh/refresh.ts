import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { GatewayError } from '../../errors.ts';
import type { Transport } from '../../transport/transport.ts';
import { decimalUsd, usd } from '../money.ts';
import type { BookFile, BookRow } from '../prices/book.ts';
import { readPriceList, type ListRow } from './csv.ts';
import { download } from './download.ts';
import { isMatch, recipesOf, unitAgrees, unitDivisor, withoutRegion, type Recipe } from './recipes.ts';

export interface RefreshOptions {
  transport: Transport;
  /** `https://pricing.us-east-1.amazonaws.com`, AWS's public endpoint of bulk files. */
  baseUrl: string;
  cacheDirectory: string;
  regions: readonly string[];
  moreIds: readonly string[];
  /** Only these price ids; empty: all of the book. */
  onlyIds: readonly string[];
  nowMs: number;
  onProgress(message: string): void;
}

interface Rate {
  sku: string;
  rateCode: string;
  from: string;
  to: string;
  usd: string;
  unit: string;
  date: string;
}

export interface RefreshResult {
  book: BookFile;
  /** Prices that no line of the files matches, by region. */
  absent: { id: string; region: string }[];
  /** Prices that match several products or come in another unit: their old rows stay. */
  problems: string[];
}

const regionIndex = z.object({ regions: z.record(z.string(), z.object({ currentVersionUrl: z.string() })) });
const silenceMs = 60_000;

/** The address of an offer's CSV for a region, or undefined where the offer has no such region. */
async function listUrl(options: RefreshOptions, offerCode: string, region: string): Promise<string | undefined> {
  if (region === 'global') return `${options.baseUrl}/offers/v1.0/aws/${offerCode}/current/index.csv`;
  const url = `${options.baseUrl}/offers/v1.0/aws/${offerCode}/current/region_index.json`;
  const answer = await options.transport.collect(
    { method: 'GET', url, headers: {}, body: null },
    { timeoutMs: silenceMs, limitBytes: 4_000_000 },
  ).answer;
  const parsed = answer.status === 200 ? regionIndex.safeParse(JSON.parse(answer.body.toString('utf8'))) : undefined;
  if (parsed?.success !== true)
    throw new GatewayError('bad_gateway', `${url} did not answer with a region index (status ${answer.status})`);
  const path = parsed.data.regions[region]?.currentVersionUrl;
  return path === undefined ? undefined : `${options.baseUrl}${path.replace(/\.json$/, '.csv')}`;
}

const toRate = (row: ListRow): Rate => ({
  sku: row('sku'),
  rateCode: row('ratecode'),
  from: row('startingrange') || '0',
  to: row('endingrange') || 'Inf',
  usd: row('priceperunit'),
  unit: row('unit'),
  date: row('effectivedate'),
});

/** A book row from the rates of exactly one SKU, or what is wrong with them. A leading free tier is an allowance, not a price: the next tier's price holds from zero. */
function toRow(recipe: Recipe, region: string, rates: readonly Rate[], offerDate: string): BookRow | string {
  const skus = [...new Set(rates.map((rate) => rate.sku))];
  const [first] = rates;
  if (skus.length !== 1 || first === undefined)
    return `${recipe.id} in ${region} matches ${skus.length} products: ${skus.join(', ')}; its recipe must tell them apart`;
  const wrong = rates.find((rate) => !unitAgrees(recipe.unit, rate.unit));
  if (wrong !== undefined) return `${recipe.id} in ${region} is listed per ${wrong.unit}, not per ${recipe.unit}`;
  const sorted = [...rates].sort((left, right) => Number(left.from) - Number(right.from));
  const paid = sorted.findIndex((rate) => usd(rate.usd) > 0n);
  if (paid === -1) return `${recipe.id} in ${region} is listed at $0`;
  const tiers = sorted.slice(paid).map((rate, index) => ({
    from: index === 0 ? '0' : rate.from,
    to: rate.to === 'Inf' ? null : rate.to,
    usd: decimalUsd(usd(rate.usd) / unitDivisor(recipe.unit, rate.unit)),
  }));
  return {
    id: recipe.id,
    region,
    description: recipe.description,
    unit: recipe.unit,
    tiers,
    offerCode: recipe.offerCode,
    usageType: recipe.usageType,
    date: (first.date || offerDate).slice(0, 10),
    source: 'aws-bulk',
    grade: 'A',
    sku: first.sku,
    rateCode: first.rateCode,
  };
}

interface OfferPrices {
  rows: BookRow[];
  problems: { id: string; message: string }[];
  offer: BookFile['offers'][number];
}

interface OfferFile {
  recipes: readonly Recipe[];
  offerCode: string;
  region: string;
  url: string;
}

/** Reads one offer file for one region. */
async function readOffer(options: RefreshOptions, { recipes, offerCode, region, url }: OfferFile): Promise<OfferPrices> {
  const path = join(options.cacheDirectory, `${new URL(url).pathname.slice(1).replaceAll('/', '_')}`);
  let announced = 0;
  await download({
    transport: options.transport,
    url,
    path,
    idleTimeoutMs: silenceMs,
    onProgress(bytes, total) {
      if (bytes - announced < 16_000_000) return;
      announced = bytes;
      options.onProgress(
        `${offerCode} ${region}: ${(bytes / 1e6).toFixed(0)}${total === undefined ? '' : ` of ${(total / 1e6).toFixed(0)}`} MB`,
      );
    },
  });
  const byUsage = Map.groupBy(recipes, (recipe) => recipe.usageType);
  const rates = new Map<string, Rate[]>();
  const visit = (row: ListRow): void => {
    const usageType = row('usagetype');
    for (const recipe of [
      ...(byUsage.get(usageType) ?? []),
      ...(withoutRegion(usageType) === usageType ? [] : (byUsage.get(withoutRegion(usageType)) ?? [])),
    ]) {
      if (isMatch(recipe, row)) rates.set(recipe.id, [...(rates.get(recipe.id) ?? []), toRate(row)]);
    }
  };
  const list = await readPriceList(createReadStream(path), (line) => line.includes('"OnDemand"'), visit);
  options.onProgress(
    `${offerCode} ${region}: ${list.lines} lines of ${list.head.publicationDate}, ${rates.size} of ${recipes.length} prices found`,
  );
  await rm(path, { force: true });
  const rows: BookRow[] = [];
  const problems: OfferPrices['problems'] = [];
  for (const recipe of recipes) {
    const found = rates.get(recipe.id);
    if (found === undefined) continue;
    const row = toRow(recipe, region, found, list.head.publicationDate);
    if (typeof row === 'string') problems.push({ id: recipe.id, message: row });
    else rows.push(row);
  }
  return {
    rows,
    problems,
    offer: { offerCode, region, version: list.head.version, publicationDate: list.head.publicationDate, sha256: list.sha256 },
  };
}

const bulkSource = {
  id: 'aws-bulk',
  name: 'AWS Price List bulk files',
  reference: 'https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/index.json',
  kind: 'read by sluice prices refresh',
};
const rowKey = (row: { id: string; region: string }): string => `${row.id}|${row.region}`;

/**
 * Reads AWS's bulk price files and gives a new book: refreshed rows replace old ones, everything else stays. Nothing is written but the cache.
 * A price that matches several products or has another unit keeps its old row and is reported.
 * Throws `bad_gateway` when the server fails.
 */
export async function refreshBook(old: BookFile, options: RefreshOptions): Promise<RefreshResult> {
  const recipes = recipesOf(old.rows, options.moreIds).filter(
    (recipe) => options.onlyIds.length === 0 || options.onlyIds.includes(recipe.id),
  );
  const rows = new Map(old.rows.map((row) => [rowKey(row), row]));
  const offers = new Map(old.offers.map((offer) => [`${offer.offerCode}|${offer.region}`, offer]));
  const absent: RefreshResult['absent'] = [];
  const problems: string[] = [];
  const places = [
    ...options.regions.map((region) => ({ region, wanted: recipes.filter((recipe) => !recipe.isGlobal) })),
    { region: 'global', wanted: recipes.filter((recipe) => recipe.isGlobal) },
  ];
  for (const { region, wanted } of places) {
    for (const [offerCode, ofOffer] of Map.groupBy(wanted, (recipe) => recipe.offerCode)) {
      const url = await listUrl(options, offerCode, region);
      const read = url === undefined ? undefined : await readOffer(options, { recipes: ofOffer, offerCode, region, url });
      for (const row of read?.rows ?? []) rows.set(rowKey(row), row);
      if (read !== undefined) offers.set(`${offerCode}|${region}`, read.offer);
      problems.push(...(read?.problems ?? []).map((problem) => problem.message));
      const found = new Set([...(read?.rows ?? []), ...(read?.problems ?? [])].map((entry) => entry.id));
      absent.push(...ofOffer.filter((recipe) => !found.has(recipe.id)).map((recipe) => ({ id: recipe.id, region })));
    }
  }
  for (const entry of absent) rows.delete(rowKey(entry));
  const sorted = [...rows.values()].sort((left, right) => (rowKey(left) < rowKey(right) ? -1 : 1));
  const book: BookFile = {
    ...old,
    generatedAt: new Date(options.nowMs).toISOString().slice(0, 10),
    regions: [...new Set([...old.regions, ...options.regions])].sort(),
    sources: [...old.sources.filter((source) => source.id !== bulkSource.id), bulkSource],
    offers: [...offers.values()],
    rows: sorted,
  };
  return { book, absent, problems };
}
