import * as fc from 'fast-check';
import type { Variables } from './generated-plans.ts';

/** Types that the price book knows, by region; others are refused by the cost module. */
const instanceTypes: Record<string, readonly string[]> = {
  'us-east-1': [
    'g5.xlarge',
    'g5.2xlarge',
    'g5.4xlarge',
    'g5.12xlarge',
    'g4dn.xlarge',
    'g4dn.2xlarge',
    'g4dn.4xlarge',
    'g6.xlarge',
  ],
  'eu-west-1': ['g5.xlarge', 'g5.2xlarge', 'g5.12xlarge', 'g4dn.xlarge', 'g4dn.2xlarge', 'g4dn.12xlarge'],
  'ap-southeast-1': ['g4dn.xlarge', 'g4dn.2xlarge', 'g4dn.4xlarge', 'g4dn.12xlarge'],
};

export const environments = ['dev', 'staging', 'prod'] as const;
export const retentionDays = [30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

const account = '123456789012';
const certificate = (region: string): string =>
  `arn:aws:acm:${region}:${account}:certificate/12345678-1234-1234-1234-123456789abc`;
const digest = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });

/** Two to four zones of a region, in any order. */
export const zonesOf = (region: string): fc.Arbitrary<string[]> =>
  fc
    .shuffledSubarray([...'abcdef'], { minLength: 2, maxLength: 4 })
    .map((letters) => letters.map((letter) => `${region}${letter}`));

/** Private ranges of /16 to /22 that begin at their own first address. */
export const vpcRange: fc.Arbitrary<string> = fc
  .record({
    bits: fc.integer({ min: 16, max: 22 }),
    second: fc.integer({ min: 0, max: 255 }),
    third: fc.integer({ min: 0, max: 255 }),
  })
  .map(({ bits, second, third }) => `10.${second}.${third & (0xff << (24 - bits)) & 0xff}.0/${bits}`);

export const sizes: fc.Arbitrary<{ min_instances: number; max_instances: number }> = fc
  .record({ least: fc.integer({ min: 0, max: 12 }), more: fc.integer({ min: 0, max: 20 }) })
  .map(({ least, more }) => ({ min_instances: least, max_instances: Math.max(1, least) + more }));

export const thresholds: fc.Arbitrary<{ down: number; up: number }> = fc
  .record({ down: fc.integer({ min: 1, max: 60 }), gap: fc.integer({ min: 1, max: 38 }) })
  .map(({ down, gap }) => ({ down, up: down + gap }));

const nullable = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });

/** The API's own name and TLS to the load balancer: one does not go without the other. */
const tls = (region: string): fc.Arbitrary<Variables> =>
  fc.oneof(
    fc.constant({}),
    fc.constant({ certificate_arn: certificate(region), alb_server_name: 'llm.example.com' }),
    fc.constantFrom('', 'Z0123456789ABCDEFGHIJ').map((zone) => ({
      certificate_arn: certificate(region),
      alb_server_name: 'api.example.com',
      domain_name: 'api.example.com',
      hosted_zone_id: zone,
    })),
  );

const demo: fc.Arbitrary<Variables> = fc.oneof(
  fc.constant({ enable_demo: false }),
  fc.constant({ enable_demo: true }),
  fc.constant({ enable_demo: true, demo_domain_name: 'demo.example.com', demo_certificate_arn: certificate('us-east-1') }),
);

const alarms: fc.Arbitrary<Variables> = fc.oneof(
  fc.constant({}),
  fc.constant({ alarm_email: 'ops@example.com' }),
  fc.constant({ sns_topic_arn: `arn:aws:sns:us-east-1:${account}:ops` }),
);

/** How the fleet is bought: a warm pool stands on one type and without spot. */
const purchase = (region: string): fc.Arbitrary<Variables> => {
  const types = fc.shuffledSubarray([...(instanceTypes[region] ?? [])], { minLength: 1, maxLength: 4 });
  const several = fc.record({
    types,
    spot: nullable(
      fc.record({ on_demand_base: fc.integer({ min: 0, max: 3 }), on_demand_percentage: fc.integer({ min: 0, max: 100 }) }),
    ),
  });
  return fc.oneof(
    {
      weight: 4,
      arbitrary: several.map(({ types: [first, ...rest], spot }) => ({
        instance_type: first,
        fallback_instance_types: rest,
        spot,
      })),
    },
    {
      weight: 1,
      arbitrary: fc
        .record({ types, min_size: fc.integer({ min: 0, max: 3 }) })
        .map(({ types: [first], min_size }) => ({ instance_type: first, fallback_instance_types: [], warm_pool: { min_size } })),
    },
  );
};

const artifacts = (region: string): fc.Arbitrary<Variables> =>
  fc.tuple(digest, digest, digest).map(([engine, gateway, weights]) => ({
    artifacts: {
      bucket: `llm-dev-gpu-artifacts-${account}-${region}`,
      engine_image: `${account}.dkr.ecr.${region}.amazonaws.com/llm/engine@sha256:${engine}`,
      gateway_image: `${account}.dkr.ecr.${region}.amazonaws.com/llm/gateway@sha256:${gateway}`,
      weights_key: 'weights/microsoft--Phi-3-mini-4k-instruct@0123456',
      weights_sha256: weights,
    },
  }));

const plain = fc.record({
  name: fc.constantFrom('llm', 'chat', 'a1', 'sluice-test'),
  environment: fc.constantFrom(...environments),
  vpc_cidr: vpcRange,
  egress_mode: fc.constantFrom('nat', 'endpoints'),
  scale_up_queue_depth: nullable(fc.integer({ min: 1, max: 50 })),
  api_key_required: fc.boolean(),
  enable_standby_responder: fc.boolean(),
  retention_days: fc.constantFrom(...retentionDays),
  rate_limit_per_ip: fc.integer({ min: 10, max: 100_000 }),
  request_timeout_ms: fc.integer({ min: 1000, max: 110_000 }),
  max_model_len: fc.integer({ min: 256, max: 131_072 }),
  budget_usd_month: nullable(fc.integer({ min: 1, max: 50_000 })),
  deletion_protection: nullable(fc.boolean()),
  ami_id: fc.constantFrom('', 'ami-0123456789abcdef0'),
  permissions_boundary_arn: fc.constantFrom('', `arn:aws:iam::${account}:policy/llm/boundary`),
  cors_allowed_origin: fc.constantFrom('', '*', 'https://app.example.com'),
  tags: fc.constantFrom({}, { CostCenter: '4711' }),
});

/** Any valid variables of the topology, but for the folder of the demo's pages. */
export const topologyVariables: fc.Arbitrary<Variables> = fc.constantFrom(...Object.keys(instanceTypes)).chain((region) =>
  fc
    .tuple(plain, sizes, thresholds, zonesOf(region), tls(region), demo, alarms, purchase(region), artifacts(region))
    .map(([base, size, { down, up }, zones, ...parts]) =>
      Object.assign(
        {
          ...base,
          ...size,
          account_id: account,
          aws_region: region,
          availability_zones: zones,
          scale_down_threshold: down,
          scale_up_threshold: up,
          allow_other_gpu_families: true,
        },
        ...parts,
      ),
    ),
);
