import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { missingWidgets } from './dashboard.ts';
import { wrongSizes } from './fleet-sizes.ts';
import { generatedPlans, type Variables } from './generated-plans.ts';
import { weaknesses } from './hardening.ts';
import { openIngress } from './ingress.ts';
import { moduleCombinations } from './module-combinations.ts';
import { widePermissions } from './permissions.ts';
import { resourcesOf, type PlanJson } from './plan.ts';
import { draw, seedOf } from './seed.ts';
import { findTofu, makeWorkspace } from './tofu.ts';
import { wrongSpread } from './zones.ts';

// Any valid inputs of a module, many of them in one plan: a root calls the module once for each. SEED=… draws others.

type Name = keyof typeof moduleCombinations;

const seed = seedOf(process.env);
const names = Object.keys(moduleCombinations) as Name[];

interface Judged {
  inputs: Variables[];
  plan: PlanJson;
}

const judged = new Map<Name, Judged>();

/** A root that calls a module once for each of `cases`, and gives it what they say. */
function rootOf(name: Name, inputs: readonly Variables[]): string {
  const given = [...new Set(inputs.flatMap((entry) => Object.keys(entry)))];
  return [
    'variable "cases" {\n  type = any\n}',
    `module "case" {\n  source   = "../../modules/${name}"\n  for_each = var.cases`,
    ...given.map((input) => `  ${input} = each.value.${input}`),
    '}',
    'terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n    }\n  }\n}',
  ].join('\n');
}

beforeAll(async () => {
  const program = await findTofu();
  const workspace = await makeWorkspace();
  const started = performance.now();
  for (const name of names) {
    const { inputs: arbitrary, count } = moduleCombinations[name];
    const inputs = draw<Variables>(arbitrary, count, seed);
    const directory = join(workspace.copy, 'cases', name);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'main.tf'), rootOf(name, inputs));
    const cases = Object.fromEntries(inputs.map((entry, index) => [String(index), entry]));
    const [plan] = await generatedPlans(program, directory, [{ cases }], 'mocked');
    if (plan !== undefined) judged.set(name, { inputs, plan });
  }
  await workspace.remove();
  const total = names.reduce((sum, name) => sum + (judged.get(name)?.inputs.length ?? 0), 0);
  console.log(`modules: ${total} combinations, seed ${seed}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
}, 30 * 60_000);

/** Judges every combination of a module by the part of the plan that belongs to it. */
function expectNone(name: Name, judge: (plan: PlanJson, inputs: Variables, within: string) => string[]): void {
  const { plan, inputs } = judged.get(name)!;
  expect(inputs).toHaveLength(moduleCombinations[name].count);
  const wrong = inputs.flatMap((entry, index) => {
    const within = `module.case["${index}"]`;
    const own = { ...plan, resource_changes: plan.resource_changes!.filter((change) => change.module_address === within) };
    expect(own.resource_changes.length).toBeGreaterThan(0);
    const faults = judge(own, entry, within);
    return faults.length === 0 ? [] : [{ faults, inputs: entry }];
  });
  expect(wrong).toEqual([]);
}

test('at least 160 combinations are judged', () =>
  expect([...judged.values()].flatMap(({ inputs }) => inputs).length).toBeGreaterThanOrEqual(160));

describe('any valid inputs of', () => {
  test('networking: Property 4, subnets of each tier in every zone', () =>
    expectNone('networking', (plan, inputs, within) => {
      const tiers = ['public', 'private', ...(inputs['database_subnets'] === true ? ['database'] : [])];
      return wrongSpread(plan, inputs['availability_zones'] as string[], tiers, within);
    }));

  test('networking: Property 5, nothing is open to the internet', () => expectNone('networking', openIngress));

  test('networking: as many NAT gateways and endpoints as asked for', () =>
    expectNone('networking', (plan, { nat, availability_zones: zones, interface_endpoints: endpoints }) => {
      const wanted = { none: 0, single: 1, per_zone: (zones as string[]).length }[nat as 'none' | 'single' | 'per_zone'];
      const found = resourcesOf(plan, 'aws_nat_gateway').length;
      const asked = (endpoints as string[]).length + 1;
      const made = resourcesOf(plan, 'aws_vpc_endpoint').length;
      return [
        ...(found === wanted ? [] : [`${found} NAT gateways for ${String(nat)}`]),
        ...(made === asked ? [] : [`${made} endpoints and not ${asked}`]),
      ];
    }));

  test('gpu_fleet: Property 3, one instance at least', () =>
    expectNone('gpu_fleet', (plan, inputs, within) => wrongSizes(plan, inputs, within)));

  test('gpu_fleet: utilisation is watched at the thresholds that were asked for', () =>
    expectNone('gpu_fleet', (plan, { scaling }) => {
      const { scale_up_threshold: up, scale_down_threshold: down } = scaling as Record<string, number>;
      const found = new Map(
        resourcesOf(plan, 'aws_cloudwatch_metric_alarm').map(({ name, values }) => [name, values['threshold']]),
      );
      return found.get('gpu_high') === up && found.get('gpu_low') === down
        ? []
        : [`${up} and ${down} became ${JSON.stringify([...found])}`];
    }));

  test('monitoring: Property 6, the dashboard shows every required metric', () =>
    expectNone('monitoring', (plan, _, within) => missingWidgets(plan, within)));

  test('api: WAF counts to the limit by the minute and refuses, and the stage is behind it', () =>
    expectNone('api', (plan, { rate_limit_per_ip: limit }) => {
      const text = JSON.stringify(resourcesOf(plan, 'aws_wafv2_web_acl').map(({ values }) => values));
      const isLimited =
        text.includes(`"limit":${String(limit)}`) &&
        text.includes('"evaluation_window_sec":60') &&
        text.includes('"response_code":429');
      const isAttached = resourcesOf(plan, 'aws_wafv2_web_acl_association').length === 1;
      return [
        ...(isLimited ? [] : [`the limit of ${String(limit)} is not in ${text}`]),
        ...(isAttached ? [] : ['the stage has no firewall']),
      ];
    }));

  test.each(names)('%s: permissions, encryption and retention are as they should be', (name) =>
    expectNone(name, (plan) => [...widePermissions(plan), ...weaknesses(plan)]),
  );

  test.each(names)('%s: Property 2, names have the environment', (name) =>
    expectNone(name, (plan, { name: prefix }) =>
      resourcesOf(plan).flatMap(({ address, values }) => {
        const own = (values['tags'] as Record<string, string> | null | undefined)?.['Name'];
        return own === undefined || own.includes(String(prefix)) ? [] : [`${address} is called ${own}`];
      }),
    ),
  );
});
