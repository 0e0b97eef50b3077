import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { backoffMs } from './clock.ts';
import type { Engine, EngineSettings, EngineState } from './engine.ts';
import { ModelError } from './model-error.ts';
import type { ResolvedModel } from './resolver.ts';
import { startEngine, type EngineDependencies } from './supervisor.ts';
import { noProxies } from '../transport/proxies.ts';

const here = fileURLToPath(import.meta.url);
const fakeChild = fileURLToPath(new URL('testing/fake-child.ts', import.meta.url));
const settings: EngineSettings = {
  model: 'any',
  contextTokens: 2048,
  parallel: 2,
  threads: 1,
  maxQueue: 8,
  cacheDirectory: '/nowhere',
  allowDownload: false,
};
const timings = {
  loadMs: 15_000,
  probeEveryMs: 20,
  probeTimeoutMs: 2_000,
  probeMisses: 3,
  restartFirstMs: 10,
  restartMostMs: 40,
  resolveFirstMs: 10,
  resolveMostMs: 20,
};

let engine: Engine;
let lines: string[];
afterEach(() => engine.close(0));

function model(name: string): ResolvedModel {
  return { path: here, name, isDemo: false, known: null, tried: [] };
}

/** Starts an engine whose models are the behaviours of the fake child, one after the other, the last one for ever. */
function start(behaviours: string[], changes: Partial<EngineDependencies> = {}): Engine {
  let next = 0;
  lines = [];
  engine = startEngine(settings, {
    network: { hubEndpoint: 'http://hub.invalid', proxies: noProxies },
    log: (_, line) => lines.push(line),
    childModule: fakeChild,
    resolve: () => Promise.resolve(model(behaviours[Math.min(next++, behaviours.length - 1)]!)),
    ...changes,
    timings: { ...timings, ...changes.timings },
  });
  return engine;
}

/** The next state of that kind; the states on the way are collected. */
function until<S extends EngineState['status']>(
  status: S,
  seen: EngineState[] = [],
): Promise<Extract<EngineState, { status: S }>> {
  return new Promise((resolve) => {
    const stop = engine.onState((state) => {
      seen.push(state);
      if (state.status !== status) return;
      stop();
      resolve(state as Extract<EngineState, { status: S }>);
    });
  });
}

test('a healthy child becomes ready behind its own token, and its queue is seen', async () => {
  start(['serve']);
  expect(engine.state).toEqual({ status: 'resolving' });
  const seen: EngineState[] = [];
  const { engine: ready } = await until('ready', seen);
  expect(seen.map(({ status }) => status)).toEqual(['loading', 'ready']);
  expect(ready).toMatchObject({ model: 'serve', isDemo: false, contextTokens: 2048, hasChatTemplate: true });
  expect(ready.token).toMatch(/^[0-9a-f]{64}$/);
  expect(engine.queueLength).toBe(7);
  const { statusCode, body } = await request(`${ready.baseUrl}/models`, { headers: { authorization: `Bearer ${ready.token}` } });
  await body.dump();
  expect(statusCode).toBe(200);
  expect(lines).toContainEqual(expect.stringMatching(/^process \d+ behaves as serve$/));
  await engine.close(5_000);
  expect(engine.state).toEqual({ status: 'stopped' });
  expect(engine.queueLength).toBe(0);
});

test('a crash is told with its exit code, and the next child takes over with another token', async () => {
  start(['crash', 'serve']);
  const first = await until('ready');
  const { reason, retryAtMs } = await until('restarting');
  expect(reason).toBe('the engine process ended with exit code 3');
  expect(retryAtMs).toBeGreaterThan(0);
  const second = await until('ready');
  expect(second.engine.token).not.toBe(first.engine.token);
});

test('a child that is killed is replaced, and the signal is the reason', async () => {
  start(['serve']);
  await until('ready');
  await expect.poll(() => lines.length).toBeGreaterThan(0);
  process.kill(Number(/process (\d+)/.exec(lines[0]!)?.[1]), 'SIGKILL');
  expect((await until('restarting')).reason).toBe('the engine process was ended by SIGKILL');
  await until('ready');
});

test('the wait between crashes doubles up to its limit', async () => {
  start(['refuse']);
  await until('restarting');
  await until('restarting');
  await until('restarting');
  await until('restarting');
  expect(lines.filter((line) => line.includes('restarting in')).map((line) => /in (.*) s$/.exec(line)?.[1])).toEqual([
    '0.01',
    '0.02',
    '0.04',
    '0.04',
  ]);
  expect([0, 1, 2, 6, 7, 500].map((attempt) => backoffMs(attempt, 500, 30_000))).toEqual([
    500, 1_000, 2_000, 30_000, 30_000, 30_000,
  ]);
});

test('a child that was healthy for long starts the backoff anew', async () => {
  start(['crash'], { timings: { healthyMs: 1 } });
  await until('restarting');
  await until('restarting');
  expect(lines.filter((line) => line.includes('restarting in 0.01 s'))).toHaveLength(2);
});

test('what the child says of its failure is the reason', async () => {
  start(['refuse']);
  expect((await until('restarting')).reason).toBe('the engine could not start on refuse: the file is broken');
});

test('a machine with too little memory for the model is told so', async () => {
  start(['refuse'], { allowedMemoryBytes: 10 });
  expect((await until('restarting')).reason).toContain('choose a smaller model');
});

test('a child that does not load in time is killed', async () => {
  start(['hang', 'serve'], { timings: { loadMs: 300 } });
  expect((await until('restarting')).reason).toBe('the engine did not load hang within 0.3 s');
});

test('a ready child that stops answering is killed and replaced', async () => {
  start(['deaf', 'serve'], { timings: { probeTimeoutMs: 50 } });
  await until('ready');
  expect((await until('restarting')).reason).toBe('the engine process did not answer 3 health probes in a row');
  expect((await until('ready')).engine.model).toBe('serve');
});

test('closing kills a child that ignores the request to end', async () => {
  start(['stubborn']);
  const { engine: ready } = await until('ready');
  const startedAtMs = Date.now();
  await engine.close(100);
  expect(Date.now() - startedAtMs).toBeGreaterThanOrEqual(95);
  expect(lines).toContain('no');
  await expect(request(ready.baseUrl)).rejects.toThrow();
});

test('closing while a child loads, or while the model is being found, leaves nothing running', async () => {
  start(['hang']);
  await until('loading');
  await engine.close(5_000);
  expect(engine.state.status).toBe('stopped');

  let signal: AbortSignal | undefined;
  start([], {
    resolve: (_, options) => {
      signal = options.signal;
      return new Promise((_resolve, reject) => options.signal.addEventListener('abort', () => reject(new Error('stopped'))));
    },
  });
  await engine.close(5_000);
  expect(signal?.aborted).toBe(true);
  expect(engine.state.status).toBe('stopped');
  expect(lines).toEqual([]);
});

test('a model that cannot be had is a failure with a reason, tried again', async () => {
  let tries = 0;
  start([], {
    resolve: () => (++tries < 3 ? Promise.reject(new ModelError('source', 'the hub is away')) : Promise.resolve(model('serve'))),
  });
  expect(await until('failed')).toEqual({ status: 'failed', reason: 'the hub is away' });
  expect((await until('ready')).engine.model).toBe('serve');
  expect(tries).toBe(3);
});

test('a model that nobody knows is a failure for good, told by the state alone', async () => {
  let tries = 0;
  const seen: EngineState[] = [];
  start([], {
    resolve: () => {
      tries++;
      return Promise.reject(new ModelError('unknown', 'no such model; try another'));
    },
  });
  engine.onState((state) => seen.push(state));
  expect(await until('failed')).toEqual({ status: 'failed', reason: 'no such model; try another' });
  await new Promise((resolve) => setTimeout(resolve, 10 * timings.resolveMostMs));
  expect({ tries, lines }).toEqual({ tries: 1, lines: [] });
  await engine.close(0);
  expect(seen.map(({ status }) => status)).toEqual(['failed', 'stopped']);
});

test('a child that says that no other could start is not replaced, and no restart is announced', async () => {
  start(['lack']);
  const seen: EngineState[] = [];
  expect(await until('failed', seen)).toEqual({ status: 'failed', reason: 'packages are missing' });
  await new Promise((resolve) => setTimeout(resolve, 10 * timings.restartMostMs));
  expect(seen.map(({ status }) => status)).toEqual(['loading', 'failed']);
  expect(engine.state.status).toBe('failed');
  expect(lines.filter((line) => !line.startsWith('process '))).toEqual([]);
});

test('sources that failed are in the log, and progress is a state', async () => {
  const progress = { model: 'serve', source: 'x', receivedBytes: 1, totalBytes: 2, bytesPerSecond: 0 };
  start([], {
    resolve: async (_, options) => {
      await Promise.resolve();
      options.onProgress(progress);
      return { ...model('serve'), isDemo: true, tried: [{ source: 'model hub', reason: 'not reachable' }] };
    },
  });
  const seen: EngineState[] = [];
  const { engine: ready } = await until('ready', seen);
  expect(seen).toContainEqual({ status: 'downloading', progress });
  expect(ready.isDemo).toBe(true);
  expect(lines).toContain('any not from model hub: not reachable');
});
