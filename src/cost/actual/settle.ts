import { z } from 'zod';
import { GatewayError } from '../../errors.ts';
import { divideRounded, formatUsd, usd, type Usd } from '../money.ts';

/** First part of a price id → the service under which Cost Explorer shows it. */
const services: Readonly<Record<string, string>> = {
  ec2: 'Amazon Elastic Compute Cloud - Compute',
  ebs: 'EC2 - Other',
  nat: 'EC2 - Other',
  dto: 'EC2 - Other',
  tgw: 'Amazon Virtual Private Cloud',
  vpn: 'Amazon Virtual Private Cloud',
  vpce: 'Amazon Virtual Private Cloud',
  ipv4: 'Amazon Virtual Private Cloud',
  alb: 'Amazon Elastic Load Balancing',
  nlb: 'Amazon Elastic Load Balancing',
  clb: 'Amazon Elastic Load Balancing',
  apigw: 'Amazon API Gateway',
  waf: 'AWS WAF',
  cloudfront: 'Amazon CloudFront',
  cw: 'AmazonCloudWatch',
  s3: 'Amazon Simple Storage Service',
  ecr: 'Amazon EC2 Container Registry (ECR)',
  efs: 'Amazon Elastic File System',
  fargate: 'Amazon Elastic Container Service',
  eks: 'Amazon Elastic Container Service for Kubernetes',
  rds: 'Amazon Relational Database Service',
  elasticache: 'Amazon ElastiCache',
  ddb: 'Amazon DynamoDB',
  lambda: 'AWS Lambda',
  sns: 'Amazon Simple Notification Service',
  sqs: 'Amazon Simple Queue Service',
  secrets: 'AWS Secrets Manager',
  ssm: 'AWS Systems Manager',
  kms: 'AWS Key Management Service',
  r53: 'Amazon Route 53',
  codebuild: 'CodeBuild',
  firehose: 'Amazon Kinesis Firehose',
};

const reportSchema = z.object({
  format: z.literal('sluice-cost/1'),
  title: z.string(),
  resources: z.array(
    z.object({
      lines: z.array(
        z.object({ priceId: z.string(), monthly: z.object({ min: z.string(), typical: z.string(), max: z.string() }) }),
      ),
    }),
  ),
});

/** One service: what was foreseen for the days so far, and what was billed. */
export interface Settlement {
  service: string;
  min: Usd;
  typical: Usd;
  max: Usd;
  billed: Usd;
  /** Whether the bill lies between the forecast's minimum and maximum. */
  isInside: boolean;
}

/**
 * Sets a forecast (a report in JSON) against a bill, by service, largest bill first. `part` is how much of a month the bill covers.
 * Throws `bad_request` when `json` is no report.
 */
export function settleForecast(json: unknown, bill: ReadonlyMap<string, Usd>, part: { days: number; of: number }): Settlement[] {
  const parsed = reportSchema.safeParse(json);
  if (!parsed.success) throw new GatewayError('bad_request', '--forecast needs a report that `sluice cost --format json` wrote');
  const rows = new Map<string, Settlement>();
  const rowOf = (service: string): Settlement => {
    const row = rows.get(service) ?? { service, min: 0n, typical: 0n, max: 0n, billed: 0n, isInside: false };
    rows.set(service, row);
    return row;
  };
  for (const line of parsed.data.resources.flatMap((resource) => resource.lines)) {
    const row = rowOf(services[line.priceId.split('.')[0] ?? ''] ?? 'other');
    row.min += usd(line.monthly.min);
    row.typical += usd(line.monthly.typical);
    row.max += usd(line.monthly.max);
  }
  const prorate = (amount: Usd): Usd => divideRounded(amount * BigInt(part.days), BigInt(part.of));
  for (const [service, amount] of bill) rowOf(service).billed += amount;
  return [...rows.values()]
    .map((row) => ({ ...row, min: prorate(row.min), typical: prorate(row.typical), max: prorate(row.max) }))
    .map((row) => ({ ...row, isInside: row.min <= row.billed && row.billed <= row.max }))
    .sort((left, right) => (right.billed > left.billed ? 1 : right.billed < left.billed ? -1 : 0));
}

/** The settlement as lines of text, with totals. */
export function renderSettlement(rows: readonly Settlement[]): string {
  const total = (key: 'min' | 'typical' | 'max' | 'billed'): Usd => rows.reduce((sum, row) => sum + row[key], 0n);
  const line = (name: string, amounts: string[], note: string): string =>
    `${name.padEnd(48)}${amounts.map((amount) => amount.padStart(14)).join('')}  ${note}`.trimEnd();
  const judge = (row: Settlement): string => {
    if (row.isInside) return '';
    if (row.min === 0n && row.max === 0n) return 'not in the forecast';
    return row.billed > row.max ? 'above the forecast' : 'below the forecast';
  };
  return [
    line('SERVICE', ['min', 'typical', 'max', 'billed'], ''),
    ...rows.map((row) =>
      line(
        row.service,
        [row.min, row.typical, row.max, row.billed].map((amount) => formatUsd(amount)),
        judge(row),
      ),
    ),
    line(
      'total',
      [total('min'), total('typical'), total('max'), total('billed')].map((amount) => formatUsd(amount)),
      '',
    ),
    '',
  ].join('\n');
}
