import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ensureTool } from '../../../scripts/tools/tools.ts';
import { readEnvironment } from '../../../src/config/environment.ts';
import { findProgram } from '../../../src/tofu/program.ts';
import { providerVariables } from '../../../src/tofu/provider-configuration.ts';
import { repository } from './workflow.ts';

/** Merged into a root: where the mock is, buckets have no host names. */
const override = `terraform {
  backend "s3" {
    use_path_style = true
  }
}
provider "aws" {
  skip_metadata_api_check = true
  s3_use_path_style       = true
  max_retries             = 2
}
`;

export interface Result {
  status: number;
  output: string;
}

/** A copy of the repository, as a job has one, in which scripts run with the real OpenTofu against a mock of AWS. */
export class Checkout {
  readonly folder: string;
  readonly #variables: Record<string, string>;

  private constructor(folder: string, variables: Record<string, string>) {
    this.folder = folder;
    this.#variables = variables;
  }

  static async make(variables: Record<string, string>): Promise<Checkout> {
    const folder = await mkdtemp(join(tmpdir(), 'checkout-test-'));
    await cp(join(repository, 'infrastructure'), join(folder, 'infrastructure'), {
      recursive: true,
      filter: (path) => !/^\.terraform|\.tfstate/.test(basename(path)),
    });
    for (const name of ['artifacts', 'topologies/gpu'])
      await writeFile(join(folder, 'infrastructure', name, 'mock_override.tf'), override);
    for (const name of ['.github', 'bin', 'node_modules', 'package.json', 'package-lock.json', 'scripts', 'src', 'LICENSE'])
      await symlink(join(repository, name), join(folder, name));
    await cp(join(repository, 'Dockerfile'), join(folder, 'Dockerfile'));
    await cp(join(repository, '.dockerignore'), join(folder, '.dockerignore'));
    await mkdir(join(folder, 'web/dist'), { recursive: true });
    await writeFile(join(folder, 'web/dist/index.html'), 'page');
    const environment = readEnvironment(process.env);
    const program = await findProgram({ named: await ensureTool('tofu', console.error), environment });
    await mkdir(join(folder, 'programs'));
    await symlink(program.path, join(folder, 'programs/tofu'));
    await symlink(process.execPath, join(folder, 'programs/node'));
    return new Checkout(folder, {
      ...variables,
      ...(await providerVariables(program, environment.tofu)),
      PATH: `${join(folder, 'programs')}:${process.env['PATH']}`,
      HOME: folder,
      RUNNER_TEMP: folder,
      TF_IN_AUTOMATION: '1',
      CHECKPOINT_DISABLE: '1',
      TOPOLOGY: 'gpu',
      ENVIRONMENT: 'dev',
    });
  }

  run(program: string, args: readonly string[], more: Record<string, string> = {}): Promise<Result> {
    return new Promise((done) =>
      execFile(
        program,
        args,
        { cwd: this.folder, env: { ...this.#variables, ...more }, maxBuffer: 64e6 },
        (error, stdout, stderr) => done({ status: error === null ? 0 : Number(error.code), output: stdout + stderr }),
      ),
    );
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
