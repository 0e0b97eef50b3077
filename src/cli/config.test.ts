import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { SluiceProcess } from '../../test/support/sluice-process.ts';

let folder: string;
const started: SluiceProcess[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
});
afterEach(() => Promise.all(started.splice(0).map((sluice) => sluice.stop())));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(parameters: string[], environment: Record<string, string> = {}) {
  const sluice = new SluiceProcess(parameters, { directory: folder, environment });
  started.push(sluice);
  const { code } = await sluice.ended;
  return { code, stdout: sluice.stdout, stderr: sluice.stderr };
}

test('config check says that all is well, warns of what is probably not meant, and tells every mistake with status 1', async () => {
  const file = join(folder, 'check.yaml');
  writeFileSync(file, 'models: [{ name: m, backends: [{ provider: ollama }] }]\n');
  const good = await run(['config', 'check', '--config', file]);
  expect(good).toMatchObject({ code: 0, stdout: `${file}: good. Models: m\n` });
  expect(good.stderr).toMatch(/^warning: .*Ollama.*contextTokens/);
  writeFileSync(file, 'models: [{ nam: m }]\nsever: {}\n');
  const bad = await run(['config', 'check', '--config', file]);
  expect(bad.code).toBe(1);
  expect(bad.stderr).toContain(`${file}:1  models[0].nam: unknown key; did you mean "name"?`);
  expect(bad.stderr).toContain(`${file}:2  sever: unknown key; did you mean "server"?`);
  expect(await run(['config', 'check'])).toMatchObject({ code: 0, stdout: expect.stringContaining('the defaults: good') });
});

test('config show fills in the defaults and masks every secret, in both forms', async () => {
  const file = join(folder, 'show.yaml');
  writeFileSync(
    file,
    'models: [{ name: m, backends: [{ provider: openai, apiKey: "${KEY}", headers: { x-key: canary-header } }] }]\n',
  );
  for (const flags of [[], ['--json']]) {
    const { code, stdout } = await run(['config', 'show', '--config', file, ...flags], { KEY: 'canary-key' });
    expect(code).toBe(0);
    expect(stdout).not.toContain('canary');
    expect(stdout).toContain('***');
    expect(stdout).toMatch(/"?shutdownTimeoutMs"?: 25000/);
  }
});

test('config schema is JSON', async () => {
  const { code, stdout } = await run(['config', 'schema']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ title: 'Sluice configuration', additionalProperties: false });
});
