import { join } from 'node:path';
import { expect } from 'vitest';
import { generatedPlans, type Provider, type Variables } from './generated-plans.ts';
import type { PlanJson } from './plan.ts';
import { findTofu, makeWorkspace } from './tofu.ts';

/** A topology with much of what is optional. */
export const variables: Variables = {
  environment: 'dev',
  account_id: '123456789012',
  availability_zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
  egress_mode: 'nat',
  api_key_required: true,
  min_instances: 2,
  artifacts: {
    bucket: 'x-artifacts',
    engine_image: `123456789012.dkr.ecr.us-east-1.amazonaws.com/engine@sha256:${'0'.repeat(64)}`,
    gateway_image: `123456789012.dkr.ecr.us-east-1.amazonaws.com/gateway@sha256:${'0'.repeat(64)}`,
    weights_key: 'weights/x',
    weights_sha256: '0'.repeat(64),
  },
};
/** Its plan. */
export async function planToSpoil(provider: Provider): Promise<PlanJson> {
  const program = await findTofu();
  const workspace = await makeWorkspace();
  const asked = { ...variables, demo_files_directory: workspace.pages };
  const [plan] = await generatedPlans(program, join(workspace.copy, 'topologies', 'gpu'), [asked], provider);
  await workspace.remove();
  return plan!;
}

/** What a plan holds is reached into without asking at each step; what is not there fails the test. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

export type Change = NonNullable<PlanJson['resource_changes']>[number];

/** A copy of a plan in which the resources that are picked were changed. Fails when there is none to change. */
export function spoiled(
  plan: PlanJson,
  pick: (change: Change) => boolean,
  spoil: (values: Record<string, Json>) => void,
): PlanJson {
  const copy = structuredClone(plan);
  const picked = copy.resource_changes!.filter(pick);
  expect(picked.length).toBeGreaterThan(0);
  for (const change of picked) spoil(change.change.after!);
  return copy;
}

/** A copy of a plan without what is picked. Fails when there is none of it. */
export function without(plan: PlanJson, pick: (change: Change) => boolean): PlanJson {
  const rest = plan.resource_changes!.filter((change) => !pick(change));
  expect(rest.length).toBeLessThan(plan.resource_changes!.length);
  return { ...plan, resource_changes: rest };
}

export const ofType = (type: string) => (change: Change) => change.type === type;
export const at = (address: string) => (change: Change) => change.address === address;

/** A rule in a form that the topology does not use. */
export const added = (plan: PlanJson, type: string, after: Record<string, unknown>): PlanJson => ({
  ...plan,
  resource_changes: [
    ...plan.resource_changes!,
    { address: `${type}.added`, mode: 'managed', type, name: 'added', change: { actions: ['create'], after } },
  ],
});
