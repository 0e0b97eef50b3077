import { deepStrictEqual } from 'node:assert';
import { namesOf } from '../../src/deploy/names.ts';
import { backendOf, backendOptions, bootstrapStateKey } from '../../src/deploy/roots/backend.ts';
import { mockAccountId, type MockAws } from './mock-aws.ts';
import type { Transcript } from './transcript.ts';
import type { PlannedChange, Root, TofuOptions, Workspace } from './workspace.ts';

/** What every part of a rehearsal works with. */
export interface Rehearsal {
  aws: MockAws;
  transcript: Transcript;
  workspace: Workspace;
  /** Python of moto's environment, which also opens archives. */
  python: string;
  /** Aborted when somebody interrupts the rehearsal. */
  signal: AbortSignal;
}

export const region = 'us-east-1';

/** Names of the deployment that is rehearsed. */
export const names = namesOf({ name: 'llm', topology: 'gpu', environment: 'dev' }, mockAccountId, region);

/** Keys of the states in the bucket; the last two are those of src/deploy/target.ts. */
const stateKeys: Record<Root, string> = {
  bootstrap: bootstrapStateKey,
  artifacts: 'artifacts/dev.tfstate',
  'topologies/gpu': 'gpu/dev.tfstate',
};

/** The backend as arguments of `init`, as `sluice deploy` gives it. */
export const backend = (root: Root, kmsKeyArn?: string): string[] =>
  backendOptions({ ...backendOf(names, region, stateKeys[root]), kmsKeyArn });

/** Runs OpenTofu as a step of the transcript. */
export function tofu(rehearsal: Rehearsal, root: Root, args: readonly string[], options: TofuOptions = {}) {
  const { transcript, workspace, signal } = rehearsal;
  return transcript.step(`${root}: tofu ${args.filter((argument) => !argument.startsWith('-')).join(' ')}`, () =>
    workspace.tofu(root, args, { signal, ...options }),
  );
}

/** A plan is saved and its changes are told. */
export async function plan(
  rehearsal: Rehearsal,
  root: Root,
  file: string,
  { args, variables }: { args: readonly string[]; variables?: Record<string, string> },
): Promise<PlannedChange[]> {
  const command = ['plan', `-out=${file}`, '-detailed-exitcode', '-parallelism=20', ...args];
  const { hasChanges } = await tofu(rehearsal, root, command, variables === undefined ? {} : { variables });
  // Changes of outputs alone also count as some.
  const changes = hasChanges ? await rehearsal.workspace.changesOf(root, file) : [];
  rehearsal.transcript.say(`  ${changes.length} changes planned`);
  return changes;
}

/** Throws unless a plan changes just these, in any order. A change is written `update module.x.aws_y.z`; a replacement `delete create …`. */
export function expectChanges(found: readonly PlannedChange[], expected: readonly string[]): void {
  const told = found.map(({ address, actions }) => `${actions.join(' ')} ${address}`);
  deepStrictEqual(told.toSorted(), expected.toSorted());
}
