import { describe, expect, test } from 'vitest';
import { cents, fixturePlan, forecastOf } from '../../test/cost/harness.ts';
import { formatUsd } from './money.ts';
import type { Plan } from './plan/plan.ts';
import type { Values } from './plan/values.ts';
import type { UsageInput } from './usage/profile.ts';

// Bills worked out by hand from AWS's list prices of us-east-1. 730 hours a month; the traffic is 0, 1 and 10 million requests a month.

/** What the traffic does not tell: a demo site of 1 GB, 5 GB of pages in 50,000 requests, no notification, 10 GB through each endpoint. */
const gpuUsage: UsageInput = {
  resources: {
    aws_s3_bucket: { storageGB: 1 },
    aws_cloudfront_distribution: { dataOutGB: 5, requests: 50_000 },
    aws_sns_topic: { requests: 0 },
    aws_vpc_endpoint: { dataProcessedGB: 10 },
  },
};

/** Lines that dev and prod have in common, typical. */
const shared: [address: string, expected: string[]][] = [
  // 730 × 0.0225 = 16.425. 1M requests / (3600 s × 25 connections a second) = 11.111 LCU-hours × 0.008 = 0.0889
  ['module.gpu.aws_lb.this', ['$16.43', '$0.09']],
  // 1M × 3.50/M
  ['module.gpu.aws_api_gateway_rest_api.this', ['$3.50']],
  // 5.00; 1 rule; 1M × 0.60/M
  ['module.gpu.aws_wafv2_web_acl.this', ['$5.00', '$1.00', '$0.60']],
  // 0.5 GB + 1M × 2 KB = 2.407 GB over three groups: 0.802 × 0.50 = 0.4012; stored 0.802 × 0.15 × 0.03 = 0.0036
  ['module.gpu.aws_cloudwatch_log_group.this["engine"]', ['$0.40', '$0.00']],
  ['module.gpu.aws_cloudwatch_metric_alarm.this["gpu-high"]', ['$0.10']],
  ['module.gpu.aws_cloudwatch_composite_alarm.at_max', ['$0.50']],
  ['module.gpu.aws_cloudwatch_dashboard.this', ['$3.00']],
  // GPUUtilization, RequestLatency and EngineReadySeconds × 0.30
  ['custom-metrics', ['$0.90']],
  // 1M × 2 KB = 1.907 GB × 0.09 = 0.1717; nothing pulled through a NAT gateway
  ['data-transfer', ['$0.17', '$0.00']],
  // 1 × 0.023
  ['module.gpu.aws_s3_bucket.demo', ['$0.02']],
  // 5 × 0.085; 50,000 × 0.000001
  ['module.gpu.aws_cloudfront_distribution.demo', ['$0.43', '$0.05']],
  ['module.gpu.aws_secretsmanager_secret.keys', ['$0.40']],
];

describe('gpu, dev: one g5.xlarge that may become four, one NAT gateway', () => {
  const result = forecastOf(fixturePlan('gpu-dev'), gpuUsage);

  test.each([
    ...shared,
    // 1M × 200 tokens / 2,628,000 s = 76 tokens/s; busiest hour × 1.9 = 145 of 350 (500 × 0.7): one instance is enough all day
    // 730 × 1.006 = 734.38; 100 GB × 0.08; 3,000 IOPS × 0.005; 375 MB/s × 0.04; 7 metrics × 0.30
    ['module.gpu.module.gpu_fleet.aws_autoscaling_group.this', ['$734.38', '$8.00', '$15.00', '$15.00', '$2.10']] as const,
    // 730 × 0.0042 = 3.066; 8 × 0.08
    ['module.gpu.module.standby.aws_autoscaling_group.this', ['$3.07', '$0.64']] as const,
    // 730 × 0.045; the fleet pulls from S3 through the gateway endpoint, not through NAT
    ['module.gpu.module.network.aws_nat_gateway.this[0]', ['$32.85', '$0.00']] as const,
    // 730 × 0.005
    ['module.gpu.module.network.aws_eip.nat[0]', ['$3.65']] as const,
  ])('%s', (address, expected) => {
    expect(cents(result, address)).toEqual(expected);
  });

  test('adds up', () => {
    // min: 774.48 + 3.706 + 36.50 + 16.425 + 6.00 WAF + 0.2523 logs + 5.10 CloudWatch + 0.898 site and secret = 843.361
    // typical: 774.48 + 3.706 + 36.50 + 16.5139 + 3.50 + 6.60 + 1.2145 + 5.10 + 0.898 + 0.1717 = 848.684
    // max: 4 × 774.48 + 3.706 + 36.50 + (16.425 + 0.8889) + 35.00 + 12.00 + (9.7867 + 0.0881) + 5.10 + 0.898 + 1.7166 = 3220.029
    expect([result.total.min, result.total.typical, result.total.max].map((amount) => formatUsd(amount))).toEqual([
      '$843.36',
      '$848.68',
      '$3,220.03',
    ]);
  });

  test('misses nothing', () => {
    expect(result.counts['needs-usage'] + result.counts['price-missing'] + result.counts['not-priced']).toBe(0);
    expect(result.isLowerBound).toBe(false);
  });
});

describe('gpu, prod: two to eight g5.xlarge, two standby hosts, endpoints instead of NAT', () => {
  const result = forecastOf(fixturePlan('gpu-prod'), gpuUsage);

  test.each([
    ...shared,
    // twice the dev fleet: 2 × 734.38; 200 GB × 0.08; 6,000 IOPS × 0.005; 750 MB/s × 0.04; 14 metrics × 0.30
    ['module.gpu.module.gpu_fleet.aws_autoscaling_group.this', ['$1,468.76', '$16.00', '$30.00', '$30.00', '$4.20']] as const,
    ['module.gpu.module.standby.aws_autoscaling_group.this', ['$6.13', '$1.28']] as const,
    // 2 zones × 730 × 0.01; 10 GB × 0.01. The subnets are only known through two module outputs
    ['module.gpu.module.network.aws_vpc_endpoint.interface["sts"]', ['$14.60', '$0.10']] as const,
  ])('%s', (address, expected) => {
    expect(cents(result, address)).toEqual(expected);
  });

  test('adds up', () => {
    // 1548.96 + 7.412 + 10 × 14.70 + 16.5139 + 3.50 + 6.60 + 1.2145 + 5.10 + 0.898 + 0.1717 = 1737.370
    expect(formatUsd(result.total.typical)).toBe('$1,737.37');
    // the S3 gateway endpoint is free, and says so
    expect(result.resources.find((resource) => resource.address.endsWith('aws_vpc_endpoint.s3'))?.status).toBe('free');
  });
});

/** The seed's figures, with the small usage that reproduces them. */
const seedUsage: UsageInput = {
  resources: {
    aws_nat_gateway: { dataProcessedGB: 10 },
    aws_lb: { lcuHours: 365 },
    aws_db_instance: { extraBackupGB: 5 },
    aws_cloudwatch_log_group: { ingestGB: 1, storedGB: 5 },
    aws_ecr_repository: { storageGB: 2 },
    'data-transfer': { internetGB: 0 },
  },
};

function change(plan: Plan, address: string, values: Values): Plan {
  const resource_changes = plan.resource_changes.map((entry) =>
    entry.address === address ? { ...entry, change: { ...entry.change, after: { ...entry.change.after, ...values } } } : entry,
  );
  return { ...plan, resource_changes };
}

describe("seed 002's development environment, line by line beside the seed's table", () => {
  const plan = fixturePlan('seed-002');
  const result = forecastOf(plan, seedUsage);

  test.each([
    // seed 78.53. 2 × 730 × 0.04048 = 59.1008; 6 × 730 × 0.004445 = 19.4691; together 78.57: the seed's 4 cents are its rounding of the rates
    ['Fargate', 'aws_ecs_service.this', ['$59.10', '$19.47']],
    // seed 33.30. 730 × 0.045 + 10 × 0.045
    ['NAT gateway', 'aws_nat_gateway.this', ['$32.85', '$0.45']],
    // seed 19.35. 16.425 + 365 × 0.008 = 19.345; and what the seed forgot: 2 addresses × 730 × 0.005
    ['ALB', 'aws_lb.this', ['$16.43', '$2.92', '$7.30']],
    // seed 15.92. 730 × 0.018 = 13.14; 20 × 0.115; 5 × 0.095 = 0.475: 15.915
    ['RDS', 'aws_db_instance.this', ['$13.14', '$2.30', '$0.48']],
    // seed 0.65. 0.50 + 5 × 0.03
    ['logs', 'aws_cloudwatch_log_group.this', ['$0.50', '$0.15']],
    // seed 0.20. 2 × 0.10
    ['ECR', 'aws_ecr_repository.this', ['$0.20']],
    // not in the seed: the NAT gateway's address
    ['public IPv4', 'aws_eip.nat', ['$3.65']],
  ])('%s', (_, address, expected) => {
    expect(cents(result, address)).toEqual(expected);
  });

  test('costs what the seed says, and three public addresses more', () => {
    // 78.5699 + 33.30 + 19.345 + 15.915 + 0.65 + 0.20 = 147.9799; + 3 × 3.65 = 158.9299
    expect(formatUsd(result.total.typical)).toBe('$158.93');
  });

  test('option 1, scheduled shutdown: the seed says ~96', () => {
    const scheduled = forecastOf(plan, { ...seedUsage, hours: { onPerMonth: 252 } });
    // 12 h on 21 working days: 78.5699 × 252 / 730 = 27.1228; 147.9799 − 51.4471 = 96.53; + 10.95. NAT, ALB and RDS run on
    expect(formatUsd(scheduled.total.typical)).toBe('$107.48');
  });

  test('option 2, a smaller model: no Fargate size gives the ~133 of the seed', () => {
    const smaller = forecastOf(change(plan, 'aws_ecs_task_definition.this', { memory: '4096' }), seedUsage);
    const half = forecastOf(change(plan, 'aws_ecs_task_definition.this', { cpu: '1024', memory: '4096' }), seedUsage);
    // 2 vCPU need at least 4 GB: 59.1008 + 12.9794 = 72.0802: 141.49 + 10.95. 1 vCPU: 29.5504 + 12.9794 = 42.5298: 111.94 + 10.95
    expect(formatUsd(smaller.total.typical)).toBe('$152.44');
    expect(formatUsd(half.total.typical)).toBe('$122.89');
  });

  test('option 3, Fargate Spot: the seed says ~93', () => {
    const spot = change(plan, 'aws_ecs_service.this', {
      launch_type: null,
      capacity_provider_strategy: [{ capacity_provider: 'FARGATE_SPOT', base: 0, weight: 1 }],
    });
    // 30 % of 78.5699 = 23.5710; 147.9799 − 54.9989 = 92.98; + 10.95
    expect(formatUsd(forecastOf(spot, seedUsage).total.typical)).toBe('$103.93');
  });
});
