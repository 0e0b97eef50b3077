import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import type { Environment } from '../config/environment.ts';
import { GatewayError } from '../errors.ts';

/** A program that speaks HCL, as it introduced itself. */
export interface Program {
  path: string;
  name: 'OpenTofu' | 'Terraform';
  /** `1.12.6`, perhaps with a suffix. */
  version: string;
}

/** What is part of the environment for finding things, and the variables that a child is given. */
export type TofuSurroundings = Pick<Environment, 'tofu' | 'variables'>;

export interface ProgramSearch {
  /** A name or a path, as given by `--tofu`. */
  named?: string | undefined;
  environment: TofuSurroundings;
  /** Whether a `terraform` on the search path will do where no `tofu` is. One that is named always does. */
  allowTerraform?: boolean;
}

/** The version that the tests run on, and the name of its build in the cache folder. */
export const testedVersion = '1.12.6';

const oldest = [1, 11] as const;

const waysToInstall = `install OpenTofu ${oldest.join('.')} or later (https://opentofu.org/docs/intro/install/): \
\`brew install opentofu\`, \`winget install --exact --id=OpenTofu.Tofu\`, \`snap install --classic opentofu\`, the deb and rpm repositories or \
the archive of a release; in GitHub Actions the action opentofu/setup-opentofu. Then name it with --tofu or SLUICE_TOFU, or put it on the PATH`;

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

async function onSearchPath(name: string, folders: readonly string[]): Promise<string | undefined> {
  const spellings = process.platform === 'win32' ? [`${name}.exe`, name] : [name];
  for (const folder of folders)
    for (const spelling of spellings) {
      const path = join(folder, spelling);
      if (await isExecutable(path)) return path;
    }
  return undefined;
}

/** The first line of `version` is `OpenTofu v1.12.6`; its JSON form does not say which of the two programs speaks. */
async function introduce(path: string, variables: TofuSurroundings['variables']): Promise<Program> {
  const environment = { ...variables, CHECKPOINT_DISABLE: '1' };
  const text = await new Promise<string>((done, fail) =>
    execFile(path, ['version'], { env: environment, timeout: 30_000 }, (error, output) =>
      error === null ? done(output) : fail(error),
    ),
  ).catch((cause: unknown) => {
    throw new GatewayError('bad_request', `cannot run ${path}: ${waysToInstall}`, { cause });
  });
  const [, name, version] = /^(OpenTofu|Terraform) v(\d+\.\d+\.\d+\S*)/m.exec(text) ?? [];
  if ((name !== 'OpenTofu' && name !== 'Terraform') || version === undefined)
    throw new GatewayError('bad_request', `${path} is neither OpenTofu nor Terraform; it says: ${text.trim().slice(0, 200)}`);
  return { path, name, version };
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/** A name with a separator is a path; one without is looked up. */
async function locate(name: string, folders: readonly string[]): Promise<string> {
  if (isAbsolute(name) || /[\\/]/.test(name)) return resolve(name);
  const path = await onSearchPath(name, folders);
  if (path === undefined) throw new GatewayError('bad_request', `there is no program ${name} on the PATH: ${waysToInstall}`);
  return path;
}

async function search({ named, environment, allowTerraform = false }: ProgramSearch): Promise<string> {
  const { program, searchPath, cacheDirectory } = environment.tofu;
  const wanted = named ?? program;
  if (wanted !== undefined) return locate(wanted, searchPath);
  const tofu = await onSearchPath('tofu', searchPath);
  if (tofu !== undefined) return tofu;
  const terraform = allowTerraform ? await onSearchPath('terraform', searchPath) : undefined;
  if (terraform !== undefined) return terraform;
  const built = join(cacheDirectory, 'tools', `tofu-${testedVersion}`);
  if (await isExecutable(built)) return built;
  throw new GatewayError('bad_request', `OpenTofu is not on this machine: ${waysToInstall}`);
}

/**
 * The program that is named, else `$SLUICE_TOFU`, else `tofu` on the PATH, else `terraform` where it will do, else the build of the tests in the
 * cache folder. Nothing is ever downloaded. Throws `bad_request` with the ways to install it when there is none, or when it is too old.
 */
export async function findProgram(request: ProgramSearch): Promise<Program> {
  const program = await introduce(await search(request), request.environment.variables);
  if (!isNewEnough(program.version))
    throw new GatewayError(
      'bad_request',
      `${program.path} is ${program.name} ${program.version}, but write-only attributes need ${oldest.join('.')} or later: ${waysToInstall}`,
    );
  return program;
}
