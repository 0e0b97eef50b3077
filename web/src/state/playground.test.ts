import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPlayground, type Playground } from './playground.ts';
import type { TabStorage } from './tab-storage.ts';

/** A gateway in the place of `fetch`: what the next chats answer, and what the others say. */
function createGateway() {
  const chats: { body: unknown; authorization: string | null; signal: AbortSignal | null | undefined }[] = [];
  const gateway = {
    chats,
    health: 'healthy',
    models: ['one', 'two'],
    answers: [] as (() => Response)[],
    fetch: async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const path = String(input);
      if (path === '/health')
        return Response.json({ status: gateway.health }, { status: gateway.health === 'healthy' ? 200 : 503 });
      if (path === '/v1/models') return Response.json({ data: gateway.models.map((id) => ({ id })) });
      chats.push({
        body: JSON.parse(String(init?.body)),
        authorization: new Headers(init?.headers).get('authorization'),
        signal: init?.signal,
      });
      return gateway.answers.shift()?.() ?? Response.json({ error: { message: 'no answer was laid out' } }, { status: 500 });
    },
  };
  return gateway;
}

function streamOf(...events: unknown[]): Response {
  const text = events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
}

const piece = (content: string) => ({ model: 'one-answers', choices: [{ delta: { content } }] });
const finish = { choices: [{ delta: {}, finish_reason: 'stop' }] };

function refusal(status: number, code: string, headers: Record<string, string> = {}): Response {
  return Response.json({ error: { message: `because ${code}`, code } }, { status, headers });
}

function createMemory(): TabStorage {
  const values = new Map<string, string>();
  return {
    read: (name) => JSON.parse(values.get(name) ?? 'null'),
    write: (name, value) => {
      values.set(name, JSON.stringify(value));
      return true;
    },
    remove: (name) => void values.delete(name),
  };
}

let gateway: ReturnType<typeof createGateway>;
let storage: TabStorage;
let playground: Playground;

function createOne(): Playground {
  let ids = 0;
  return createPlayground({ apiBaseUrl: '', storage, fetch: gateway.fetch, now: Date.now, newId: () => String(++ids) });
}

const lastTurn = () => playground.conversation.turns.value.at(-1)!;
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(async () => {
  vi.useFakeTimers();
  gateway = createGateway();
  storage = createMemory();
  playground = createOne();
  playground.refresh();
  await settle();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a prompt', () => {
  it('becomes an answer with what it took', async () => {
    gateway.answers.push(() =>
      streamOf(piece('Hel'), piece('lo'), finish, { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } }, '[DONE]'),
    );
    playground.send(' Hi ');
    await settle();
    expect(lastTurn().answer.value).toBe('Hello');
    expect(lastTurn().state.value).toEqual({ kind: 'done' });
    expect(lastTurn().facts.value).toMatchObject({
      model: 'one-answers',
      promptTokens: 3,
      completionTokens: 2,
      finishReason: 'stop',
    });
    expect(gateway.chats[0]!.body).toEqual({
      model: 'one',
      messages: [{ role: 'user', content: 'Hi' }],
      temperature: 0.7,
      max_tokens: 512,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('takes the earlier answers along', async () => {
    gateway.answers.push(
      () => streamOf(piece('A'), finish, '[DONE]'),
      () => streamOf(piece('B'), finish, '[DONE]'),
    );
    playground.send('1');
    await settle();
    playground.send('2');
    await settle();
    expect(gateway.chats[1]!.body).toMatchObject({
      messages: [{ content: '1' }, { content: 'A', role: 'assistant' }, { content: '2' }],
    });
  });

  it('is not sent while another is answered, without text, or without a model', async () => {
    gateway.answers.push(() => new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } }));
    playground.send('   ');
    playground.send('1');
    playground.send('2');
    await settle();
    expect(gateway.chats).toHaveLength(1);
    gateway.models = [];
    await playground.models.refresh();
    playground.stop();
    playground.send('3');
    await settle();
    expect(gateway.chats).toHaveLength(1);
  });

  it('can be stopped, which ends the request', async () => {
    gateway.answers.push(() => new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } }));
    playground.send('1');
    await settle();
    playground.stop();
    await settle();
    expect(lastTurn().state.value).toEqual({ kind: 'stopped' });
    expect(gateway.chats[0]!.signal?.aborted).toBe(true);
    expect(playground.isBusy.value).toBe(false);
  });
});

describe('an answer that breaks off', () => {
  it.each([
    ['an error event', [piece('Hal'), { error: { message: 'engine gone' } }], 'engine gone'],
    ['the end of the stream', [piece('Hal')], 'The stream ended before the answer was complete.'],
  ])('with %s keeps what was written', async (_, events, message) => {
    gateway.answers.push(() => streamOf(...events));
    playground.send('1');
    await settle();
    expect(lastTurn().answer.value).toBe('Hal');
    expect(lastTurn().state.value).toEqual({ kind: 'failed', failure: { kind: 'interrupted', message } });
  });

  it('is whole if only [DONE] is missing', async () => {
    gateway.answers.push(() => streamOf(piece('Hal'), finish));
    playground.send('1');
    await settle();
    expect(lastTurn().state.value).toEqual({ kind: 'done' });
  });

  it('by a reload is kept and marked', async () => {
    gateway.answers.push(() => new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } }));
    playground.send('1');
    await settle();
    playground = createOne();
    expect(lastTurn().prompt).toBe('1');
    expect(lastTurn().state.value).toMatchObject({ kind: 'failed', failure: { kind: 'interrupted' } });
  });
});

describe('a loading engine', () => {
  it('holds the prompt and gets it when it is ready', async () => {
    gateway.health = 'loading';
    gateway.answers.push(
      () => refusal(503, 'service_unavailable', { 'retry-after': '5' }),
      () => streamOf(piece('Now'), finish, '[DONE]'),
    );
    playground.send('1');
    await settle();
    expect(lastTurn().state.value).toEqual({ kind: 'held' });
    gateway.health = 'healthy';
    await vi.advanceTimersByTimeAsync(3_000);
    expect(lastTurn().answer.value).toBe('Now');
    expect(gateway.chats).toHaveLength(2);
  });

  it('gets a held prompt by itself only once', async () => {
    gateway.health = 'loading';
    gateway.answers.push(
      () => refusal(503, 'service_unavailable'),
      () => refusal(503, 'service_unavailable'),
    );
    playground.send('1');
    await settle();
    gateway.health = 'healthy';
    await vi.advanceTimersByTimeAsync(3_000);
    gateway.health = 'loading';
    await vi.advanceTimersByTimeAsync(30_000);
    expect(lastTurn().state.value).toMatchObject({ kind: 'failed', failure: { kind: 'unavailable' } });
    expect(gateway.chats).toHaveLength(2);
  });

  it('is not waited for after a stop', async () => {
    gateway.health = 'loading';
    gateway.answers.push(() => refusal(503, 'service_unavailable'));
    playground.send('1');
    await settle();
    playground.stop();
    gateway.health = 'healthy';
    await vi.advanceTimersByTimeAsync(30_000);
    expect(lastTurn().state.value).toEqual({ kind: 'stopped' });
    expect(gateway.chats).toHaveLength(1);
  });
});

describe('a gateway with keys', () => {
  it('calls for one, and gets the prompt again with it', async () => {
    gateway.answers.push(
      () => refusal(401, 'unauthorized'),
      () => streamOf(piece('Welcome'), finish, '[DONE]'),
    );
    playground.send('1');
    await settle();
    expect(playground.keyCalls.value).toBe(1);
    expect(playground.needsKey.value).toBe(true);
    playground.setApiKey('sk-secret');
    await settle();
    expect(gateway.chats[1]!.authorization).toBe('Bearer sk-secret');
    expect(lastTurn().answer.value).toBe('Welcome');
    expect(playground.conversation.turns.value).toHaveLength(1);
  });
});

describe('a limit', () => {
  it('says when to try again', async () => {
    gateway.answers.push(() => refusal(429, 'rate_limit_exceeded', { 'retry-after': '2' }));
    playground.send('1');
    await settle();
    expect(lastTurn().state.value).toMatchObject({ failure: { kind: 'rate-limited', retryAtMs: Date.now() + 2_000 } });
  });
});

describe('what the screen reader is told', () => {
  it('changes when the answer is whole, not for every piece', async () => {
    const told: string[] = [];
    const stop = playground.announcement.subscribe((text) => told.push(text));
    gateway.answers.push(() => streamOf(piece('**One'), piece('** two'), finish, '[DONE]'));
    playground.send('1');
    await settle();
    stop();
    expect(told).toEqual(['', 'Sent. Waiting for the answer.', 'One two']);
  });
});
