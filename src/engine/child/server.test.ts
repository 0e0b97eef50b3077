import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tinyModelAnswer } from '../tiny-model.ts';
import { readEvents, startTestChild, type TestChild } from './test-child.ts';

const messages = [{ role: 'user', content: 'Hello' }];
/** Goes on until the context is full: its end token never comes. */
const endless = { model: 'sluice-demo', messages, stream: true, logit_bias: { 2: -100 } };
const path = '/v1/chat/completions';

let child: TestChild;

beforeAll(async () => {
  child = await startTestChild({ contextTokens: 8192, maxQueue: 2 });
});

afterAll(() => child.close());

async function health(): Promise<{ status: string; waiting: number; running: number }> {
  return (await (await child.get('/health')).json()) as { status: string; waiting: number; running: number };
}

/** Waits until the child says so. Returns how long that took. */
async function untilQueue(waiting: number, running: number): Promise<number> {
  const startedMs = performance.now();
  for (let state = await health(); state.waiting !== waiting || state.running !== running; state = await health()) {
    if (performance.now() - startedMs > 5000) throw new Error(`the queue stays at ${JSON.stringify(state)}`);
  }
  return performance.now() - startedMs;
}

async function errorOf(response: Response): Promise<{ status: number; code: string }> {
  const { error } = (await response.json()) as { error: { code: string } };
  return { status: response.status, code: error.code };
}

describe('the server', () => {
  it('answers nobody without the token', async () => {
    for (const token of ['wrong', '']) {
      expect(await errorOf(await child.post(path, endless, { token }))).toEqual({ status: 401, code: 'unauthorized' });
    }
  });

  it('knows its routes and methods', async () => {
    expect(await errorOf(await child.get('/v1/nothing'))).toEqual({ status: 404, code: 'not_found' });
    const response = await child.get(path);
    expect(response.headers.get('allow')).toBe('POST');
    expect(await errorOf(response)).toEqual({ status: 405, code: 'method_not_allowed' });
  });

  it('names every wrong field, and the model that it has', async () => {
    const response = await child.post(path, { model: 'sluice-demo', messages: [{ role: 'king' }], temperature: 'hot' });
    expect(await response.json()).toMatchObject({
      error: {
        code: 'bad_request',
        type: 'invalid_request_error',
        details: [{ field: 'messages[0].role' }, { field: 'temperature' }],
      },
    });
    expect(await errorOf(await child.post(path, '{"model":'))).toEqual({ status: 400, code: 'bad_request' });
    expect(await errorOf(await child.post(path, { model: 'other', messages }))).toEqual({ status: 404, code: 'model_not_found' });
  });

  it('lists its model, and counts tokens', async () => {
    expect(await (await child.get('/v1/models')).json()).toMatchObject({
      object: 'list',
      data: [{ id: 'sluice-demo', object: 'model' }],
    });
    expect(await (await child.post('/tokenize', { text: 'The lock keeper<|end|>' })).json()).toEqual({
      count: 3 + '<|end|>'.length,
    });
  });
});

describe('a client that leaves', () => {
  it('stops its answer at once, and the next one is right', async () => {
    const gone = new AbortController();
    const response = await child.post(path, endless, { signal: gone.signal });
    const reader = response.body!.getReader();
    for (let count = 0; count < 3; count++) await reader.read();
    expect((await health()).running).toBe(1);
    gone.abort();
    expect(await untilQueue(0, 0)).toBeLessThan(500);
    const answer = await child.post(path, { model: 'sluice-demo', messages, temperature: 0 });
    expect(await answer.json()).toMatchObject({ choices: [{ message: { content: tinyModelAnswer } }] });
  });

  it('leaves the queue, which others move up in, and a full queue refuses', async () => {
    const callers = Array.from({ length: 4 }, () => new AbortController());
    const answers = callers.map(async ({ signal }, index) => {
      const response = await child.post(path, { ...endless, seed: index, max_tokens: 7000 }, { signal });
      return await response.text();
    });
    const settled = Promise.allSettled(answers);
    await untilQueue(2, 2);
    await vi.waitFor(() => expect(child.messages).toContainEqual({ type: 'queue', waiting: 2, running: 2 }));
    const refused = await child.post(path, endless);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await errorOf(refused)).toEqual({ status: 503, code: 'service_unavailable' });
    for (const [index, waiting] of [
      [3, 1],
      [2, 0],
    ]) {
      callers[index!]!.abort();
      await untilQueue(waiting!, 2);
    }
    for (const caller of callers) caller.abort();
    await untilQueue(0, 0);
    expect((await settled).every(({ status }) => status === 'rejected')).toBe(true);
  });
});

describe('the process', () => {
  it('tells its supervisor first that it is ready, and last that nothing runs', async () => {
    expect(child.messages[0]).toMatchObject({ type: 'ready', contextTokens: 8192, hasChatTemplate: true });
    await vi.waitFor(() => expect(child.messages.at(-1)).toEqual({ type: 'queue', waiting: 0, running: 0 }));
  });

  it('ends open answers with an error and exits with 0 on SIGTERM', async () => {
    const own = await startTestChild({ contextTokens: 8192, parallel: 1 });
    const [running, waiting] = [own.post(path, endless), own.post(path, { ...endless, stream: false })];
    const response = await running;
    const exit = once(own.process, 'exit');
    own.process.kill('SIGTERM');
    const { events, isWhole } = await readEvents(response);
    expect(isWhole).toBe(false);
    expect(events.at(-1)).toMatchObject({ error: { code: 'service_unavailable' } });
    expect(await errorOf(await waiting)).toEqual({ status: 503, code: 'service_unavailable' });
    expect(await exit).toEqual([0, null]);
    await own.close();
  });

  it('says in words why it cannot load a file, and exits with 1', async () => {
    const own = await startTestChild({ modelPath: import.meta.filename });
    expect(own.messages).toEqual([
      {
        type: 'failed',
        message: expect.stringMatching(/^cannot load the model file server\.test\.ts: ./) as string,
        isFinal: false,
      },
    ]);
    if (own.process.exitCode === null) await once(own.process, 'exit');
    expect(own.process.exitCode).toBe(1);
    await own.close();
  });

  it('says what to install where the library is missing', async () => {
    const hook =
      "import{registerHooks}from'node:module';registerHooks({resolve(name,context,next){if(name==='node-llama-cpp')throw Object.assign(Error(),{code:'ERR_MODULE_NOT_FOUND'});return next(name,context)}})";
    const own = await startTestChild({}, ['--import', `data:text/javascript,${encodeURIComponent(hook)}`]);
    expect(own.messages).toEqual([
      { type: 'failed', message: expect.stringContaining('npm install --include=optional') as string, isFinal: true },
    ]);
    await own.close();
  });

  it('does not outlive its supervisor', async () => {
    const exit = once(child.process, 'exit');
    child.process.disconnect();
    expect(await exit).toEqual([0, null]);
  });
});
