import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEvent } from '../../src/tofu/events.ts';
import type { Program } from '../../src/tofu/program.ts';
import { runTofu } from '../../src/tofu/run.ts';
import { check, type Check } from './check.ts';

export interface FolderRun {
  /** The copy of `infrastructure`. */
  copy: string;
  folder: string;
  tofu: Program;
  /** Terraform too, if this machine has it. */
  terraform: Program | undefined;
  environment: Readonly<Record<string, string | undefined>>;
}

const limitMs = 5 * 60_000;

interface RunStatus {
  name: string;
  status: string;
}

/** The end of a run block, of which `parseEvent` knows nothing: only tests have them. */
function runStatusOf(line: string): RunStatus | undefined {
  if (!line.includes('"type":"test_run"')) return undefined;
  const { test_run: run } = JSON.parse(line) as { test_run?: { path?: string; run?: string; status?: string } };
  return run?.status === undefined ? undefined : { name: `${run.path} ${run.run}`, status: run.status };
}

/** Runs the tests of a folder; a run block that was skipped is one that failed. */
async function test(run: FolderRun, directory: string): Promise<{ passed: number; failed: number; report: string }> {
  const statuses: RunStatus[] = [];
  const faults: string[] = [];
  const onLine = (line: string) => {
    const status = runStatusOf(line);
    if (status !== undefined) statuses.push(status);
    const event = parseEvent(line);
    if (event?.type === 'diagnostic' && event.diagnostic.severity === 'error')
      faults.push(`${event.diagnostic.place ?? ''} ${event.diagnostic.summary}: ${event.diagnostic.detail}`.trim());
  };
  let fault: unknown;
  await runTofu({
    program: run.tofu,
    directory,
    args: ['test', '-json'],
    environment: run.environment,
    timeoutMs: limitMs,
    onLine,
  }).catch((error: unknown) => (fault = error));
  const failed = statuses.filter(({ status }) => status !== 'pass');
  const report = [...failed.map(({ name, status }) => `${status}: ${name}`), ...faults];
  if (fault !== undefined && report.length === 0) throw fault;
  const failures = failed.length + (fault !== undefined && failed.length === 0 ? 1 : 0);
  return { passed: statuses.length - failed.length, failed: failures, report: report.join('\n') };
}

async function initAndValidate(run: FolderRun, program: Program, directory: string): Promise<void> {
  for (const args of [
    ['init', '-backend=false', '-no-color'],
    ['validate', '-no-color'],
  ])
    await runTofu({ program, directory, args, environment: run.environment, timeoutMs: limitMs });
}

/** `init` and `validate` with each program that is there, then the tests. Stops at the first that fails: the rest would say the same. */
export async function folderChecks(run: FolderRun): Promise<Check[]> {
  const directory = join(run.copy, run.folder);
  const programs = run.terraform === undefined ? [run.tofu] : [run.tofu, run.terraform];
  const checks: Check[] = [];
  for (const program of programs) {
    checks.push(await check(run.folder, `validate, ${program.name}`, () => initAndValidate(run, program, directory)));
    if (checks.some(({ failed }) => failed > 0)) return checks;
  }
  const tests = await readdir(join(directory, 'tests')).catch(() => []);
  if (tests.some((name) => name.endsWith('.tftest.hcl')))
    checks.push(await check(run.folder, 'test', () => test(run, directory)));
  return checks;
}
