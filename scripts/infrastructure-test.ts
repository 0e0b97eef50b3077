// Tests the HCL of infrastructure/: format, lint, known weaknesses, tables of the READMEs; then init, validate and `tofu test` of every root and module.
//   node scripts/infrastructure-test.ts [--only modules/api] [--jobs 2]
// Works in a copy. A tool that is missing is installed (scripts/infrastructure-tools.ts), and a failure if that fails. Terraform is optional.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readEnvironment, type Environment } from '../src/config/environment.ts';
import { GatewayError } from '../src/errors.ts';
import { findProgram } from '../src/tofu/program.ts';
import { providerVariables } from '../src/tofu/provider-configuration.ts';
import { findProviderMirror } from '../src/tofu/provider-mirror.ts';
import { check, type Check } from './tools/check.ts';
import { folderChecks } from './tools/folder-checks.ts';
import { copyInfrastructure, hclFolders } from './tools/hcl-folders.ts';
import { checkReadmes } from './tools/module-readme.ts';
import { startProvider, type ProviderProcess } from './tools/provider-process.ts';
import { staticChecks } from './tools/static-checks.ts';
import { ensureTool } from './tools/tools.ts';

const usage = 'node scripts/infrastructure-test.ts [--only modules/api] [--jobs 2]';

const infrastructure = fileURLToPath(new URL('../infrastructure', import.meta.url));

/** One line a check as it is done; what failed is printed at the end as well, where it is found. */
function tell({ folder, name, passed, failed, elapsedMs }: Check): void {
  const figures = `${passed} passed${failed === 0 ? '' : `, ${failed} FAILED`}`;
  console.log(`${folder.padEnd(26)}${name.padEnd(22)}${figures.padEnd(24)}${(elapsedMs / 1000).toFixed(1).padStart(6)} s`);
}

/** Takes folders from a list until it is empty, with a provider of its own: one process serves one command at a time. */
async function worker(
  folders: string[],
  work: (folder: string, attached: Record<string, string>) => Promise<Check[]>,
  start: () => Promise<ProviderProcess | undefined>,
): Promise<Check[]> {
  const checks: Check[] = [];
  let provider = await start();
  try {
    for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
      if (provider !== undefined && !provider.isAlive()) provider = await start();
      const done = await work(folder, provider?.variables ?? {});
      for (const result of done) tell(result);
      checks.push(...done);
    }
  } finally {
    provider?.stop();
  }
  return checks;
}

async function testFolders(copy: string, folders: string[], environment: Environment, jobs: number): Promise<Check[]> {
  const tofu = await findProgram({ named: await ensureTool('tofu', console.error), environment });
  const terraform = await findProgram({ named: 'terraform', environment }).catch(() => undefined);
  if (terraform === undefined) console.log('validate, Terraform: not run, no Terraform 1.11 or later on the PATH');
  const mirror = await findProviderMirror(environment.tofu);
  const { AWS_CA_BUNDLE: _bundle, ...variables } = {
    ...environment.variables,
    ...(await providerVariables(tofu, environment.tofu, mirror)),
  };
  const start = async () => (mirror === undefined ? undefined : startProvider(mirror, variables));
  const waiting = [...folders];
  const work = (folder: string, attached: Record<string, string>) =>
    folderChecks({ copy, folder, tofu, terraform, environment: { ...variables, ...attached } });
  const results = await Promise.all(Array.from({ length: Math.min(jobs, folders.length) }, () => worker(waiting, work, start)));
  return results.flat();
}

/** All checks of the folders that are asked for. Throws `GatewayError`s that say what to do. */
async function testAll(only: string | undefined, jobs: number): Promise<Check[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'infrastructure-test-'));
  try {
    const copy = join(scratch, 'infrastructure');
    await copyInfrastructure(infrastructure, copy);
    const all = await hclFolders(copy);
    const folders = all.filter((folder) => only === undefined || folder === only);
    if (folders.length === 0)
      throw new GatewayError('bad_request', `--only ${only}: no folder of infrastructure with HCL; there are ${all.join(', ')}`);
    const environment = readEnvironment(process.env);
    const still = await staticChecks(copy, await ensureTool('tofu', console.error), only);
    still.push(await check(only ?? '.', 'READMEs', () => checkReadmes(infrastructure, folders)));
    for (const result of still) tell(result);
    return [...still, ...(await testFolders(copy, folders, environment, jobs))];
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What was asked for. @throws GatewayError: an option that there is not, or no number */
function readWords(): { only: string | undefined; jobs: number } {
  try {
    const { values } = parseArgs({ options: { only: { type: 'string' }, jobs: { type: 'string' } } });
    const jobs = Number(values.jobs ?? Math.min(2, availableParallelism()));
    if (!Number.isInteger(jobs) || jobs < 1)
      throw new TypeError(`--jobs ${values.jobs}: it must be a whole number of at least 1`);
    return { only: values.only?.replace(/^(\.\/)?infrastructure\//, '').replace(/\/$/, ''), jobs };
  } catch (cause) {
    throw new GatewayError('bad_request', `${cause instanceof Error ? cause.message : String(cause)}\n${usage}`, { cause });
  }
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
const started = performance.now();
let checks: Check[] = [];
try {
  const { only, jobs } = readWords();
  checks = await testAll(only, jobs);
} catch (error) {
  if (!(error instanceof GatewayError)) throw error;
  console.error(error.message);
  process.exit(1);
}
const sum = (figure: 'passed' | 'failed') => checks.reduce((total, result) => total + result[figure], 0);
for (const { folder, name, failed, report } of checks) if (failed > 0) console.log(`\n=== ${folder} ${name}\n${report}`);
console.log(`\n${((performance.now() - started) / 1000).toFixed(0)} s`);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') === 0 ? 0 : 1;
