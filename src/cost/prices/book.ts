import { z } from 'zod';
import { GatewayError } from '../../errors.ts';
import { micro, usd, type Micro, type Usd } from '../money.ts';

const decimal = z.string().regex(/^\d+(\.\d+)?$/);
const grade = z.enum(['A', 'B', 'C', 'D']);

const rowSchema = z.strictObject({
  id: z.string(),
  region: z.string(),
  description: z.string(),
  unit: z.string(),
  tiers: z.array(z.strictObject({ from: decimal, to: decimal.nullable(), usd: decimal })).min(1),
  offerCode: z.string().optional(),
  usageType: z.string().optional(),
  date: z.string(),
  source: z.string(),
  grade,
  note: z.string().optional(),
  sku: z.string().optional(),
  rateCode: z.string().optional(),
});

const throughput = {
  gpu: z.string(),
  model: z.string(),
  outputTokensPerSecond: z.number().positive(),
  source: z.string(),
  date: z.string(),
};

/** The file format of a price book: what was read, where and when. Written by `sluice prices refresh`, read by everything else. */
export const bookSchema = z.strictObject({
  schemaVersion: z.literal(1),
  generatedAt: z.string(),
  currency: z.literal('USD'),
  regions: z.array(z.string()),
  sources: z.array(z.strictObject({ id: z.string(), name: z.string(), reference: z.string(), kind: z.string() })),
  offers: z.array(z.strictObject({ offerCode: z.string(), region: z.string(), version: z.string(), publicationDate: z.string(), sha256: z.string() })),
  notOffered: z.array(z.strictObject({ prefix: z.string(), region: z.string() })),
  freeTier: z.array(z.strictObject({ id: z.string(), quantity: decimal })),
  eksStandardSupportEnds: z.record(z.string(), z.string()),
  gpus: z.record(z.string(), z.string()),
  throughput: z.array(z.strictObject({ ...throughput, saturatedTokensPerSecond: z.number(), grade })),
  publishedThroughput: z.array(z.strictObject({ ...throughput, workload: z.string() })),
  tokenPrices: z.array(
    z.strictObject({ provider: z.string(), model: z.string(), inputUsdPerMTok: decimal, outputUsdPerMTok: decimal, date: z.string(), source: z.string(), grade }),
  ),
  rows: z.array(rowSchema),
});

export type BookFile = z.infer<typeof bookSchema>;
export type BookRow = z.infer<typeof rowSchema>;

/** One tier: units from `from` up to `to` (null: no end) cost `usd` each. */
interface Tier {
  from: Micro;
  to: Micro | null;
  usd: Usd;
}

/** One price with its provenance. `isEstimate` marks rows that did not come from AWS's own data; they are printed with `~`. */
export interface Price extends Omit<BookRow, 'tiers'> {
  tiers: Tier[];
  isEstimate: boolean;
}

/** Prices by id and region; knows nothing of resources. */
export interface PriceBook {
  file: BookFile;
  /** The row of this region, or the worldwide one. Undefined: not in the book; no other region's price is ever used instead. */
  find(id: string, region: string): Price | undefined;
  /** Why a row is missing, and what to do about it. */
  explainMissing(id: string, region: string): string;
  isNotOffered(id: string, region: string): boolean;
}

function toPrice(row: BookRow): Price {
  const tiers = row.tiers.map((tier) => ({ from: micro(tier.from), to: tier.to === null ? null : micro(tier.to), usd: usd(tier.usd) }));
  return { ...row, tiers, isEstimate: row.grade === 'C' || row.grade === 'D' };
}

function checkTiers(row: BookRow, price: Price): void {
  let expected: Micro | null = 0n;
  for (const tier of price.tiers) {
    if (tier.from !== expected) throw new GatewayError('bad_request', `price book: the tiers of ${row.id} in ${row.region} leave a gap or overlap`);
    expected = tier.to;
  }
}

/** The instance family of an EC2, RDS or ElastiCache price id: `ec2.ondemand.g5.xlarge` → `ec2.ondemand.`. */
const kindOf = (id: string): string => id.replace(/[^.]+\.[^.]+$/, '');

function describeMissing(rows: Map<string, Price>, id: string, region: string, notOffered: boolean): string {
  const elsewhere = [...rows.values()].filter((row) => row.id === id).map((row) => row.region);
  const isSpot = /^(ec2|fargate)\.spot\./.test(id);
  const remedy = isSpot
    ? 'Spot prices are in no public file: add the row to a book for --prices'
    : `add it with: sluice prices refresh --only --region ${region} --id ${id}`;
  if (notOffered) {
    const usable = [...rows.values()].filter((row) => row.region === region && row.id.startsWith(kindOf(id)) && /\.g\d/.test(row.id));
    const names = usable.map((row) => row.id.slice(kindOf(id).length));
    return `${id} is not offered in ${region}${names.length === 0 ? '' : `; offered there: ${names.join(', ')}`}`;
  }
  const known = elsewhere.length === 0 ? '' : ` (the book has it for ${elsewhere.sort().join(', ')})`;
  return `no price for ${id} in ${region}${known}; ${remedy}`;
}

/** Builds the book from its parsed file. Throws `bad_request` where two rows share id and region, or tiers leave gaps. */
export function createBook(file: BookFile): PriceBook {
  const rows = new Map<string, Price>();
  for (const row of file.rows) {
    const key = `${row.id}|${row.region}`;
    if (rows.has(key)) throw new GatewayError('bad_request', `price book: ${row.id} in ${row.region} appears twice`);
    const price = toPrice(row);
    checkTiers(row, price);
    rows.set(key, price);
  }
  const isNotOffered = (id: string, region: string): boolean =>
    // What cannot be had on demand cannot be had as Spot.
    file.notOffered.some((entry) => id.replace('ec2.spot.', 'ec2.ondemand.').startsWith(entry.prefix) && entry.region === region);
  return {
    file,
    find: (id, region) => rows.get(`${id}|${region}`) ?? rows.get(`${id}|global`),
    explainMissing: (id, region) => describeMissing(rows, id, region, isNotOffered(id, region)),
    isNotOffered,
  };
}

/** Parses the text of a book file; `name` is for the message. Throws `bad_request` that names the first wrong field. */
export function parseBook(text: string, name: string): BookFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('bad_request', `${name} is not JSON`, { cause });
  }
  const result = bookSchema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new GatewayError('bad_request', `${name} is not a price book: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}

/** Days since the book was written, counted in whole days. */
export function ageDays(file: BookFile, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - Date.parse(file.generatedAt)) / 86_400_000));
}
