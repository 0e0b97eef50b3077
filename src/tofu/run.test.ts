import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Program } from './program.ts';
import { runTofu, type TofuRun } from './run.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'sluice-run-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A shell script in place of the program. */
async function programOf(script: string): Promise<Program> {
  const path = join(folder, 'tofu');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return { path, name: 'OpenTofu', version: '1.12.6' };
}

const run = async (script: string, more: Partial<TofuRun> = {}) =>
  runTofu({
    program: await programOf(script),
    directory: folder,
    args: ['plan'],
    environment: { PATH: process.env['PATH'] },
    ...more,
  });

test('lines are told as they come, and nothing is asked for', async () => {
  const lines: string[] = [];
  const result = await run('echo one; echo "two" >&2; echo "$TF_INPUT $TF_IN_AUTOMATION $EXTRA"', {
    environment: { PATH: process.env['PATH'], EXTRA: 'yes' },
    onLine: (line, stream) => lines.push(`${stream}: ${line}`),
  });
  expect(result).toMatchObject({ stdout: 'one\n0 1 yes', stderr: 'two', hasChanges: false });
  expect(lines.sort()).toEqual(['stderr: two', 'stdout: 0 1 yes', 'stdout: one']);
});

test('status 2 means changes with -detailed-exitcode, and a failure without', async () => {
  expect(await run('exit 2', { args: ['plan', '-detailed-exitcode'] })).toMatchObject({ hasChanges: true });
  await expect(run('exit 2')).rejects.toMatchObject({ code: 'bad_request' });
});

test('faults of a -json run become errors', async () => {
  const line = JSON.stringify({
    type: 'diagnostic',
    diagnostic: { severity: 'error', summary: 'Failed to get existing workspaces: S3 bucket "x" does not exist.', detail: '' },
  });
  await expect(run(`echo '${line}'; exit 1`, { args: ['init', '-json'] })).rejects.toMatchObject({
    code: 'not_found',
    message: expect.stringContaining('the bucket of the state does not exist'),
  });
});

/** Says that it is ready, ends in order when interrupted, and counts interrupts. */
const patient = `n=0; trap 'n=$((n+1)); echo $n > count' INT; echo ready; while [ $n = 0 ]; do sleep 0.05; done; sleep 0.2; echo saved > state; exit 1`;

test('the signal interrupts once, and the run ends when the state is saved', async () => {
  const controller = new AbortController();
  const failure = run(patient, { signal: controller.signal, onLine: (line) => line === 'ready' && controller.abort() });
  await expect(failure).rejects.toMatchObject({ code: 'request_timeout', message: expect.stringContaining('was interrupted') });
  expect(await readFile(join(folder, 'state'), 'utf8')).toBe('saved\n');
  expect(await readFile(join(folder, 'count'), 'utf8')).toBe('1\n');
});

test('one that is interrupted beforehand does not begin', async () => {
  const lines: string[] = [];
  await expect(run('echo begun', { signal: AbortSignal.abort(), onLine: (line) => lines.push(line) })).rejects.toMatchObject({
    code: 'request_timeout',
    message: expect.stringMatching(/^tofu plan in .* was interrupted before it began, and has done nothing/),
  });
  expect(lines).toEqual([]);
});

test('one that dies of the interrupt, since it does not heed it yet, has done nothing', async () => {
  const controller = new AbortController();
  const failure = run('echo ready; exec sleep 30', {
    signal: controller.signal,
    onLine: (line) => line === 'ready' && controller.abort(),
  });
  await expect(failure).rejects.toThrow(/was interrupted before it began/);
});

test('a run that is not done in time is interrupted in the same way, and said to be late', async () => {
  await expect(run(patient, { timeoutMs: 500 })).rejects.toMatchObject({
    code: 'gateway_timeout',
    message: expect.stringContaining('was not done after 0.5 s'),
  });
  expect(await readFile(join(folder, 'state'), 'utf8')).toBe('saved\n');
});

test('one that does not heed the interrupt is killed after the grace', async () => {
  const started = performance.now();
  await expect(run("trap '' INT; echo ready; exec sleep 30", { timeoutMs: 200, graceMs: 200 })).rejects.toMatchObject({
    code: 'gateway_timeout',
    message: expect.stringContaining('the state may still be locked'),
  });
  expect(performance.now() - started).toBeLessThan(10_000);
});

test('one that somebody else kills is not said to have stopped in order', async () => {
  await expect(run('kill -9 $$', { environment: { ...process.env, TF_DATA_DIR: '/cache' } })).rejects.toMatchObject({
    code: 'request_timeout',
    message: expect.stringMatching(/tofu plan in .* was killed before it ended by itself/),
  });
});

test('a folder that is missing is told', async () => {
  await expect(run('exit 0', { directory: join(folder, 'no') })).rejects.toThrow(/^cannot run .* in .*no$/);
});
