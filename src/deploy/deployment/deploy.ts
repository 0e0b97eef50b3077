import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../../errors.ts';
import { bootstrapLine } from '../names.ts';
import { bootstrapStateKey } from '../roots/backend.ts';
import type { Root } from '../roots/root.ts';
import { readStateResources } from '../roots/state-resources.ts';
import { artifactsVariable, readStaged } from '../stage/staged.ts';
import { readStateOutputs, requireBoundary, textOutput } from '../state-outputs.ts';
import { applyRoot } from './apply-root.ts';
import { chooseKeys, refuseEmptyKeys, writtenVersion, type ChosenKeys } from './choose-keys.ts';
import { rootOf, type DeployContext } from './context.ts';
import { explainFailure } from './explain-failure.ts';
import { priceLine } from './price-line.ts';
import { refuseInterrupted } from './refuse-interrupted.ts';

export interface DeployOptions {
  /** Nothing is asked. */
  isApproved: boolean;
  allowReplace: boolean;
  /** Makes a new API key in place of the one before. */
  rotateKey: boolean;
  /** A `keys:` file of one's own, as YAML with hashes, instead of a key that is made here. */
  keysFile: string | undefined;
  randomBytes: (size: number) => Buffer;
  /** Puts weights and images in place where they are missing or out of date; null: what was staged last is taken. */
  stage: (() => Promise<void>) | null;
}

/** What stands after a deployment. */
export interface DeployResult {
  outputs: Readonly<Record<string, unknown>>;
  /** Made in this run, and shown nowhere else; null: none was made. */
  newKey: string | null;
  hasChanged: boolean;
}

/** What every root of a deployment is given of its account. */
interface Foundation {
  account: Readonly<Record<string, string>>;
  kmsKeyArn: string | undefined;
}

/**
 * Brings a topology up, or up to date: what it needs of the account, the artifacts, then itself. Each step shows its plan and asks.
 * @throws GatewayError that says what happened, with what the fleet says about it, and what to do
 */
export async function deploy(context: DeployContext, options: DeployOptions): Promise<DeployResult> {
  const { target, aws, dialog, signal } = context;
  const foundation = await readFoundation(context);
  // Before anything is made: it may refuse.
  const keys = await keysFor(context, options);
  const { bucket, hasChanged } = await makeArtifacts(context, foundation, options);
  refuseInterrupted(signal);
  // Skips what is in place, so that a new revision of the gateway is built and the rest is not.
  if (options.stage !== null) {
    dialog.say('staging weights and images');
    await options.stage();
    refuseInterrupted(signal);
  }
  const topology = rootOf(context, {
    folder: join('topologies', target.topology),
    stateKey: target.stateKey,
    kmsKeyArn: foundation.kmsKeyArn,
    varFiles: [target.tfvarsPath],
    values: {
      ...foundation.account,
      artifacts: artifactsVariable(await readStaged(aws, bucket), bucket, target),
      ...(keys.version === null ? {} : { api_keys_version: keys.version }),
    },
    secrets: keys.file === null ? {} : { api_keys: keys.file },
  });
  try {
    const hasTopologyChanged = await applyTopology(context, topology, { ...options, keys });
    return { outputs: await topology.outputs(), newKey: keys.newKey, hasChanged: hasChanged || hasTopologyChanged };
  } catch (error) {
    await tellKey(context, keys);
    throw error;
  }
}

async function readFoundation({ aws, names, target, account }: DeployContext): Promise<Foundation> {
  const bootstrap = await readStateOutputs(aws, names.stateBucket, bootstrapStateKey);
  if (bootstrap === null) {
    throw new GatewayError(
      'not_found',
      `this account has no state for ${target.name} in ${target.region} yet (bucket ${names.stateBucket}): run ${bootstrapLine(target)}, which makes it once, or look at AWS_PROFILE`,
    );
  }
  return {
    account: {
      account_id: account,
      aws_region: target.region,
      permissions_boundary_arn: requireBoundary(bootstrap, target.environment, bootstrapLine(target)),
    },
    kmsKeyArn: textOutput(bootstrap, 'kms_key_arn'),
  };
}

async function keysFor({ target, names, aws }: DeployContext, options: DeployOptions): Promise<ChosenKeys> {
  const isRequired = target.values['api_key_required'] === true;
  const resources = isRequired ? await readStateResources(aws, names.stateBucket, target.stateKey) : null;
  return chooseKeys({
    ...options,
    isRequired,
    tfvarsPath: target.tfvarsPath,
    prefix: target.prefix,
    written: writtenVersion(resources),
  });
}

async function makeArtifacts(
  context: DeployContext,
  { account, kmsKeyArn }: Foundation,
  { isApproved, allowReplace }: DeployOptions,
): Promise<{ bucket: string; hasChanged: boolean }> {
  const { target } = context;
  const file = join(target.infrastructure, 'environments', 'artifacts', `${target.environment}.tfvars`);
  const artifacts = rootOf(context, {
    folder: 'artifacts',
    stateKey: target.artifactsStateKey,
    kmsKeyArn,
    varFiles: existsSync(file) ? [file] : [],
    values: { ...account, name: target.name, environment: target.environment },
  });
  const hasChanged = await applyRoot(context, artifacts, {
    title: `artifacts (${target.environment})`,
    question: 'Make this bucket, these repositories and builds?',
    isApproved,
    allowReplace,
  });
  const { bucket } = await artifacts.outputs();
  if (typeof bucket !== 'string') throw new GatewayError('internal_error', 'the artifacts root has no output "bucket"');
  return { bucket, hasChanged };
}

function applyTopology(
  context: DeployContext,
  topology: Root,
  { isApproved, allowReplace, keys }: Pick<DeployOptions, 'isApproved' | 'allowReplace'> & { keys: ChosenKeys },
): Promise<boolean> {
  const { target, account } = context;
  return applyRoot(context, topology, {
    title: `topology ${target.topology} (${target.environment})`,
    question: `Make these changes in account ${account}, ${target.region}?`,
    isApproved,
    allowReplace,
    note: ({ json }) => priceLine(json, Date.now()),
    check: (summary) => refuseEmptyKeys(keys, summary),
    explain: (error) => explainFailure(context, error),
  });
}

/** After a failure the key that was made must not be lost if it got as far as the secret. Otherwise the next run makes another. */
async function tellKey({ aws, names, target, dialog }: DeployContext, { newKey, version }: ChosenKeys): Promise<void> {
  if (newKey === null) return;
  const resources = await readStateResources(aws, names.stateBucket, target.stateKey).catch(() => undefined);
  if (resources === undefined) dialog.say(`An API key was made, and may be in force: ${newKey}`);
  else if (writtenVersion(resources) === version) dialog.say(`The new API key is in force already; keep it: ${newKey}`);
}
