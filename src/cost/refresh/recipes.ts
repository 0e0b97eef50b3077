import { GatewayError } from '../../errors.ts';
import type { BookRow } from '../prices/book.ts';
import type { ListRow } from './csv.ts';

/** How one price is found in AWS's bulk files: the offer, the usage type without its region prefix, and columns that must agree. */
export interface Recipe {
  id: string;
  unit: string;
  description: string;
  offerCode: string;
  usageType: string;
  filters: Readonly<Record<string, readonly string[]>>;
  isGlobal: boolean;
}

const engines: Readonly<Record<string, string>> = { postgres: 'PostgreSQL', mysql: 'MySQL', mariadb: 'MariaDB' };
const caches: Readonly<Record<string, string>> = { redis: 'Redis', valkey: 'Valkey' };

/** Columns beyond the usage type, by the family of the id. */
function filtersOf(id: string): Readonly<Record<string, readonly string[]>> {
  const [family = '', second = ''] = id.split('.');
  if (id.startsWith('ec2.ondemand.'))
    return { operatingsystem: ['Linux'], tenancy: ['Shared'], capacitystatus: ['Used'], preinstalledsw: ['NA'] };
  if (family === 'rds' && engines[second] !== undefined)
    return { databaseengine: [engines[second]], deploymentoption: [id.includes('.multiaz.') ? 'Multi-AZ' : 'Single-AZ'] };
  if (family === 'rds') return { databaseengine: ['Any', 'PostgreSQL'] };
  if (family === 'elasticache' && caches[second] !== undefined) return { cacheengine: [caches[second]] };
  if (family === 'alb') return { productfamily: ['Load Balancer-Application'] };
  if (family === 'nlb') return { productfamily: ['Load Balancer-Network'] };
  if (family === 'clb') return { productfamily: ['Load Balancer'] };
  if (id === 'dto.internet') return { transfertype: ['AWS Outbound'] };
  return {};
}

/** Units that the files write for each unit of ours. */
const listUnits: Readonly<Record<string, readonly string[]>> = {
  hour: ['hrs', 'hours', 'hour', 'lcu-hrs', 'loadbalancer-hours'],
  'LCU-hour': ['lcu-hrs', 'lcu-hours', 'hrs'],
  'vCPU-hour': ['hours', 'vcpu-hours', 'hrs'],
  'GB-hour': ['hours', 'gb-hours', 'hrs'],
  'WCU-hour': ['writecapacityunit-hrs', 'hrs'],
  'RCU-hour': ['readcapacityunit-hrs', 'hrs'],
  GB: ['gb', 'gigabytes'],
  'GB-month': ['gb-mo', 'gb-month', 'gbmonth'],
  'GB-second': ['lambda-gb-second', 'gb-seconds', 'second'],
  'IOPS-month': ['iops-mo', 'iops-month'],
  'MBps-month': ['gibps-mo', 'mibps-mo'],
};

/** Whether a file's unit is ours; units that are counted things (requests, metrics, keys) are not told apart. */
export function unitAgrees(unit: string, listed: string): boolean {
  const known = listUnits[unit];
  return known === undefined ? !/^(hrs|gb|gb-mo)$/i.test(listed) : known.includes(listed.toLowerCase());
}

/** What one of the file's units is worth in ours: gp3 throughput is listed per GiB/s. */
export const unitDivisor = (unit: string, listed: string): bigint =>
  unit === 'MBps-month' && /^gibps/i.test(listed) ? 1024n : 1n;

/** Prices that the bulk files do not hold: Spot moves by the minute, flat-rate plans and pairs of regions are on pages only. */
const unlisted = /^(ec2\.spot|fargate\.spot|cloudfront\.plan|dto\.interregion)/;

const templates: readonly { pattern: RegExp; offerCode: string; usageType: (match: RegExpExecArray) => string }[] = [
  {
    pattern: /^ec2\.ondemand\.([a-z0-9-]+\.[a-z0-9-]+)$/,
    offerCode: 'AmazonEC2',
    usageType: (match) => `BoxUsage:${match[1] ?? ''}`,
  },
  {
    pattern: /^rds\.(?:postgres|mysql|mariadb)\.multiaz\.(db\..+)$/,
    offerCode: 'AmazonRDS',
    usageType: (match) => `Multi-AZUsage:${match[1] ?? ''}`,
  },
  {
    pattern: /^rds\.(?:postgres|mysql|mariadb)\.(db\..+)$/,
    offerCode: 'AmazonRDS',
    usageType: (match) => `InstanceUsage:${match[1] ?? ''}`,
  },
  {
    pattern: /^elasticache\.(?:redis|valkey)\.(cache\..+)$/,
    offerCode: 'AmazonElastiCache',
    usageType: (match) => `NodeUsage:${match[1] ?? ''}`,
  },
];

function recipeFor(id: string): Recipe {
  for (const template of templates) {
    const match = template.pattern.exec(id);
    if (match !== null)
      return {
        id,
        unit: 'hour',
        description: id,
        offerCode: template.offerCode,
        usageType: template.usageType(match),
        filters: filtersOf(id),
        isGlobal: false,
      };
  }
  throw new GatewayError(
    'bad_request',
    `there is no recipe for ${id}: only prices of the book, EC2, RDS and ElastiCache instances can be refreshed`,
  );
}

/** Recipes of every listed price in a book, and of further ids that name instance types. Throws `bad_request` for an id of no known family. */
export function recipesOf(rows: readonly BookRow[], moreIds: readonly string[]): Recipe[] {
  const recipes = new Map<string, Recipe>();
  for (const row of rows) {
    if (row.offerCode === undefined || row.usageType === undefined || unlisted.test(row.id)) continue;
    recipes.set(row.id, {
      id: row.id,
      unit: row.unit,
      description: row.description,
      offerCode: row.offerCode,
      usageType: row.usageType,
      filters: filtersOf(row.id),
      isGlobal: row.region === 'global',
    });
  }
  for (const id of moreIds) if (!recipes.has(id)) recipes.set(id, recipeFor(id));
  return [...recipes.values()];
}

/** A usage type without the prefix of its region: `EU-NatGateway-Hours`, `APS1-…`, `eu-west-1-KMS-Keys`. */
export const withoutRegion = (usageType: string): string =>
  usageType.replace(/^(?:[A-Z]{2,4}\d{0,2}|[a-z]{2}(?:-[a-z]+)+-\d)-/, '');

/** Whether a rate of a price list is the one a recipe means. Only list prices on demand in dollars count. */
export function isMatch(recipe: Recipe, row: ListRow): boolean {
  if (row('termtype') !== 'OnDemand' || row('currency') !== 'USD') return false;
  const usageType = row('usagetype');
  if (usageType !== recipe.usageType && withoutRegion(usageType) !== recipe.usageType) return false;
  return Object.entries(recipe.filters).every(([column, allowed]) => row(column) === '' || allowed.includes(row(column)));
}
