import * as fc from 'fast-check';
import { environments, retentionDays, sizes, thresholds, vpcRange, zonesOf } from './combinations.ts';
import type { Variables } from './generated-plans.ts';

const account = '123456789012';
const image = `${account}.dkr.ecr.us-east-1.amazonaws.com/llm/gateway@sha256:${'0'.repeat(64)}`;
const logGroup = (name: string): { name: string; arn: string } => ({
  name,
  arn: `arn:aws:logs:us-east-1:${account}:log-group:${name}`,
});

/** A name with its environment, which the modules are given together. */
const named: fc.Arbitrary<Variables> = fc
  .record({ name: fc.constantFrom('llm', 'chat', 'sluice-test'), environment: fc.constantFrom(...environments) })
  .map(({ name, environment }) => ({ name: `${name}-${environment}-gpu`, environment, aws_region: 'us-east-1' }));

const with_ = (parts: fc.Arbitrary<Variables>): fc.Arbitrary<Variables> =>
  fc.tuple(named, parts).map(([name, part]) => ({ ...name, ...part }));

const networking = with_(
  fc.record({
    vpc_cidr: vpcRange,
    availability_zones: zonesOf('us-east-1'),
    nat: fc.constantFrom('none', 'single', 'per_zone'),
    interface_endpoints: fc.subarray(['ecr.api', 'ecr.dkr', 'logs', 'monitoring', 'ssm', 'sts', 'secretsmanager']),
    database_subnets: fc.boolean(),
    log_retention_days: fc.constantFrom(1, 7, ...retentionDays),
  }),
);

const gpuFleet = with_(
  fc
    .tuple(
      sizes,
      thresholds,
      fc.record({
        queue_depth: fc.option(fc.integer({ min: 1, max: 40 }), { nil: null }),
        types: fc.shuffledSubarray(['g5.xlarge', 'g5.2xlarge', 'g4dn.xlarge', 'g5.48xlarge'], { minLength: 1 }),
        purchase: fc.constantFrom('on demand', 'spot', 'warm pool'),
        on_demand_base: fc.integer({ min: 0, max: 5 }),
        key: fc.constantFrom('', `arn:aws:secretsmanager:us-east-1:${account}:secret:x-AbCdEf`),
        zones: fc.integer({ min: 2, max: 4 }),
      }),
    )
    .map(([size, { down, up }, rest]) => ({
      ...size,
      account_id: account,
      subnet_ids: Array.from({ length: rest.zones }, (_, index) => `subnet-0123456789abcdef${index}`),
      security_group_id: 'sg-0123456789abcdef0',
      target_group_arn: `arn:aws:elasticloadbalancing:us-east-1:${account}:targetgroup/x/50dc6c495c0c9188`,
      instance_types: rest.purchase === 'warm pool' ? rest.types.slice(0, 1) : rest.types,
      scaling: { scale_up_threshold: up, scale_down_threshold: down, queue_depth: rest.queue_depth },
      spot: rest.purchase === 'spot' ? { on_demand_base: rest.on_demand_base, on_demand_percentage: 0 } : null,
      warm_pool: rest.purchase === 'warm pool' ? { min_size: 1 } : null,
      artifacts: {
        bucket: 'x-artifacts',
        engine_image: image,
        gateway_image: image,
        weights_key: 'weights/x',
        weights_sha256: '0'.repeat(64),
      },
      gateway: { cors_origin: 'https://app.example.com' },
      keys_secret_arn: rest.key,
      log_groups: { gateway: logGroup('/llm/x/gateway'), engine: logGroup('/llm/x/engine'), host: logGroup('/llm/x/host') },
    })),
);

const monitoring = with_(
  fc
    .record({
      retention_days: fc.constantFrom(...retentionDays),
      max_instances: fc.integer({ min: 1, max: 100 }),
      budget_usd_month: fc.option(fc.integer({ min: 1, max: 9999 }), { nil: null }),
      instance_hour: fc.double({ min: 1e-7, max: 30, noNaN: true }),
      fixed_hour: fc.double({ min: 0, max: 5, noNaN: true }),
      request: fc.double({ min: 0, max: 1e-4, noNaN: true }),
      latency: fc.integer({ min: 1, max: 60_000 }),
      topic: fc.constantFrom('', `arn:aws:sns:us-east-1:${account}:ops`),
    })
    .map(({ instance_hour, fixed_hour, request, latency, topic, ...rest }) => ({
      ...rest,
      account_id: account,
      asg_name: 'x-fleet',
      scale_out_alarm_name: 'x-gpu-high',
      alb_arn_suffix: 'app/x/50dc6c495c0c9188',
      target_group_arn_suffix: 'targetgroup/x/50dc6c495c0c9188',
      api_name: 'x',
      stage_name: 'dev',
      web_acl_name: 'x-api',
      thresholds: { latency_p99_ms: latency },
      cost_constants: { instance_hour, fixed_hour, request },
      sns_topic_arn: topic,
    })),
);

const api = with_(
  fc.record({
    alb_arn: fc.constant(`arn:aws:elasticloadbalancing:us-east-1:${account}:loadbalancer/app/x/50dc6c495c0c9188`),
    alb_dns_name: fc.constant('x-1.us-east-1.elb.amazonaws.com'),
    alb_server_name: fc.constantFrom('', 'llm.example.com'),
    subnet_ids: fc.constant(['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1']),
    security_group_id: fc.constant('sg-0123456789abcdef0'),
    cors_origin: fc.constantFrom('*', 'https://app.example.com'),
    rate_limit_per_ip: fc.integer({ min: 10, max: 2_000_000_000 }),
    throttle: fc.record({ rate: fc.integer({ min: 1, max: 10_000 }), burst: fc.integer({ min: 1, max: 5000 }) }),
    log_retention_days: fc.constantFrom(1, 7, ...retentionDays),
    tracing: fc.boolean(),
  }),
);

/** Modules that a property is about, each with any valid inputs for it and how many combinations of them are judged. */
export const moduleCombinations = {
  networking: { inputs: networking, count: 60 },
  gpu_fleet: { inputs: gpuFleet, count: 60 },
  monitoring: { inputs: monitoring, count: 40 },
  api: { inputs: api, count: 20 },
} satisfies Record<string, { inputs: fc.Arbitrary<Variables>; count: number }>;
