import { strictEqual } from 'node:assert';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectsCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { boundaryOf, textOutput } from '../../src/deploy/state-outputs.ts';
import { clientOptions } from './leftovers.ts';
import { mockAccountId } from './mock-aws.ts';
import { backend, expectChanges, names, plan, tofu, type Rehearsal } from './rehearsal.ts';

/** What the account gives to every deployment. */
export interface Foundations {
  /** As an argument of the other roots. */
  boundary: string;
  kmsKeyArn: string;
}

const github = { owner: 'example', owner_id: '1', repository: 'sluice', repository_id: '2' };

const bootstrapVariables = [
  `-var=account_id=${mockAccountId}`,
  '-var=aws_region=us-east-1',
  `-var=github=${JSON.stringify(github)}`,
];

const artifactsVariables = ({ boundary }: Foundations): string[] => [
  `-var=account_id=${mockAccountId}`,
  '-var=environment=dev',
  boundary,
  `-var=engine={ tag = "v0.22.1", digest = "sha256:${'0'.repeat(64)}" }`,
  '-var=force_destroy=true',
];

/** Commands that make or take away what they planned. */
export const apply = ['apply', '-auto-approve', '-parallelism=20'];
export const destroy = ['destroy', '-auto-approve', '-parallelism=20'];

/** Bootstrap with local state, which then moves into the bucket that it made. */
export async function makeBootstrap(rehearsal: Rehearsal): Promise<Foundations> {
  const { transcript, workspace } = rehearsal;
  const folder = workspace.pathOf('bootstrap');
  transcript.say('# An empty account: bootstrap with local state');
  await tofu(rehearsal, 'bootstrap', ['init']);
  await tofu(rehearsal, 'bootstrap', [...apply, ...bootstrapVariables]);
  const { stdout } = await workspace.tofu('bootstrap', ['output', '-json']);
  const outputs = JSON.parse(stdout) as Record<string, { value: unknown }>;
  const valueOf = (name: string): string => textOutput({ [name]: outputs[name]?.value }, name) ?? '';
  const boundary = boundaryOf({ permissions_boundary_arns: outputs['permissions_boundary_arns']?.value }, 'dev');

  transcript.say('# The state moves into the bucket that bootstrap made, and nothing else changes');
  await writeFile(join(folder, 'backend.tf'), valueOf('backend_config'));
  await tofu(rehearsal, 'bootstrap', ['init', '-migrate-state', '-force-copy', '-backend-config=use_path_style=true']);
  await rm(join(folder, 'terraform.tfstate'));
  await rm(join(folder, 'terraform.tfstate.backup'), { force: true });
  return {
    boundary: `-var=permissions_boundary_arn=${boundary}`,
    kmsKeyArn: valueOf('kms_key_arn'),
  };
}

/** A second plan of bootstrap, from its state in the bucket. */
export const lookAtBootstrap = async (rehearsal: Rehearsal): Promise<void> =>
  expectChanges(await plan(rehearsal, 'bootstrap', 'second.tfplan', { args: bootstrapVariables }), []);

export async function makeArtifacts(rehearsal: Rehearsal, foundations: Foundations): Promise<void> {
  await tofu(rehearsal, 'artifacts', ['init', ...backend('artifacts', foundations.kmsKeyArn)]);
  await tofu(rehearsal, 'artifacts', [...apply, ...artifactsVariables(foundations)]);
}

/** A second plan of the artifacts. */
export const lookAtArtifacts = async (rehearsal: Rehearsal, foundations: Foundations): Promise<void> =>
  expectChanges(await plan(rehearsal, 'artifacts', 'second.tfplan', { args: artifactsVariables(foundations) }), []);

/** The artifacts go, and then bootstrap, which protects itself: its state is taken back and its protection removed, as a person would. */
export async function removeFoundations(rehearsal: Rehearsal, foundations: Foundations): Promise<void> {
  const { transcript, workspace } = rehearsal;
  await tofu(rehearsal, 'artifacts', [...destroy, ...artifactsVariables(foundations)]);
  strictEqual((await workspace.tofu('artifacts', ['state', 'list'])).stdout, '', 'artifacts has resources in its state');
  transcript.say('# Bootstrap, too: its state comes back, its protection is removed by hand');
  const folder = workspace.pathOf('bootstrap');
  await rm(join(folder, 'backend.tf'));
  await tofu(rehearsal, 'bootstrap', ['init', '-migrate-state', '-force-copy']);
  const main = join(folder, 'main.tf');
  const text = await readFile(main, 'utf8');
  await writeFile(main, text.replaceAll(/((?:prevent_destroy|deletion_protection_enabled)\s*=\s*)true/g, '$1false'));
  // The table's own protection is in force until it is lifted.
  await tofu(rehearsal, 'bootstrap', [...apply, ...bootstrapVariables]);
  await emptyBucket(rehearsal, names.stateBucket);
  await tofu(rehearsal, 'bootstrap', [...destroy, ...bootstrapVariables]);
}

async function emptyBucket({ aws }: Rehearsal, bucket: string): Promise<void> {
  const client = new S3Client(clientOptions(aws));
  const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: bucket }));
  const Objects = [...Versions, ...DeleteMarkers].map(({ Key = '', VersionId = '' }) => ({ Key, VersionId }));
  await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
}
