import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundledBook } from '../../../src/cost/prices/bundled.ts';
import { incompleteness } from './completeness.ts';
import { costDifferences } from './cost.ts';
import { generatedPlans, type Provider, type Variables } from './generated-plans.ts';
import { storedSecrets, weaknesses } from './hardening.ts';
import { openIngress } from './ingress.ts';
import { countStatements, widePermissions } from './permissions.ts';
import { planFile } from './plan-file.ts';
import type { PlanJson } from './plan.ts';
import { placesOf, secretLooking, unzip } from './secrets.ts';
import { findTofu, makeWorkspace, type Tofu, type Workspace } from './tofu.ts';

// The roots as they are deployed: bootstrap once, artifacts and the topology in each of the three environments.

const environments = ['dev', 'staging', 'prod'] as const;
const account = '123456789012';
const digest = `sha256:${'d'.repeat(64)}`;
/** Stands for hashed keys; it must be found nowhere. */
const sentinel = 'keys: [{ id: sentinel-5f3c9a17 }]';

const artifacts = {
  bucket: `llm-dev-gpu-artifacts-${account}-us-east-1`,
  engine_image: `${account}.dkr.ecr.us-east-1.amazonaws.com/engine@${digest}`,
  gateway_image: `${account}.dkr.ecr.us-east-1.amazonaws.com/gateway@${digest}`,
  weights_key: 'weights/x',
  weights_sha256: '0'.repeat(64),
};

let program: Tofu;
let workspace: Workspace;
const plans = new Map<string, Record<Provider, PlanJson>>();

/** Strings, numbers, booleans and lists of an environment's file, which is all that these have. */
async function environmentVariables(environment: string): Promise<Variables> {
  const path = fileURLToPath(new URL(`../../../infrastructure/environments/gpu/${environment}.tfvars`, import.meta.url));
  const lines = (await readFile(path, 'utf8')).split('\n').map((line) => line.replace(/\s+#.*|^#.*/, ''));
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name = '', value = ''] = /^(\w+)\s*=\s*(.+)$/.exec(line) ?? [];
      return name === '' ? [] : [[name, JSON.parse(value) as unknown]];
    }),
  );
}

async function planBoth(root: string, labels: readonly string[], combinations: Variables[]): Promise<void> {
  // The mock leaves no override behind that the real provider would not have as well.
  const mocked = await generatedPlans(program, join(workspace.copy, root), combinations, 'mocked');
  const real = await generatedPlans(program, join(workspace.copy, root), combinations, 'real');
  labels.forEach((label, index) => plans.set(label, { real: real[index]!, mocked: mocked[index]! }));
}

beforeAll(async () => {
  program = await findTofu();
  workspace = await makeWorkspace();
  await planBoth(
    'bootstrap',
    ['bootstrap'],
    [
      {
        aws_region: 'us-east-1',
        account_id: account,
        github: { owner: 'octo', owner_id: '77', repository: 'sluice', repository_id: '4242' },
      },
    ],
  );
  await planBoth(
    'artifacts',
    environments.map((environment) => `artifacts, ${environment}`),
    environments.map((environment) => ({ environment, account_id: account, engine: { tag: 'v0.22.1', digest } })),
  );
  const given = await Promise.all(environments.map(environmentVariables));
  await planBoth(
    'topologies/gpu',
    environments.map((environment) => `gpu, ${environment}`),
    given.map((variables) => ({
      ...variables,
      account_id: account,
      artifacts,
      demo_files_directory: workspace.pages,
      api_keys: null,
    })),
  );
}, 30 * 60_000);

afterAll(() => workspace?.remove());

const labels = [
  'bootstrap',
  ...environments.map((environment) => `artifacts, ${environment}`),
  ...environments.map((environment) => `gpu, ${environment}`),
];

describe.each(labels)('%s', (label) => {
  const planned = (): Record<Provider, PlanJson> => plans.get(label)!;

  test('Property 5: nothing but HTTPS may come from the internet', () =>
    expect([...openIngress(planned().real), ...openIngress(planned().mocked)]).toEqual([]));

  test('statements name their resources, unless there is a reason why they cannot', () => {
    expect(countStatements(planned().mocked)).toBeGreaterThan(4);
    expect(widePermissions(planned().mocked)).toEqual([]);
  });

  test('volumes and buckets are encrypted and private, logs end, credentials need a token', () =>
    expect(weaknesses(planned().real)).toEqual([]));

  test('no secret is stored, and nothing looks like one', () => {
    const { real, mocked } = planned();
    expect([...storedSecrets(real), ...secretLooking(real), ...secretLooking(mocked)]).toEqual([]);
  });
});

describe.each(environments)('the topology in %s', (environment) => {
  test('has every required resource', async () =>
    expect(incompleteness(plans.get(`gpu, ${environment}`)!.real, await environmentVariables(environment))).toEqual([]));

  test('tells the cost that sluice cost forecasts', () =>
    expect(costDifferences(plans.get(`gpu, ${environment}`)!.real, bundledBook())).toEqual([]));

  test('keeps API keys out of the plan file and its JSON', async () => {
    const copy = await makeWorkspace();
    try {
      const variables = { account_id: account, artifacts, demo_files_directory: copy.pages };
      const file = join(copy.copy, 'environments', 'gpu', `${environment}.tfvars`);
      const made = await planFile(program, join(copy.copy, 'topologies', 'gpu'), variables, [
        `-var-file=${file}`,
        '-var=api_key_required=true',
        `-var=api_keys=${sentinel}`,
      ]);
      expect([...unzip(made.archive).keys()]).toContain('tfplan');
      // The search works: what is no secret is found.
      expect(placesOf(account, made.archive, made.json)).toContain('tfplan');
      expect(placesOf(sentinel, made.archive, made.json)).toEqual([]);
    } finally {
      await copy.remove();
    }
  });
});
