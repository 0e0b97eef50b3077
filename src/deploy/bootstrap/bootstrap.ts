import { cp, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { GatewayError } from '../../errors.ts';
import type { Program } from '../../tofu/program.ts';
import type { Aws } from '../aws/clients.ts';
import { isMissing } from '../aws/describe-error.ts';
import { applyRoot } from '../deployment/apply-root.ts';
import type { Dialog } from '../deployment/context.ts';
import { stateNamesOf } from '../names.ts';
import { backendOf, bootstrapStateKey, type Backend } from '../roots/backend.ts';
import type { Progress } from '../roots/progress.ts';
import { Root } from '../roots/root.ts';
import { readStateResources, type StateResource } from '../roots/state-resources.ts';
import { chooseFor, readChoices, readLocalChoices, writeChoices, writeLocalChoices } from './choices.ts';
import type { BootstrapChoices, GithubRepository } from './choices.ts';

export interface BootstrapOptions {
  /** The root variable `name`. */
  name: string;
  region: string;
  account: string;
  aws: Aws;
  program: Program;
  variables: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the folder with `bootstrap`. */
  infrastructure: string;
  /** Where the root is copied to and, until it has a bucket, its state lies. */
  dataDirectory: string;
  /** Undefined: as an earlier run chose. */
  github: GithubRepository | undefined;
  dialog: Dialog;
  progress: Progress;
  isApproved: boolean;
  signal: AbortSignal;
}

/**
 * Makes what an account needs once: bucket and lock table of the states, roles for GitHub, the boundary, API Gateway's role for logs. The first
 * apply has its state in a file, which is then moved into the bucket; a run that broke off between both goes on there. Returns the outputs.
 * @throws GatewayError that says what to do
 */
export async function bootstrap(options: BootstrapOptions): Promise<Readonly<Record<string, unknown>>> {
  const { name, account, region, aws, dialog } = options;
  const names = stateNamesOf(name, account, region);
  const backend = backendOf(names, region, bootstrapStateKey);
  const folder = join(options.dataDirectory, 'root');
  const resources = await readStateResources(aws, names.stateBucket, bootstrapStateKey);
  const hasLocalState = await exists(join(folder, 'terraform.tfstate'));
  if (resources === null && !hasLocalState) await refuseForeignBucket(aws, names.stateBucket);
  const choices = await choose(options, { bucket: names.stateBucket, folder, resources, hasLocalState });
  await copyRoot(options.infrastructure, folder);
  await writeLocalChoices(folder, choices);
  if (resources === null) {
    dialog.say(`making the state of ${name} in account ${account}, ${region}`);
    await apply(options, rootIn(folder, options, { backend: null, choices }));
    dialog.say(`moving its own state into s3://${names.stateBucket}/${bootstrapStateKey}`);
  }
  await writeFile(join(folder, 'backend.tf'), 'terraform {\n  backend "s3" {}\n}\n');
  const root = rootIn(folder, options, { backend, choices });
  if (resources === null) await root.init({ migrate: true });
  else await apply(options, root);
  await writeChoices(aws, names.stateBucket, choices);
  const outputs = await root.outputs();
  // Only now is the file of no use any more.
  await rm(folder, { recursive: true });
  return outputs;
}

async function refuseForeignBucket(aws: Aws, bucket: string): Promise<void> {
  if (!(await bucketExists(aws, bucket))) return;
  throw new GatewayError(
    'bad_request',
    `the bucket ${bucket} exists, but no state of the bootstrap root lies in it or here: it was made elsewhere, or by hand. ` +
      'Run this where it was begun, or import the bucket (infrastructure/bootstrap/README.md), or choose another name',
  );
}

/** The root as it is now beside what a run that broke off has left: its state and its choices stay, its HCL and its backend do not. */
async function copyRoot(infrastructure: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const entry of await readdir(folder)) if (entry.endsWith('.tf')) await rm(join(folder, entry));
  const source = join(infrastructure, 'bootstrap');
  await cp(source, folder, { recursive: true, filter: (path) => isOfTheRoot(relative(source, path)) });
}

const isOfTheRoot = (path: string): boolean =>
  !/^(\.terraform|tests)($|[\\/])|^backend\.tf$|\.tfstate|\.terraform\.lock\.hcl$/.test(path);

interface Before {
  bucket: string;
  folder: string;
  /** Of the state in the bucket; null: there is none. */
  resources: readonly StateResource[] | null;
  hasLocalState: boolean;
}

async function choose(
  { aws, github }: BootstrapOptions,
  { bucket, folder, resources, hasLocalState }: Before,
): Promise<BootstrapChoices> {
  const isBegun = resources !== null || hasLocalState;
  const before = (await readChoices(aws, bucket)) ?? (isBegun ? await readLocalChoices(folder) : null);
  if (before !== null) return github === undefined ? before : { ...before, github };
  return chooseFor(aws, github, resources ?? []);
}

function rootIn(
  directory: string,
  options: BootstrapOptions,
  { backend, choices }: { backend: Backend | null; choices: BootstrapChoices },
): Root {
  const { name, region, account, program, variables, progress, signal } = options;
  return new Root({
    program,
    directory,
    dataDirectory: join(options.dataDirectory, 'data'),
    backend,
    varFiles: [],
    values: { name, aws_region: region, account_id: account, ...choices },
    secrets: {},
    environment: variables,
    signal,
    onEvent: (event) => progress.take(event),
  });
}

async function apply({ dialog, progress, isApproved, account }: BootstrapOptions, root: Root): Promise<void> {
  await applyRoot({ dialog, progress }, root, {
    title: 'bootstrap',
    question: `Make this in account ${account}?`,
    isApproved,
    allowReplace: false,
  });
}

async function bucketExists(aws: Aws, bucket: string): Promise<boolean> {
  try {
    await (await aws.client('s3')).headBucket({ Bucket: bucket });
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
