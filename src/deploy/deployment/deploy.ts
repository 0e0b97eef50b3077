import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../../errors.ts';
import { bootstrapStateKey } from '../roots/backend.ts';
import { artifactsVariable, readStaged } from '../stage/staged.ts';
import { readStateOutputs, textOutput } from '../state-outputs.ts';
import { newApiKey } from './api-key.ts';
import { applyRoot } from './apply-root.ts';
import { rootOf, type DeployContext } from './context.ts';
import { explainFailure } from './explain-failure.ts';
import { priceLine } from './price-line.ts';

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

/**
 * Brings a topology up, or up to date: what it needs of the account, the artifacts, then itself. Each step shows its plan and asks.
 * @throws GatewayError that says what happened, with what the fleet says about it, and what to do
 */
export async function deploy(context: DeployContext, options: DeployOptions): Promise<DeployResult> {
  const { target, names, aws } = context;
  const bootstrap = await readStateOutputs(aws, names.stateBucket, bootstrapStateKey);
  if (bootstrap === null) {
    throw new GatewayError(
      'not_found',
      `this account has no state for ${target.name} in ${target.region} yet (bucket ${names.stateBucket}): run sluice bootstrap first, which makes it once`,
    );
  }
  const account = {
    account_id: context.account,
    aws_region: target.region,
    permissions_boundary_arn: textOutput(bootstrap, 'permissions_boundary_arn') ?? '',
  };
  const kmsKeyArn = textOutput(bootstrap, 'kms_key_arn');
  const { isApproved, allowReplace } = options;

  const artifactsFile = join(target.infrastructure, 'environments', 'artifacts', `${target.environment}.tfvars`);
  const artifacts = rootOf(context, {
    folder: 'artifacts',
    stateKey: target.artifactsStateKey,
    kmsKeyArn,
    varFiles: existsSync(artifactsFile) ? [artifactsFile] : [],
    values: { ...account, name: target.name, environment: target.environment },
  });
  const artifactsChanged = await applyRoot(context, artifacts, {
    title: `artifacts (${target.environment})`,
    question: 'Make this bucket, these repositories and builds?',
    isApproved,
    allowReplace,
  });
  const { bucket } = await artifacts.outputs();
  if (typeof bucket !== 'string') throw new GatewayError('internal_error', 'the artifacts root has no output "bucket"');

  // Skips what is in place, so that a new revision of the gateway is built and the rest is not.
  if (options.stage !== null) {
    context.dialog.say('staging weights and images');
    await options.stage();
  }
  const variable = artifactsVariable(await readStaged(aws, bucket), bucket);

  const before = await readStateOutputs(aws, names.stateBucket, target.stateKey);
  const keys = chooseKeys(context, options, before);
  const topology = rootOf(context, {
    folder: join('topologies', target.topology),
    stateKey: target.stateKey,
    kmsKeyArn,
    varFiles: [target.tfvarsPath],
    values: { ...account, artifacts: variable, ...(keys.version === null ? {} : { api_keys_version: keys.version }) },
    secrets: keys.file === null ? {} : { api_keys: keys.file },
  });
  try {
    const hasChanged = await applyRoot(context, topology, {
      title: `topology ${target.topology} (${target.environment})`,
      question: `Make these changes in account ${context.account}, ${target.region}?`,
      isApproved,
      allowReplace,
      note: ({ json }) => priceLine(json, Date.now()),
    });
    return { outputs: await topology.outputs(), newKey: keys.newKey, hasChanged: hasChanged || artifactsChanged };
  } catch (error) {
    if (keys.newKey !== null) context.dialog.say(`An API key was made and may be in force already: ${keys.newKey}`);
    throw await explainFailure(context, error);
  }
}

interface ChosenKeys {
  newKey: string | null;
  file: string | null;
  /** Null: this topology asks for no key. */
  version: number | null;
}

/** A key is made at the first deployment and when it is to be rotated; else the one in force stays. */
function chooseKeys(
  { target }: DeployContext,
  { rotateKey, keysFile, randomBytes }: DeployOptions,
  before: Readonly<Record<string, unknown>> | null,
): ChosenKeys {
  const isRequired = target.values['api_key_required'] === true;
  if (!isRequired) {
    if (!rotateKey && keysFile === undefined) return { newKey: null, file: null, version: null };
    throw new GatewayError('bad_request', `${target.tfvarsPath} asks for no API key: set api_key_required = true there first`);
  }
  const current = before?.['api_keys_version'];
  const version = typeof current === 'number' ? current : 0;
  if (version > 0 && !rotateKey && keysFile === undefined) return { newKey: null, file: null, version };
  if (keysFile !== undefined) return { newKey: null, file: keysFile, version: version + 1 };
  const made = newApiKey(randomBytes(32), `${target.prefix}-${version + 1}`);
  return { newKey: made.key, file: made.keysFile, version: version + 1 };
}
