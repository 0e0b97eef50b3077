import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixturePlan, forecastOf, handPlan, only } from '../../test/cost/harness.ts';
import { scenarios } from './range.ts';
import { rules } from './rules/index.ts';
import { parseUsage, type UsageInput } from './usage/profile.ts';
import { freeTypes } from './rules/free.ts';

const plans = ['golden', 'gpu-dev', 'gpu-prod', 'seed-002'].map((name) => fixturePlan(name));

const amount = fc.integer({ min: 0, max: 50_000_000 });
const ordered = fc
  .tuple(amount, amount, amount)
  .map((values) => values.sort((left, right) => left - right) as [number, number, number]);

const usageArbitrary = fc.record({
  traffic: fc.record({
    requests: ordered,
    outputTokens: fc.integer({ min: 0, max: 4000 }),
    responseKB: fc.integer({ min: 0, max: 5000 }),
    streamingShare: fc.constantFrom(0, 0.5, 1),
  }),
  launches: fc.record({ perMonth: ordered, downloadGB: fc.integer({ min: 0, max: 50 }) }),
  hours: fc.record({ onPerMonth: fc.integer({ min: 0, max: 730 }) }),
  resources: fc.record({
    aws_s3_bucket: fc.record({ storageGB: ordered }),
    'data-transfer': fc.record({ interAzGB: ordered }),
  }),
});

const run = { numRuns: 40 };

describe('laws of every forecast', () => {
  test('the total is the sum of the lines, of the types and of the categories', () => {
    fc.assert(
      fc.property(fc.constantFrom(...plans), usageArbitrary, fc.boolean(), (plan, usage, freeTier) => {
        const result = forecastOf(only(plan, ''), pruned(plan, usage), { freeTier });
        for (const scenario of scenarios) {
          const lines = result.resources
            .flatMap((resource) => resource.lines)
            .reduce((sum, line) => sum + line.monthly[scenario], 0n);
          const credits = result.freeTier.reduce((sum, credit) => sum + credit.monthly[scenario], 0n);
          expect(lines + credits).toBe(result.total[scenario]);
          expect([...result.byType.values()].reduce((sum, value) => sum + value[scenario], 0n)).toBe(result.total[scenario]);
          expect([...result.byCategory.values()].reduce((sum, value) => sum + value[scenario], 0n)).toBe(result.total[scenario]);
        }
      }),
      run,
    );
  });

  test('min ≤ typical ≤ max, for the total and every type', () => {
    fc.assert(
      fc.property(fc.constantFrom(...plans), usageArbitrary, (plan, usage) => {
        const result = forecastOf(plan, pruned(plan, usage));
        for (const value of [result.total, ...result.byType.values()]) {
          expect(value.min).toBeLessThanOrEqual(value.typical);
          expect(value.typical).toBeLessThanOrEqual(value.max);
        }
      }),
      run,
    );
  });

  test('more requests never cost less', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...plans),
        usageArbitrary,
        fc.integer({ min: 0, max: 100_000_000 }),
        fc.boolean(),
        (plan, usage, more, freeTier) => {
          const before = pruned(plan, usage);
          const requests = usage.traffic.requests.map((value) => value + more) as [number, number, number];
          const after = { ...before, traffic: { ...usage.traffic, requests } };
          const [less, greater] = [forecastOf(plan, before, { freeTier }), forecastOf(plan, after, { freeTier })];
          for (const scenario of scenarios) expect(greater.total[scenario]).toBeGreaterThanOrEqual(less.total[scenario]);
        },
      ),
      run,
    );
  });

  test('more of any usage key never costs less', () => {
    const keyed = plans.flatMap((plan) =>
      [...new Set(plan.resource_changes.map((change) => change.type))].flatMap((type) =>
        (rules.get(type)?.usageKeys ?? []).map((key) => ({ plan, type, key })),
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...keyed), amount, amount, ({ plan, type, key }, base, more) => {
        const at = (value: number): bigint =>
          forecastOf(only(plan, type, 'aws_launch_template', 'aws_ecs_task'), { resources: { [type]: { [key]: value } } }).total
            .typical;
        expect(at(base + more)).toBeGreaterThanOrEqual(at(base));
      }),
      { numRuns: 150 },
    );
  });

  test('a resource of an unknown type never changes the total, only what is said of it', () => {
    const plan = plans[1]!;
    const stranger = handPlan({ 'aws_quantum_thing.x': { size: 3 } });
    const both = { ...plan, resource_changes: [...plan.resource_changes, ...stranger.resource_changes] };
    expect(forecastOf(both).total).toEqual(forecastOf(plan).total);
    expect(forecastOf(both).counts['not-priced']).toBe(forecastOf(plan).counts['not-priced'] + 1);
  });

  test('the same input gives the same forecast', () => {
    const [one, other] = [forecastOf(plans[0]!), forecastOf(plans[0]!)];
    expect({ ...one, graph: null }).toEqual({ ...other, graph: null });
  });
});

/** Keeps only the usage of types that the plan has: others are errors. */
function pruned(plan: (typeof plans)[number], usage: { resources: object }): UsageInput {
  const types = new Set([...plan.resource_changes.map((change) => change.type), 'data-transfer']);
  return {
    ...usage,
    resources: Object.fromEntries(Object.entries(usage.resources).filter(([type]) => types.has(type))),
  } as UsageInput;
}

describe('states', () => {
  const status = (plan: ReturnType<typeof handPlan>, usage: UsageInput = {}): string[] =>
    forecastOf(plan, usage)
      .resources.slice(0, 1)
      .flatMap((resource) => [resource.status, ...resource.reasons]);

  test('needs usage: says which key', () => {
    expect(status(handPlan({ 'aws_s3_bucket.x': {} }))).toEqual([
      'needs-usage',
      'standard storage: set storageGB in the usage file',
    ]);
  });

  test('price missing: says which price and how to add it', () => {
    const [state, reason] = status(
      handPlan({
        'aws_instance.x': { instance_type: 'p5.48xlarge', root_block_device: [{ volume_size: 8, volume_type: 'gp3' }] },
      }),
    );
    expect(state).toBe('price-missing');
    expect(reason).toBe(
      'no price for ec2.ondemand.p5.48xlarge in us-east-1; add it with: sluice prices refresh --only --region us-east-1 --id ec2.ondemand.p5.48xlarge',
    );
  });

  test('a type that the region does not offer: says what it offers', () => {
    const [state, reason] = status(handPlan({ 'aws_instance.x': { instance_type: 'g5.xlarge' } }, 'ap-southeast-1'));
    expect(state).toBe('price-missing');
    expect(reason).toContain('not offered in ap-southeast-1; offered there: g4dn.12xlarge');
  });

  test("another region's price is never used", () => {
    const [state] = status(handPlan({ 'aws_nat_gateway.x': {} }, 'eu-central-1'), {
      resources: { aws_nat_gateway: { dataProcessedGB: 1 } },
    });
    expect(state).toBe('price-missing');
  });

  test('a part without a rule makes the resource not priced', () => {
    expect(status(handPlan({ 'aws_eks_cluster.x': { version: '1.35', compute_config: [{ enabled: true }] } }))).toEqual([
      'not-priced',
      'not priced: the Auto Mode fee of each instance',
    ]);
  });

  test('a plan without a region is an error, never us-east-1', () => {
    const plan = { ...handPlan({ 'aws_eip.x': {} }), configuration: {} };
    expect(() => forecastOf(plan)).toThrow('aws_eip.x lies; pass --region');
    expect(forecastOf(plan, {}, { region: 'eu-west-1' }).resources[0]?.region).toBe('eu-west-1');
  });

  test('no type is both free and priced', () => {
    expect([...freeTypes].filter((type) => rules.has(type) && type.startsWith('aws_'))).toEqual([]);
  });
});

describe('usage file', () => {
  test.each([
    [{ trafic: {} }, 'unknown key trafic at top level; did you mean traffic?'],
    [{ traffic: { request: 5 } }, 'unknown key request at traffic; did you mean requests?'],
    [{ traffic: { requests: [3, 2, 1] } }, 'three numbers must not fall'],
  ])('%j is refused', (input, message) => {
    expect(() => parseUsage(input)).toThrow(message);
  });

  test('a key that the type does not have is refused', () => {
    const plan = handPlan({ 'aws_s3_bucket.x': {} });
    expect(() => forecastOf(plan, { resources: { aws_s3_bucket: { storageGb: 1 } } })).toThrow(
      'aws_s3_bucket has no key storageGb; did you mean storageGB?',
    );
    expect(() => forecastOf(plan, { resources: { 'aws_s3_bucket.y': { storageGB: 1 } } })).toThrow(
      'no resource or type aws_s3_bucket.y',
    );
  });

  test('an address wins over its [*], and that over the type', () => {
    const plan = handPlan({ 'aws_s3_bucket.x[0]': {}, 'aws_s3_bucket.x[1]': {}, 'aws_s3_bucket.y': {} });
    const result = forecastOf(plan, {
      resources: {
        aws_s3_bucket: { storageGB: 1 },
        'aws_s3_bucket.x[*]': { storageGB: 2 },
        'aws_s3_bucket.x[0]': { storageGB: 3 },
      },
    });
    expect(result.resources.slice(0, 3).map((resource) => resource.lines[0]?.quantity?.typical)).toEqual([
      3_000_000n,
      2_000_000n,
      1_000_000n,
    ]);
  });
});

test('the GPU fleet follows the load, and says when it cannot', () => {
  const plan = fixturePlan('gpu-dev');
  const fleet = (requests: number): [number, string[]] => {
    const group = forecastOf(plan, { traffic: { requests, profile: 'flat' } }).resources.find((resource) =>
      resource.address.includes('gpu_fleet.aws_autoscaling_group'),
    );
    return [Number(group?.lines[0]?.quantity?.typical ?? 0n) / 730e6, group?.warnings ?? []];
  };
  // 350 tokens/s a host (500 × 0.7): 200 tokens × 10M / 2,628,000 s = 761 tokens/s need 3 hosts; 20M need 4.35, more than the 4 allowed
  expect(fleet(10_000_000)).toEqual([3, []]);
  expect(fleet(20_000_000)).toEqual([4, ['typical demand exceeds max_size in 24 of 24 hours']]);
});

/** A plan moved to another region. */
function moved(plan: (typeof plans)[number], region: string): (typeof plans)[number] {
  const provider_config = { aws: { name: 'aws', expressions: { region: { constant_value: region } } } };
  const resource_changes = plan.resource_changes.map((change) => ({
    ...change,
    change: { ...change.change, after: { ...change.change.after, availability_zone: null, availability_zones: null } },
  }));
  return { ...plan, resource_changes, configuration: { ...plan.configuration, provider_config } };
}

describe('the bundled book covers its regions, but for these declared gaps', () => {
  const missingIn = (region: string): string[] => {
    const lines = plans.flatMap((plan) => forecastOf(moved(plan, region)).resources).flatMap((resource) => resource.lines);
    return [...new Set(lines.filter((line) => line.prices === undefined).map((line) => line.priceId))].sort();
  };
  const databases = [
    'elasticache.valkey.cache.t4g.small',
    'fargate.spot.gb',
    'fargate.spot.vcpu',
    'rds.gp2.gb',
    'rds.gp2.gb.multiaz',
    'rds.gp3.gb.multiaz',
    'rds.gp3.iops.multiaz',
    'rds.mysql.db.t4g.small',
    'rds.mysql.multiaz.db.t3.large',
    'rds.mysql.multiaz.db.t4g.small',
    'rds.postgres.db.t3.large',
    'rds.postgres.db.t3.micro',
  ];

  test('us-east-1: none', () => {
    expect(missingIn('us-east-1')).toEqual([]);
  });

  test('eu-west-1', () => {
    expect(missingIn('eu-west-1')).toEqual(databases);
  });

  test('ap-southeast-1, where g5 is not offered at all', () => {
    expect(missingIn('ap-southeast-1')).toEqual(
      ['ec2.ondemand.g5.xlarge', 'ec2.spot.g5.xlarge', 'rds.gp3.gb', ...databases].sort(),
    );
  });
});
