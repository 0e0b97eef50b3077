import { cp, mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { GatewayError } from '../../errors.ts';
import { findProgram, type TofuSurroundings } from '../../tofu/program.ts';
import { providerVariables } from '../../tofu/provider-configuration.ts';
import { runTofu } from '../../tofu/run.ts';

/** Overrides a topology's backend and credentials: its plan is made offline, without account or state. */
const offline = `terraform {
  backend "local" {}
}

provider "aws" {
  access_key                  = "offline"
  secret_key                  = "offline"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  allowed_account_ids         = null
}
`;

const digest = '0'.repeat(64);
const registry = '123456789012.dkr.ecr.us-east-1.amazonaws.com';

/** What only an account can say, and no price depends on; variables that a topology does not have are passed over. */
const placeholders = {
  account_id: '123456789012',
  artifacts: {
    bucket: 'not-staged-yet',
    engine_image: `${registry}/engine@sha256:${digest}`,
    gateway_image: `${registry}/gateway@sha256:${digest}`,
    weights_key: 'weights/not-staged-yet',
    weights_sha256: digest,
  },
};

export interface TofuOptions {
  /** `tofu` or `terraform` or a path, as `--tofu` names it; undefined: what is there. */
  program: string | undefined;
  /** Where the program and its provider may lie, and the variables that it gets. */
  surroundings: TofuSurroundings;
  /** Where the topologies lie: a folder with `topologies` and `environments`. */
  infrastructure: string;
  /** Names `environments/<topology>/<environment>.tfvars`. */
  environment: string | undefined;
  signal: AbortSignal;
}

/** Runs the program in a folder and gives its standard output. */
type Runner = (directory: string, ...args: string[]) => Promise<string>;

/** Finds the program once. Throws what `findProgram` says; the runner throws what `runTofu` says. */
async function prepare({ program: named, surroundings, signal }: TofuOptions): Promise<Runner> {
  const program = await findProgram({ named, environment: surroundings, allowTerraform: true });
  const environment = { ...surroundings.variables, ...(await providerVariables(program, surroundings.tofu)) };
  return async (directory, ...args) => (await runTofu({ program, directory, args, environment, signal })).stdout;
}

/** Plans a folder that is initialised or can be, and gives the plan as JSON text. */
async function planFolder(options: TofuOptions, directory: string, scratch: string, variables: string[]): Promise<string> {
  const run = await prepare(options);
  const binary = join(scratch, 'plan.bin');
  await run(directory, 'init', '-input=false', '-no-color');
  await run(directory, 'plan', '-input=false', '-no-color', '-lock=false', `-out=${binary}`, ...variables);
  return run(directory, 'show', '-json', binary);
}

/** Copies the infrastructure, cuts it off from its backend, and plans one topology with the variables of an environment. */
async function planTopology(options: TofuOptions, topology: string, scratch: string): Promise<string> {
  const copy = join(scratch, 'infrastructure');
  // Neither state nor its encryption: the key of `encryption.tofu` lies in an account, and this plan is thrown away.
  const isWanted = (source: string): boolean => !/[\\/]\.terraform($|[\\/])|\.tfstate(\.|$)|[\\/]encryption\.tofu$/.test(source);
  await cp(options.infrastructure, copy, { recursive: true, filter: isWanted });
  const directory = join(copy, 'topologies', topology);
  await writeFile(join(directory, 'zz_offline_override.tf'), offline);
  const pages = join(copy, 'pages');
  await mkdir(pages);
  await writeFile(join(pages, 'index.html'), '');
  await writeFile(
    join(directory, 'zz_offline.auto.tfvars.json'),
    JSON.stringify({ ...placeholders, demo_files_directory: pages }),
  );
  const variables =
    options.environment === undefined
      ? []
      : [`-var-file=${join(copy, 'environments', topology, `${options.environment}.tfvars`)}`];
  return planFolder(options, directory, scratch, ['-refresh=false', ...variables]);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Whether a file is a plan that `tofu plan -out` wrote: those are ZIP archives. */
async function isBinaryPlan(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.toString('latin1') === 'PK';
  } finally {
    await file.close();
  }
}

/**
 * Plan JSON of a target: the name of a topology, a folder of HCL, a plan file of `tofu plan -out`, or plan JSON itself.
 * Throws `not_found` when there is no such target, `bad_request` when the program fails.
 */
export async function readTarget(target: string, options: TofuOptions): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-cost-'));
  try {
    const isName = /^[\w-][\w.-]*$/.test(target);
    if (isName && (await exists(join(options.infrastructure, 'topologies', target))))
      return await planTopology(options, target, scratch);
    const path = resolve(target);
    if (!(await exists(path)))
      throw new GatewayError(
        'not_found',
        `${target} is neither a topology in ${options.infrastructure}/topologies nor a file or folder`,
      );
    if ((await stat(path)).isDirectory())
      return await planFolder(
        options,
        path,
        scratch,
        options.environment === undefined ? [] : [`-var-file=${options.environment}.tfvars`],
      );
    return (await isBinaryPlan(path))
      ? await (
          await prepare(options)
        )(resolve(path, '..'), 'show', '-json', path)
      : await readFile(path, 'utf8');
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
