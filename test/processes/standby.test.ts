import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { call } from '../support/client.ts';
import { SluiceProcess } from '../support/sluice-process.ts';

const started: SluiceProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), 'sluice-standby-'));

afterEach(async () => {
  await Promise.all(started.splice(0).map((sluice) => sluice.stop()));
});

function run(environment: Record<string, string>, parameters = ['serve', '--port', '0']): SluiceProcess {
  const sluice = new SluiceProcess(parameters, { environment });
  started.push(sluice);
  return sluice;
}

const allowed = async (url: string, origin: string) =>
  (await call(`${url}/health`, { headers: { origin } })).headers['access-control-allow-origin'];

test('SLUICE_MODE=standby starts the responder, and a signal ends it with 0', async () => {
  const sluice = run({ SLUICE_MODE: 'standby', PORT: '0', HOST: '0.0.0.0', SLUICE_CORS_ORIGINS: 'https://a.example' }, ['serve']);
  const port = new URL(await sluice.url()).port;
  const url = `http://127.0.0.1:${port}`;
  const answer = await call(`${url}/v1/models`);
  expect([answer.status, answer.headers['retry-after']]).toEqual([503, '30']);
  expect(await allowed(url, 'https://a.example')).toBe('https://a.example');
  sluice.child.kill('SIGTERM');
  expect(await sluice.ended).toEqual({ code: 0, signal: null });
  expect(sluice.log.map(({ msg }) => msg)).toEqual(['listening on standby', 'request', 'request', 'stopped']);
});

test('the origins of a configuration hold over the variable; one that cannot be used does not keep it from starting', async () => {
  const good = join(folder, 'good.yaml');
  const bad = join(folder, 'bad.yaml');
  writeFileSync(good, 'cors: { origins: ["https://file.example"] }\n');
  writeFileSync(bad, 'cors: { origins: ["${NOT_SET}"] }\n');
  const variables = { SLUICE_MODE: 'standby', SLUICE_CORS_ORIGINS: 'https://variable.example' };
  const [fromFile, fromVariable] = [good, bad].map((path) => run({ ...variables, SLUICE_CONFIG: path }));
  expect(await allowed(await fromFile!.url(), 'https://file.example')).toBe('https://file.example');
  const told = await fromVariable!.logged('the configuration is not usable; SLUICE_CORS_ORIGINS holds');
  expect(told['fault']).toContain('bad.yaml:1');
  expect(await allowed(await fromVariable!.url(), 'https://variable.example')).toBe('https://variable.example');
  rmSync(folder, { recursive: true });
});

test('a mode that there is not ends the command with those that there are', async () => {
  const sluice = run({ SLUICE_MODE: 'backup' });
  expect(await sluice.ended).toEqual({ code: 1, signal: null });
  expect(sluice.stderr).toContain('known are gateway, standby');
});
