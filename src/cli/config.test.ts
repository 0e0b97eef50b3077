import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

const litellm = [
  'model_list:',
  '  - model_name: m',
  '    litellm_params: { model: openai/gpt-4o-mini, api_key: os.environ/OPENAI_API_KEY, drop_params: true }',
  '',
].join('\n');

test('config check reads a file of LiteLLM, and warns of what has no effect with its line', async () => {
  const file = join(folder, 'litellm.yaml');
  writeFileSync(file, litellm);
  const good = await run(['config', 'check', '--config', file], { OPENAI_API_KEY: 'canary' });
  expect(good).toMatchObject({ code: 0, stdout: `${file}: good. Models: m\n` });
  expect(good.stderr).toContain(`warning: ${file}:3  model_list[0].litellm_params.drop_params: is ignored`);
  const bad = await run(['config', 'check', '--config', file]);
  expect(bad).toMatchObject({
    code: 1,
    stderr: `${file}:3  model_list[0].litellm_params.api_key: the environment variable OPENAI_API_KEY is not set\n`,
  });
});

test('config convert writes our form to standard output or to a new file, without secrets', async () => {
  const file = join(folder, 'convert.yaml');
  const out = join(folder, 'converted.yaml');
  writeFileSync(file, litellm);
  const environment = { OPENAI_API_KEY: 'canary' };
  const { code, stdout } = await run(['config', 'convert', file], environment);
  expect(code).toBe(0);
  expect(stdout).toContain('apiKey: ${OPENAI_API_KEY}');
  expect(stdout).not.toContain('canary');
  expect(await run(['config', 'convert', file, '--out', out], environment)).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(readFileSync(out, 'utf8')).toBe(stdout);
  expect((await run(['config', 'check', '--config', out], environment)).code).toBe(0);
  expect(await run(['config', 'convert', file, '--out', out])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('exists already'),
  });
  expect(await run(['config', 'convert', out])).toMatchObject({ code: 1, stderr: expect.stringContaining('has no model_list') });
});

test('serve takes LiteLLM’s command line, tells what of it and of its file has no effect, and refuses its example key beyond loopback', async () => {
  const file = join(folder, 'serve.yaml');
  writeFileSync(file, `${litellm}general_settings: { alerting: [slack] }\n`);
  const parameters = ['serve', '--config', file, '--port', '0', '--num_workers', '8', '--detailed_debug'];
  const sluice = new SluiceProcess(parameters, { directory: folder, environment: { OPENAI_API_KEY: 'k' } });
  started.push(sluice);
  await sluice.url();
  const warned = sluice.log
    .filter(({ flag, key }) => flag !== undefined || key !== undefined)
    .map(({ flag, key, line }) => flag ?? `${String(key)} ${String(line)}`);
  expect(warned).toEqual(['--num_workers', 'model_list[0].litellm_params.drop_params 3', 'general_settings.alerting 4']);
  const open = await run(['serve', '--config', file, '--host', '0.0.0.0'], {
    OPENAI_API_KEY: 'k',
    LITELLM_MASTER_KEY: 'sk-1234',
  });
  expect(open).toMatchObject({ code: 1, stderr: expect.stringContaining('sk-1234 is one that guides print') });
});
