/**
 * Measures `sluice cost` on a plan of 2,000 resources: processor time, wall time and peak memory of a fresh process, as a user meets it.
 * Run: `node bench/cost.ts`. Exits with 1 when it takes 2 s of processor time or 200 MB or more: wall time is that of an idle machine only.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const resources = 2000;
const limitMs = 2000;
const limitMB = 200;

/** The gpu plan of the tests, repeated as modules until it has 2,000 resources. */
async function bigPlan(): Promise<string> {
  const plan = JSON.parse(await readFile(new URL('../test/cost/fixtures/gpu-dev/plan.json', import.meta.url), 'utf8'));
  const root = plan.configuration.root_module.module_calls.gpu;
  const calls: Record<string, unknown> = {};
  const changes: object[] = [];
  for (let copy = 0; changes.length < resources; copy += 1) {
    calls[`gpu${copy}`] = root;
    const rename = (text: string): string => text.replace(/^module\.gpu\b/, `module.gpu${copy}`);
    changes.push(
      ...plan.resource_changes.map((change: { address: string; module_address: string }) => ({
        ...change,
        address: rename(change.address),
        module_address: rename(change.module_address),
      })),
    );
  }
  plan.resource_changes = changes.slice(0, resources);
  plan.configuration.root_module.module_calls = calls;
  return JSON.stringify(plan);
}

/** What the measured process runs: the command as main.ts would, then its own peak memory. */
const program = `
  import { costCommand } from ${JSON.stringify(new URL('../src/cli/cost.ts', import.meta.url).href)};
  await costCommand().parseAsync(process.argv.slice(1), { from: 'user' });
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  process.stderr.write('peak ' + maxRSS + ' cpu ' + (userCPUTime + systemCPUTime));
`;

const folder = await mkdtemp(join(tmpdir(), 'cost-bench-'));
try {
  const path = join(folder, 'plan.json');
  const text = await bigPlan();
  await writeFile(path, text);
  const runs: { cpuMs: number; wallMs: number; mb: number }[] = [];
  for (let round = 0; round < 5; round += 1) {
    const started = performance.now();
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program, path], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      maxBuffer: 1 << 28,
    });
    if (!stdout.includes('Resources:')) throw new Error('no report was printed');
    const [, peak, cpu] = /peak (\d+) cpu (\d+)/.exec(stderr) ?? [];
    runs.push({ cpuMs: Number(cpu) / 1000, wallMs: performance.now() - started, mb: Number(peak) / 1024 });
  }
  const median = (values: number[]): number =>
    values.sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
  const cpuMs = median(runs.map((run) => run.cpuMs));
  const mb = Math.max(...runs.map((run) => run.mb));
  const wallMs = median(runs.map((run) => run.wallMs));
  console.log(
    `${resources} resources, ${(text.length / 1e6).toFixed(1)} MB of plan, ${runs.length} runs: ${cpuMs.toFixed(0)} ms of processor time, ${wallMs.toFixed(0)} ms of wall time (medians), peak ${mb.toFixed(0)} MB`,
  );
  if (!(cpuMs < limitMs && mb < limitMB)) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
