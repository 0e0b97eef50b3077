import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { childModule } from './engine-child.ts';
import type { EngineState } from './engine.ts';
import { startEngine } from './supervisor.ts';
import { tinyModelAnswer, writeTinyModel } from './tiny-model.ts';
import { noProxies } from '../transport/proxies.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-engine-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const settings = { model: 'sluice-demo', contextTokens: 512, parallel: 1, threads: 1, maxQueue: 4, allowDownload: false };
const network = { hubEndpoint: 'http://hub.invalid', proxies: noProxies };

test('the engine answers on a model that it has generated itself, behind its token', async () => {
  const engine = startEngine({ ...settings, cacheDirectory: folder }, { network, log: () => undefined });
  try {
    const { engine: ready } = await until(engine, 'ready');
    expect(ready).toMatchObject({ model: 'sluice-demo', isDemo: true, contextTokens: 512, hasChatTemplate: true });
    expect(await ask(ready.baseUrl, ready.token)).toContain(tinyModelAnswer);
    const { statusCode, body } = await request(`${ready.baseUrl}/models`);
    await body.dump();
    expect(statusCode).toBe(401);
  } finally {
    await engine.close(2_000);
  }
  expect(engine.state).toEqual({ status: 'stopped' });
});

test('the child ends by itself when its supervisor is killed', async () => {
  const modelPath = join(folder, 'orphan.gguf');
  await writeTinyModel(modelPath);
  const start = {
    type: 'start',
    modelPath,
    modelName: 'orphan',
    contextTokens: 512,
    parallel: 1,
    threads: 1,
    maxQueue: 4,
    token: 't',
  };
  const script = `
    const child = require('node:child_process').fork(${JSON.stringify(childModule)}, [], { execArgv: [] });
    child.on('message', (message) => message.type === 'ready' && console.log(child.pid));
    child.send(${JSON.stringify(start)});`;
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const pid = await new Promise<number>((resolve) =>
    createInterface({ input: parent.stdout }).once('line', (line) => resolve(Number(line))),
  );
  expect(await isRunning(pid)).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(() => isRunning(pid), { timeout: 5_000, interval: 50 }).toBe(false);
});

function until<S extends EngineState['status']>(
  engine: ReturnType<typeof startEngine>,
  status: S,
): Promise<Extract<EngineState, { status: S }>> {
  return new Promise((resolve) => {
    const stop = engine.onState((state) => {
      if (state.status !== status) return;
      stop();
      resolve(state as Extract<EngineState, { status: S }>);
    });
  });
}

async function ask(baseUrl: string, token: string): Promise<string> {
  const { body } = await request(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sluice-demo', messages: [{ role: 'user', content: 'Hello' }], temperature: 0 }),
  });
  return body.text();
}

/** False for what is gone, and for what has ended and is only not yet collected by its new parent. */
async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !/ Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));
}
