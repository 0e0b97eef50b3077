import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEvent } from '../../../src/tofu/events.ts';
import { mockProvider } from './mock-provider.ts';
import { offlineOverride } from './offline-override.ts';
import type { PlanJson } from './plan.ts';
import { tofu, type Tofu } from './tofu.ts';

/** Values of a root's variables. */
export type Variables = Record<string, unknown>;

/**
 * `real`: the provider itself, cut off from AWS; it knows default tags, and leaves out what only an apply will tell. `mocked`: also what AWS would
 * compute has a value, so that policies and dashboards can be read.
 */
export type Provider = 'real' | 'mocked';

/** JSON is an expression of HCL once templates in its strings are escaped. */
const expression = (value: unknown): string => JSON.stringify(value).replaceAll(/([$%])\{/g, '$1$1{');

const runBlock = (variables: Variables, index: number): string =>
  [
    `run "combination_${index}" {`,
    '  command = plan',
    '  variables {',
    ...Object.entries(variables).map(([name, value]) => `    ${name} = ${expression(value)}`),
    '  }',
    '}',
  ].join('\n');

interface Told {
  '@testrun'?: string;
  test_plan?: PlanJson;
}

async function runTests(
  program: Tofu,
  directory: string,
): Promise<{ plans: Map<string, PlanJson>; faults: string[]; failure: unknown }> {
  const plans = new Map<string, PlanJson>();
  const faults: string[] = [];
  const onLine = (line: string) => {
    if (line.includes('"type":"test_plan"')) {
      const told = JSON.parse(line) as Told;
      if (told.test_plan !== undefined) plans.set(told['@testrun'] ?? '', told.test_plan);
      return;
    }
    const event = parseEvent(line);
    if (event?.type === 'diagnostic' && event.diagnostic.severity === 'error')
      faults.push(`${event.diagnostic.summary}: ${event.diagnostic.detail}`);
  };
  const failure = await tofu(program, directory, ['test', '-json', '-verbose'], onLine).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { plans, faults, failure };
}

/**
 * Plans a root of a copy once for each combination, in one run of `tofu test`: a second or two a plan, where a command of its own would take its
 * start as well. The folder's own tests are put aside. Throws with the combination and what was said when a plan fails.
 */
export async function generatedPlans(
  program: Tofu,
  directory: string,
  combinations: readonly Variables[],
  provider: Provider,
): Promise<PlanJson[]> {
  await rm(join(directory, 'tests'), { recursive: true, force: true });
  const head = provider === 'mocked' ? [mockProvider] : [];
  if (provider === 'real') await writeFile(join(directory, 'zz_offline_override.tf'), offlineOverride);
  await writeFile(join(directory, 'generated.tftest.hcl'), [...head, ...combinations.map(runBlock)].join('\n\n'));
  await tofu(program, directory, ['init', '-backend=false', '-no-color']);
  const { plans, faults, failure } = await runTests(program, directory);
  return combinations.map((variables, index) => {
    const plan = plans.get(`combination_${index}`);
    if (plan === undefined)
      throw new Error(`no plan for ${JSON.stringify(variables)}:\n${faults.join('\n')}`, { cause: failure });
    return plan;
  });
}
