import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundledBook } from '../../../src/cost/prices/bundled.ts';
import { uselessAlarms } from './alarms.ts';
import { notAsAsked } from './as-asked.ts';
import { topologyVariables } from './combinations.ts';
import { incompleteness } from './completeness.ts';
import { costDifferences } from './cost.ts';
import { missingWidgets } from './dashboard.ts';
import { wrongSizes } from './fleet-sizes.ts';
import { storedSecrets, weaknesses } from './hardening.ts';
import { wrongNeeds } from './host-needs.ts';
import { wrongHosts } from './hosts.ts';
import { openIngress } from './ingress.ts';
import { generatedPlans, type Provider, type Variables } from './generated-plans.ts';
import { unheardMetrics } from './metrics.ts';
import { withoutEnvironment } from './names.ts';
import { widePermissions } from './permissions.ts';
import { misplaced } from './placement.ts';
import type { PlanJson } from './plan.ts';
import { secretLooking } from './secrets.ts';
import { draw, seedOf } from './seed.ts';
import { wrongTimeouts } from './timeouts.ts';
import { findTofu, makeWorkspace, type Tofu } from './tofu.ts';
import { wrongWiring } from './wiring.ts';
import { wrongSpread, wrongSubnetOutputs } from './zones.ts';

// Any valid variables of the topology, twice planned: by the real provider, which knows tags and says what only an apply will tell, and with a
// mocked one, in which policies and the dashboard can be read as well. SEED=… draws others, COMBINATIONS=… more or fewer.

const seed = seedOf(process.env);
const count = Number(process.env['COMBINATIONS'] ?? 40);

interface Combination {
  variables: Variables;
  real: PlanJson;
  mocked: PlanJson;
}

let combinations: Combination[] = [];

/** Plans all with one provider, in a copy of its own. */
async function plansOf(program: Tofu, drawn: readonly Variables[], provider: Provider): Promise<PlanJson[]> {
  const workspace = await makeWorkspace();
  try {
    const variables = drawn.map((entry) => ({ ...entry, demo_files_directory: workspace.pages }));
    return await generatedPlans(program, join(workspace.copy, 'topologies', 'gpu'), variables, provider);
  } finally {
    await workspace.remove();
  }
}

beforeAll(async () => {
  const program = await findTofu();
  const drawn = draw(topologyVariables, count, seed);
  const started = performance.now();
  const [real, mocked] = await Promise.all([plansOf(program, drawn, 'real'), plansOf(program, drawn, 'mocked')]);
  combinations = drawn.flatMap((variables, index) => {
    const plans = { real: real[index], mocked: mocked[index] };
    return plans.real === undefined || plans.mocked === undefined ? [] : [{ variables, real: plans.real, mocked: plans.mocked }];
  });
  console.log(
    `topology: ${combinations.length} combinations, seed ${seed}, ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
}, 30 * 60_000);

/** Judges every combination; what is wrong is told with the variables that made it so. */
function expectNone(judge: (combination: Combination) => string[]): void {
  expect(combinations).toHaveLength(count);
  const wrong = combinations.flatMap((combination) => {
    const faults = judge(combination);
    return faults.length === 0 ? [] : [{ faults, variables: combination.variables }];
  });
  expect(wrong).toEqual([]);
}

const zonesOf = ({ availability_zones: zones }: Variables): string[] => zones as string[];

describe('any valid variables of the topology', () => {
  test('Property 1: every required resource is in the plan, and what was asked for', () =>
    expectNone(({ real, mocked, variables }) => [...incompleteness(real, variables), ...incompleteness(mocked, variables)]));

  test('Property 2: every name and every tag has the environment', () =>
    expectNone(({ real, variables }) => withoutEnvironment(real, String(variables['name']), String(variables['environment']))));

  test('Property 3: the group never goes below one instance', () =>
    expectNone(({ real, variables }) => wrongSizes(real, variables)));

  test('Property 4: subnets lie in every zone', () =>
    expectNone(({ real, variables }) => [
      ...wrongSpread(real, zonesOf(variables), ['public', 'private']),
      ...wrongSubnetOutputs(real, zonesOf(variables)),
    ]));

  test('the load balancer stands in the public subnets, everything else in the private ones', () =>
    expectNone(({ real }) => misplaced(real)));

  test('Property 5: the internet reaches port 443 at most', () =>
    expectNone(({ real, mocked }) => [...openIngress(real), ...openIngress(mocked)]));

  test('Property 6: the dashboard shows every required metric', () => expectNone(({ mocked }) => missingWidgets(mocked)));

  test('permissions, encryption, retention and the metadata service are as they should be', () =>
    expectNone(({ real, mocked }) => [...widePermissions(mocked), ...weaknesses(real), ...weaknesses(mocked)]));

  test('no secret is stored, and nothing looks like one', () =>
    expectNone(({ real, mocked }) => [...storedSecrets(real), ...secretLooking(real), ...secretLooking(mocked)]));

  test('every variable arrives where it is meant for: in the hosts, the API, the firewall, alarms, roles and logs', () =>
    expectNone(({ mocked, variables }) => notAsAsked(mocked, variables)));

  test('each part stands in its subnets and groups, leads to the next, and waits for what it needs', () =>
    expectNone(({ mocked }) => wrongWiring(mocked)));

  test('times run out in the right order, from the engine to the API and from the host to the group', () =>
    expectNone(({ mocked }) => wrongTimeouts(mocked)));

  test('every alarm and every graph looks at a metric that somebody sends', () =>
    expectNone(({ mocked, variables }) => unheardMetrics(mocked, String(variables['aws_region']))));

  test('every alarm tells somebody, or scales in its own direction', () => expectNone(({ mocked }) => uselessAlarms(mocked)));

  test('the gateway agrees with the API, the engine and the files of its host, and units do their work once', () =>
    expectNone(({ mocked, variables }) => wrongHosts(mocked, variables)));

  test('hosts may do and reach what their scripts call, and no more', () =>
    expectNone(({ mocked, variables }) => wrongNeeds(mocked, variables)));

  test('the cost that the plan tells is the forecast of sluice cost', () => {
    const book = bundledBook();
    expectNone(({ real, variables }) => {
      // Spot prices move, and are known to `sluice cost` alone.
      if (variables['spot'] !== null && variables['spot'] !== undefined) return [];
      const least = Math.max(1, Number(variables['min_instances']));
      return costDifferences(real, book, { least, most: Number(variables['max_instances']) });
    });
  });
});
