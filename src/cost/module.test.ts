import { describe, expect, test } from 'vitest';
import { book, fixturePlan, forecastOf } from '../../test/cost/harness.ts';
import type { Forecast } from './forecast.ts';
import { add, zero } from './forecast.ts';
import { divideRounded, decimalUsd, type Usd } from './money.ts';
import type { Plan } from './plan/plan.ts';
import { each, type Each } from './range.ts';

// `infrastructure/modules/cost` repeats a part of our rules in HCL. Here its prices and the figures that it must reach are generated from the
// estimator; `tofu test` in the module proves that it reaches them. Renew both with `vitest run --project unit src/cost/module -u`.

const folder = '../../infrastructure/modules/cost';
const modulePrices =
  /^(ec2\.ondemand\..*|ebs\.gp3\..*|cw\.(metrics|alarm\.standard|alarm\.composite|dashboard|logs\.ingest|logs\.storage)|nat\.hour|ipv4\.inuse|vpce\.hour|alb\..*|apigw\.rest\.requests|waf\.(webacl|rule|requests)|dto\.internet|secrets\.secret)$/;

test("the module's prices are those of the book", async () => {
  const regions = book.file.regions.map((region) => {
    const rows = book.file.rows.filter((row) => row.region === region && modulePrices.test(row.id));
    return ` ${JSON.stringify(region)}: {\n${rows.map((row) => `  ${JSON.stringify(row.id)}: ${JSON.stringify(row.tiers)}`).join(',\n')}\n }`;
  });
  await expect(`{\n${regions.join(',\n')}\n}\n`).toMatchFileSnapshot(`${folder}/prices.json`);
});

/** Types of the module's breakdown → where the estimator counts the same. */
const types: Record<string, (address: string, type: string) => boolean> = {
  gpu_instances: (address) => address.includes('gpu_fleet.aws_autoscaling_group'),
  standby: (address) => address.includes('standby.aws_autoscaling_group'),
  alb: (_, type) => type === 'aws_lb',
  nat_or_endpoints: (_, type) => ['aws_nat_gateway', 'aws_eip', 'aws_vpc_endpoint'].includes(type),
  api_gateway: (_, type) => type === 'aws_api_gateway_rest_api',
  waf: (_, type) => type === 'aws_wafv2_web_acl',
  cloudwatch: (_, type) => type.startsWith('aws_cloudwatch_') || type === 'custom-metrics',
  data_transfer: (_, type) => type === 'data-transfer',
  secrets: (_, type) => type === 'aws_secretsmanager_secret',
};

const dollars = (amounts: Each<Usd>): string => {
  const cents = each((scenario) => decimalUsd(divideRounded(amounts[scenario], 100_000_000n) * 100_000_000n));
  return `{ min = ${cents.min}, typical = ${cents.typical}, max = ${cents.max} }`;
};

function moved(plan: Plan, region: string): Plan {
  return {
    ...plan,
    configuration: {
      ...plan.configuration,
      provider_config: { aws: { name: 'aws', expressions: { region: { constant_value: region } } } },
    },
  };
}

interface Case {
  name: string;
  region: string;
  plan: Plan;
  requests: [number, number, number];
  sizes: { min: number; max: number; standby: number; nat: number; zones: number };
}

const dev = { min: 1, max: 4, standby: 1, nat: 1, zones: 0 };
const cases: Case[] = [
  { name: 'dev', region: 'us-east-1', plan: fixturePlan('gpu-dev'), requests: [0, 1_000_000, 10_000_000], sizes: dev },
  {
    name: 'dev_in_ireland',
    region: 'eu-west-1',
    plan: moved(fixturePlan('gpu-dev'), 'eu-west-1'),
    requests: [1000, 250_000, 900_000_000],
    sizes: dev,
  },
  {
    name: 'prod',
    region: 'us-east-1',
    plan: fixturePlan('gpu-prod'),
    requests: [0, 1_000_000, 10_000_000],
    sizes: { min: 2, max: 8, standby: 2, nat: 0, zones: 20 },
  },
];

const forecastFor = ({ plan, requests }: Case): Forecast => forecastOf(plan, { traffic: { requests } });

function runBlock(entry: Case): string {
  const result = forecastFor(entry);
  const { min, max, standby, nat, zones } = entry.sizes;
  const [least, typical, most] = entry.requests;
  const expected = Object.entries(types).map(([type, belongs]) => {
    const amounts = result.resources
      .filter((resource) => belongs(resource.address, resource.type))
      .map((resource) => resource.monthly);
    return `      ${type.padEnd(16)} = ${dollars(amounts.reduce(add, zero()))}`;
  });
  return `run "${entry.name}" {
  command = plan
  variables {
    region = "${entry.region}"
    fleets = {
      gpu_instances = { instance_type = "g5.xlarge", min = ${min}, max = ${max}, volume_gb = 100, volume_iops = 6000, volume_throughput = 500, detailed_monitoring = true }
      standby       = { instance_type = "t4g.nano", min = ${standby}, max = ${standby} }
    }
    network    = { nat_gateways = ${nat}, public_addresses = ${nat}, interface_endpoint_zones = ${zones}, load_balancers = 1 }
    waf        = { acls = 1, rules = 1 }
    monitoring = { alarms = 7, composite_alarms = 1, dashboards = 1, custom_metrics = 3, log_groups = 3 }
    secrets    = 1
    traffic    = { requests = { min = ${least}, typical = ${typical}, max = ${most} } }
  }

  assert {
    condition     = alltrue([for case, expected in ${dollars(result.total)} : abs(output.estimated_monthly_cost[case] - expected) <= 0.01])
    error_message = jsonencode(output.estimated_monthly_cost)
  }

  assert {
    condition = alltrue(flatten([for type, cases in {
${expected.join('\n')}
    } : [for case, expected in cases : abs(output.estimated_monthly_cost_by_type[type][case] - expected) <= 0.01]]))
    error_message = jsonencode(output.estimated_monthly_cost_by_type)
  }
}
`;
}

describe('agreement', () => {
  test('the types of the breakdown add up to the total of the estimator', () => {
    for (const entry of cases) {
      const result = forecastFor(entry);
      const counted = result.resources.filter((resource) =>
        Object.values(types).some((belongs) => belongs(resource.address, resource.type)),
      );
      expect(counted.map((resource) => resource.monthly).reduce(add, zero())).toEqual(result.total);
      expect(result.isLowerBound).toBe(false);
    }
  });

  test('the figures in the test of the module are those of the estimator', async () => {
    const head =
      '# Generated by src/cost/module.test.ts from forecasts of the estimator. Do not edit.\n\nmock_provider "aws" {}\n\nvariables {\n  name = "agreement"\n}\n';
    await expect([head, ...cases.map(runBlock)].join('\n')).toMatchFileSnapshot(`${folder}/tests/agreement.tftest.hcl`);
  });
});
