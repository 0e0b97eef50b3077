import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildMessage, StartMessage } from '../protocol.ts';
import { writeTinyModel } from '../tiny-model.ts';

/** A forked child with the tiny model, for tests. */
export interface TestChild {
  process: ChildProcess;
  messages: ChildMessage[];
  origin: string;
  post: (path: string, body: unknown, options?: { signal?: AbortSignal; token?: string }) => Promise<Response>;
  get: (path: string) => Promise<Response>;
  close: () => Promise<void>;
}

const testToken = 'test-token';

/** Starts a child, by default with a fresh tiny model, and waits until it is ready or has failed. */
export async function startTestChild(settings: Partial<StartMessage> = {}, execArgv: string[] = []): Promise<TestChild> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-child-'));
  const modelPath = join(folder, 'tiny.gguf');
  await writeTinyModel(modelPath);
  const child = fork(join(import.meta.dirname, 'main.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv });
  const messages: ChildMessage[] = [];
  child.on('message', (message: ChildMessage) => messages.push(message));
  const start: StartMessage = {
    type: 'start',
    modelPath,
    modelName: 'sluice-demo',
    contextTokens: 2048,
    parallel: 2,
    threads: 1,
    maxQueue: 16,
    token: testToken,
    ...settings,
  };
  child.send(start);
  await Promise.race([once(child, 'message'), once(child, 'exit')]);
  const [first] = messages;
  if (!first) throw new Error(`the child ended with ${child.exitCode} before it said anything`);
  const origin = `http://127.0.0.1:${first.type === 'ready' ? first.port : 0}`;
  const send = (path: string, init: RequestInit, token = testToken): Promise<Response> =>
    // oxlint-disable-next-line no-restricted-globals -- the client of a test
    fetch(origin + path, { ...init, headers: { authorization: `Bearer ${token}` } });
  return {
    process: child,
    messages,
    origin,
    post: (path, body, { signal, token } = {}) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return send(path, { method: 'POST', body: text, ...(signal ? { signal } : {}) }, token);
    },
    get: (path) => send(path, {}),
    close: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The events of a stream. `isWhole`: it ended with `[DONE]`. */
export async function readEvents(response: Response): Promise<{ events: unknown[]; isWhole: boolean }> {
  const lines = (await response.text()).split('\n\n').filter((line) => line !== '');
  const isWhole = lines.at(-1) === 'data: [DONE]';
  const events = lines.slice(0, isWhole ? -1 : undefined).map((line): unknown => JSON.parse(line.slice('data: '.length)));
  return { events, isWhole };
}
