// Writes what a root of a deployment is planned and applied with, for the workflows of GitHub:
//   node scripts/root-inputs.ts gpu --env dev --root artifacts|topology --out FOLDER [--region NAME] [--rotate-keys]
// FOLDER gets: folder, backend and arguments (one a line), values.tfvars.json, encryption.hcl (of plans), keys (kept, wanted or none).
// Exit status 1: it cannot be done; 3: nothing can be planned yet, since bootstrap or staging is to come.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Aws } from '../src/deploy/aws/clients.ts';
import { writtenVersion } from '../src/deploy/deployment/choose-keys.ts';
import { bootstrapLine, namesOf, type Names } from '../src/deploy/names.ts';
import { backendOf, backendOptions, bootstrapStateKey } from '../src/deploy/roots/backend.ts';
import { readStateResources } from '../src/deploy/roots/state-resources.ts';
import { artifactsVariable, readStaged } from '../src/deploy/stage/staged.ts';
import { readStateOutputs, requireBoundary, textOutput } from '../src/deploy/state-outputs.ts';
import type { Target } from '../src/deploy/target.ts';
import { GatewayError } from '../src/errors.ts';
import { openTarget, tellFailures } from './tools/open-target.ts';

interface Inputs {
  /** Below the checkout. */
  folder: string;
  stateKey: string;
  varFiles: string[];
  values: Record<string, unknown>;
  /** Whether the apply writes API keys; `none`: the topology has none. */
  keys: 'kept' | 'wanted' | 'none';
}

interface Deployment {
  target: Target;
  aws: Aws;
  names: Names;
  /** What bootstrap made. */
  account: Record<string, string>;
}

function artifactsInputs({ target, account }: Deployment): Inputs {
  const file = join(target.infrastructure, 'environments', 'artifacts', `${target.environment}.tfvars`);
  return {
    folder: 'infrastructure/artifacts',
    stateKey: target.artifactsStateKey,
    varFiles: existsSync(file) ? [file] : [],
    values: { ...account, name: target.name, environment: target.environment },
    keys: 'none',
  };
}

async function topologyInputs({ target, aws, names, account }: Deployment, rotates: boolean): Promise<Inputs> {
  const [staged, made] = await Promise.all([
    readStaged(aws, names.artifactsBucket),
    readStateResources(aws, names.stateBucket, target.stateKey),
  ]);
  const artifacts = artifactsVariable(staged, names.artifactsBucket, target);
  const inputs = {
    folder: `infrastructure/topologies/${target.topology}`,
    stateKey: target.stateKey,
    varFiles: [target.tfvarsPath],
  };
  if (target.values['api_key_required'] !== true) return { ...inputs, values: { ...account, artifacts }, keys: 'none' };
  const current = writtenVersion(made) ?? 0;
  const isWanted = rotates || current === 0;
  const version = isWanted ? current + 1 : current;
  return { ...inputs, values: { ...account, artifacts, api_keys_version: version }, keys: isWanted ? 'wanted' : 'kept' };
}

/** Plans hold the state as it was, so they leave a job only under the key of the states. */
const encryptionOf = (kmsKeyArn: string, region: string): string => `key_provider "aws_kms" "state" {
  kms_key_id = ${JSON.stringify(kmsKeyArn)}
  key_spec   = "AES_256"
  region     = ${JSON.stringify(region)}
}
method "aes_gcm" "state" {
  keys = key_provider.aws_kms.state
}
plan {
  method   = method.aes_gcm.state
  enforced = true
}
`;

async function writeInputs(
  out: string,
  { names, target, account }: Deployment,
  inputs: Inputs,
  kmsKeyArn: string,
): Promise<void> {
  const valuesPath = join(out, 'values.tfvars.json');
  const backend = { ...backendOf(names, target.region, inputs.stateKey), kmsKeyArn };
  const files: Record<string, string> = {
    folder: inputs.folder,
    backend: backendOptions(backend).join('\n'),
    arguments: [...inputs.varFiles, valuesPath].map((file) => `-var-file=${file}`).join('\n'),
    'values.tfvars.json': JSON.stringify(inputs.values, null, 2),
    'encryption.hcl': encryptionOf(kmsKeyArn, target.region),
    keys: inputs.keys,
  };
  await mkdir(out, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(out, name), `${text.trimEnd()}\n`);
  console.log(`${inputs.folder}, ${target.environment}, in account ${account['account_id']}, ${target.region}`);
}

async function main(): Promise<void> {
  const { values: flags, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      env: { type: 'string', default: '' },
      root: { type: 'string', default: '' },
      out: { type: 'string', default: '' },
      region: { type: 'string' },
      'rotate-keys': { type: 'boolean', default: false },
    },
  });
  if (!['artifacts', 'topology'].includes(flags.root) || flags.out === '')
    throw new GatewayError('bad_request', '--root artifacts or --root topology, and --out FOLDER');
  const { target, aws } = await openTarget({ topology: positionals[0] ?? '', environment: flags.env, region: flags.region });
  try {
    const { Account = '' } = await (await aws.client('sts')).getCallerIdentity({});
    const names = namesOf(target, Account, target.region);
    const bootstrap = await readStateOutputs(aws, names.stateBucket, bootstrapStateKey);
    const kmsKeyArn = textOutput(bootstrap, 'kms_key_arn');
    if (bootstrap === null || kmsKeyArn === undefined)
      throw new GatewayError(
        'not_found',
        `account ${Account} is not set up for ${target.name} in ${target.region}: ${names.stateBucket} has no state ${bootstrapStateKey}. ` +
          'Run sluice bootstrap once, with credentials of your own (docs/deploy/github.md)',
      );
    const account = {
      account_id: Account,
      aws_region: target.region,
      permissions_boundary_arn: requireBoundary(bootstrap, target.environment, bootstrapLine(target)),
    };
    const deployment = { target, aws, names, account };
    const isTopology = flags.root === 'topology';
    const inputs = isTopology ? await topologyInputs(deployment, flags['rotate-keys']) : artifactsInputs(deployment);
    await writeInputs(resolve(flags.out), deployment, inputs, kmsKeyArn);
  } finally {
    aws.close();
  }
}

await tellFailures(main);
