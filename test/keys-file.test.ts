import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { hashKey } from '../src/keys/key-hash.ts';
import { call, until } from './support/client.ts';
import { FakeUpstream } from './support/fake-upstream.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';

let upstream: FakeUpstream;
let folder: string;
let gateway: TestGateway | undefined;

beforeAll(async () => {
  upstream = await FakeUpstream.start();
});
afterAll(() => upstream.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-keys-file-'));
});
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  rmSync(folder, { recursive: true });
});

const file = () => join(folder, 'keys.yaml');
const entry = (key: string, more: object = {}) => ({ hash: hashKey(key), alias: key.slice(3), ...more });

/** Puts the file in place in one step, as the host does. */
function put(text: string): void {
  writeFileSync(`${file()}.new`, text);
  renameSync(`${file()}.new`, file());
}
const putKeys = (...keys: object[]) => put(stringify({ keys }));

async function start(config: object = {}) {
  const models = [{ name: 'm', backends: [{ provider: 'openai', baseUrl: upstream.baseUrl }] }];
  gateway = await startGateway({ keysFile: file(), models, ...config }, { SLUICE_DATA: join(folder, 'data') });
  return gateway;
}

const ask = (key?: string) =>
  call(`${gateway!.url}/v1/chat/completions`, {
    body: { model: 'm', messages: [{ role: 'user', content: 'hi' }] },
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  });
const statusOf = async (key?: string) => (await ask(key)).status;

test('keys are known by their hashes, without a database', async () => {
  putKeys(entry('sk-one', { limits: { requestsPerMinute: 2 } }));
  const { url, log } = await start();
  expect(await statusOf()).toBe(401);
  expect(await statusOf('sk-other')).toBe(401);
  expect(await statusOf('sk-one')).toBe(200);
  expect(await statusOf('sk-one')).toBe(200);
  const refused = await ask('sk-one');
  expect([refused.status, (refused.json()['error'] as { code: string }).code]).toEqual([429, 'rate_limit_exceeded']);
  expect((await call(`${url}/health/readiness`)).json()).toMatchObject({ db: 'Not connected' });
  expect(existsSync(join(folder, 'data'))).toBe(false);
  expect(log.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
});

test.each([
  ['missing', null],
  ['empty', ''],
  ['without a key', 'keys: []\n'],
])('a file that is %s lets nobody in and says so', async (_what, text) => {
  if (text !== null) put(text);
  const { log } = await start();
  const answer = await ask('sk-one');
  expect([answer.status, (answer.json()['error'] as { code: string }).code]).toEqual([401, 'unauthorized']);
  expect(await statusOf()).toBe(401);
  expect(log).toContainEqual(expect.objectContaining({ level: 'warn', msg: expect.stringContaining('refused with 401') }));
});

test('a good change holds at once, a bad one is told with its place and changes nothing', async () => {
  putKeys(entry('sk-one'));
  const { log } = await start();
  expect(await statusOf('sk-one')).toBe(200);
  putKeys(entry('sk-two'));
  await until(async () => (await statusOf('sk-two')) === 200);
  expect(await statusOf('sk-one')).toBe(401);

  put(`keys:\n  - hash: nonsense\n    alias: three\n`);
  await until(() => log.some(({ level }) => level === 'error'));
  const told = log.find(({ level }) => level === 'error');
  expect(told).toMatchObject({ msg: 'the keys file is not usable; the keys before it stay in force' });
  expect(told!['fault']).toContain('keys.yaml:2  keys[0].hash');
  expect(await statusOf('sk-two')).toBe(200);

  putKeys(entry('sk-two', { blocked: true }), entry('sk-three'));
  await until(async () => (await statusOf('sk-three')) === 200);
  expect(await statusOf('sk-two')).toBe(401);
});

test('a file that comes later, and one that goes away', async () => {
  await start();
  expect(await statusOf('sk-one')).toBe(401);
  putKeys(entry('sk-one'));
  await until(async () => (await statusOf('sk-one')) === 200);
  rmSync(file());
  await until(async () => (await statusOf('sk-one')) === 401);
});

test('keys of the configuration stand beside those of the file, by their hash too', async () => {
  putKeys(entry('sk-one'));
  await start({ keys: [entry('sk-two')] });
  expect([await statusOf('sk-one'), await statusOf('sk-two'), await statusOf('sk-three')]).toEqual([200, 200, 401]);
  expect(existsSync(join(folder, 'data'))).toBe(false);
});

test('a budget without a database is told, and held while the process lives', async () => {
  putKeys(entry('sk-one', { limits: { budgetUsd: 0.000_1 } }));
  const models = [{ name: 'm', price: { inputUsdPerMillionTokens: 1, outputUsdPerMillionTokens: 1 }, maxOutputTokens: 2 }].map(
    (model) => ({ ...model, backends: [{ provider: 'openai', baseUrl: upstream.baseUrl }] }),
  );
  const { log } = await start({ models });
  expect(log).toContainEqual(expect.objectContaining({ level: 'warn', aliases: ['one'] }));
  expect(await statusOf('sk-one')).toBe(200);
  await until(async () => (await statusOf('sk-one')) === 429);
});
