import type { IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { call, dataOf, nextPiece, open, until } from './support/client.ts';
import { answerWell, chatAnswer, chunk, FakeUpstream, textAnswer, usage } from './support/fake-upstream.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';

let upstream: FakeUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await FakeUpstream.start();
  const models = (['openai', 'vllm', 'ollama', 'llamacpp'] as const).map((provider) => ({
    name: provider,
    streamIdleTimeoutMs: 400,
    backends: [{ provider, baseUrl: upstream.baseUrl }],
  }));
  const tuned = { name: 'tuned', promptFormat: 'chat', backends: [{ provider: 'openai', baseUrl: upstream.baseUrl }] };
  gateway = await startGateway({ server: { heartbeatMs: 40 }, models: [...models, tuned] });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
afterEach(() => {
  upstream.reset();
  gateway.clear();
});

const messages = [{ role: 'user', content: 'hi' }];
const stream = (change: object = {}, headers: Record<string, string> = {}) =>
  call(`${gateway.url}/v1/chat/completions`, { body: { model: 'openai', messages, stream: true, ...change }, headers });
const openStream = (change: object = {}, headers: Record<string, string> = {}) =>
  open(`${gateway.url}/v1/chat/completions`, { body: { model: 'openai', messages, stream: true, ...change }, headers });

async function readUntil(response: IncomingMessage, wanted: RegExp): Promise<string> {
  let text = '';
  while (!wanted.test(text)) {
    const piece = await nextPiece(response);
    if (piece === '') throw new Error(`the stream ended before ${wanted}: ${text}`);
    text += piece;
  }
  return text;
}

test.each(['something broke', '{"message":"something broke"}'])(
  'an error event in the words of the engine is ours to tell: %s',
  async (data) => {
    upstream.always((exchange) => {
      exchange.openStream();
      exchange.event(chunk('openai', 'Hel'));
      exchange.bytes(`event: error\ndata: ${data}\n\n`);
    });
    const { text } = await stream();
    expect(text).not.toContain('something broke');
    expect(dataOf(text).at(-1)).toContain('bad_gateway');
  },
);

describe('when nothing is to be rewritten, bytes pass untouched', () => {
  test('in a stream, whatever spelling, comments, event names and unknown fields it has', async () => {
    const first =
      '{"id":"a","model":"openai","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant"}}]}';
    const body =
      `data: ${first}\n\n` +
      ': a comment\n\n' +
      'data:{"model" : "openai","choices":[{"delta":{"content":"ünï – 汉 😀 \\u00e9"}}],  "odd":1e-7}\n\n' +
      'event: message\nid: 7\ndata: {"model":"openai","choices":[{"delta":{"content":"x"}}]}\n\n' +
      'data: {"model":"openai","choices":[{"index":0,"delta":{},"finish_reason":null}]}\n\n';
    // The first event and the last are read; what lies between passes as it is.
    upstream.always(async (exchange) => {
      exchange.openStream();
      exchange.bytes(`data: ${first}\n\n`);
      await new Promise((resolve) => setImmediate(resolve));
      const bytes = Buffer.from(body.slice(`data: ${first}\n\n`.length));
      // Cut at odd places, in the middle of characters too.
      for (let at = 0; at < bytes.length; at += 7) {
        exchange.bytes(bytes.subarray(at, at + 7));
        await new Promise((resolve) => setImmediate(resolve));
      }
      exchange.event(chunk('openai', null, 'stop'));
      exchange.done();
    });
    const { text } = await stream();
    expect(text.startsWith(body)).toBe(true);
    expect(dataOf(text).slice(-2)).toEqual([JSON.stringify(chunk('openai', null, 'stop')), '[DONE]']);
  });

  test('in a whole answer', async () => {
    const text = `{ "odd" : 1.50,\n "model":"openai", "id":"x", "object":"chat.completion", "created":1, "choices":[{"index":0,"logprobs":null,"message":{"role":"assistant","content":"ü \\u00e9 😀","refusal":null},"finish_reason":"stop"}], "usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}\n`;
    upstream.always((exchange) => exchange.raw(text, 200, { 'content-type': 'application/json' }));
    const answer = await call(`${gateway.url}/v1/chat/completions`, { body: { model: 'openai', messages } });
    expect(answer.text).toBe(text);
  });

  test('and the request reaches the upstream with every field it had', async () => {
    const body = {
      model: 'openai',
      messages: [{ role: 'user', content: 'é😀', odd: [1, { a: null }] }],
      unknown: { deep: [true] },
      seed: 7,
    };
    await call(`${gateway.url}/v1/chat/completions`, { body });
    expect(upstream.exchanges[0]!.body).toEqual(body);
  });
});

describe('usage', () => {
  const usages = (text: string) =>
    dataOf(text)
      .filter((data) => data !== '[DONE]')
      .map((data) => (JSON.parse(data) as { usage?: unknown }).usage);

  test('is asked of the upstream always, shown to the client only on demand, and counted either way', async () => {
    const silent = await stream({}, { 'x-request-id': 'silent' });
    expect(usages(silent.text)).toEqual([undefined, undefined, undefined]);
    const shown = await stream({ stream_options: { include_usage: true } }, { 'x-request-id': 'shown' });
    expect(usages(shown.text).at(-1)).toEqual(usage);
    for (const exchange of upstream.exchanges) expect(exchange.body['stream_options']).toEqual({ include_usage: true });
    for (const id of ['silent', 'shown']) {
      const line = await gateway.accessLine(id);
      expect(line).toMatchObject({ prompt_tokens: 5, completion_tokens: 2, finish_reason: 'stop', stream: true });
      expect(line['usage_estimated']).toBeUndefined();
    }
  });

  test('that an engine does not report is made up for, and said to be an estimate', async () => {
    upstream.always((exchange) => {
      exchange.openStream();
      for (const text of ['a', 'b', 'c']) exchange.event(chunk('llamacpp', text));
      exchange.event(chunk('llamacpp', null, 'stop'));
      exchange.done();
    });
    const { text } = await stream({ model: 'llamacpp', stream_options: { include_usage: true } }, { 'x-request-id': 'made-up' });
    expect(usages(text).at(-1)).toMatchObject({ completion_tokens: expect.any(Number), prompt_tokens: expect.any(Number) });
    expect(dataOf(text).at(-1)).toBe('[DONE]');
    expect(await gateway.accessLine('made-up')).toMatchObject({ usage_estimated: true });
  });
});

describe('an end', () => {
  const ending = (end: (exchange: Parameters<typeof answerWell>[0]) => void, model = 'openai') =>
    upstream.always(async (exchange) => {
      exchange.openStream();
      for (const text of ['Hel', 'lo']) {
        exchange.event(chunk(model, text));
        await new Promise((resolve) => setImmediate(resolve));
      }
      end(exchange);
    });

  test('without [DONE] but with a finish reason gets its [DONE]', async () => {
    ending((exchange) => exchange.response.end(`data: ${JSON.stringify(chunk('openai', null, 'length'))}\n\n`));
    const { text } = await stream({}, { 'x-request-id': 'no-done' });
    expect(dataOf(text).at(-1)).toBe('[DONE]');
    expect(text).not.toContain('error');
    expect(await gateway.accessLine('no-done')).toMatchObject({ finish_reason: 'length', status: 200 });
  });

  test('whose last event lacks its empty line is whole too', async () => {
    ending((exchange) => exchange.response.end(`data: ${JSON.stringify(chunk('openai', null, 'stop'))}`));
    expect(dataOf((await stream()).text).at(-1)).toBe('[DONE]');
    ending((exchange) => exchange.response.end(`data: ${JSON.stringify(chunk('openai', null, 'stop'))}\n\ndata: [DONE]`));
    const events = dataOf((await stream()).text);
    expect(events.filter((data) => data === '[DONE]')).toHaveLength(1);
  });

  test('with CR LF line ends is read', async () => {
    upstream.always((exchange) => {
      exchange.openStream();
      for (const text of ['Hel', 'lo']) exchange.event(chunk('openai', text), '\r\n');
      exchange.event(chunk('openai', null, 'stop'), '\r\n');
      exchange.response.end('data: [DONE]\r\n\r\n');
    });
    const { text } = await stream({}, { 'x-request-id': 'crlf' });
    expect(dataOf(text)).toHaveLength(4);
    expect(await gateway.accessLine('crlf')).toMatchObject({ finish_reason: 'stop' });
  });

  test('of a stream that keeps its connection open after [DONE] reaches the client at once', async () => {
    upstream.always((exchange) => {
      exchange.openStream();
      exchange.event(chunk('openai', 'x', 'stop'));
      exchange.bytes('data: [DONE]\n\n');
    });
    const started = performance.now();
    expect(dataOf((await stream()).text).at(-1)).toBe('[DONE]');
    expect(performance.now() - started).toBeLessThan(1500);
    const exchange = await upstream.exchange(0);
    await exchange.closed;
  });

  test('that everything after [DONE] is left out', async () => {
    ending((exchange) => {
      exchange.event(chunk('openai', null, 'stop'));
      exchange.bytes('data: [DONE]\n\n');
      exchange.event(chunk('openai', 'too late'));
      exchange.response.end();
    });
    const { text } = await stream();
    expect(text).not.toContain('too late');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });
});

describe('heartbeats', () => {
  test('keep an idle stream open, between whole events only, and stop with it', async () => {
    let finish = () => undefined as void;
    upstream.always((exchange) => {
      exchange.openStream();
      exchange.event(chunk('openai', 'Hel'));
      const last = JSON.stringify(chunk('openai', 'lo', 'stop'));
      exchange.bytes(`data: ${last.slice(0, 20)}`);
      finish = () => exchange.response.end(`${last.slice(20)}\n\ndata: [DONE]\n\n`);
    });
    const response = await openStream().response;
    const begin = await readUntil(response, /keep-alive.*keep-alive/s);
    finish();
    const text = begin + (await readUntil(response, /\[DONE\]/));
    expect(
      text
        .split('\n\n')
        .filter((event) => event.startsWith(':'))
        .every((event) => event === ': keep-alive'),
    ).toBe(true);
    expect(dataOf(text).map((data) => data.slice(0, 3))).toEqual(['{"i', '{"i', '[DO']);
  });

  test('are not sent to a stream that flows', async () => {
    upstream.always(async (exchange) => {
      exchange.openStream();
      for (let count = 0; count < 20; count++) {
        exchange.event(chunk('openai', 'x'));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      exchange.event(chunk('openai', null, 'stop'));
      exchange.done();
    });
    expect((await stream()).text).not.toContain('keep-alive');
  });

  test('do not count as life: the pause limit holds', async () => {
    upstream.always((exchange) => {
      exchange.openStream();
      exchange.event(chunk('openai', 'Hel'));
    });
    const { text } = await stream();
    expect(text).toContain(': keep-alive');
    expect(dataOf(text).at(-1)).toContain('gateway_timeout');
  });

  test('of the upstream itself pass, and do not count as life either', async () => {
    upstream.always(async (exchange) => {
      exchange.openStream();
      exchange.event(chunk('openai', 'Hel'));
      for (let count = 0; count < 100 && exchange.abortedAtMs === null; count++) {
        exchange.bytes(': ping\n\n');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
    const { text } = await stream();
    expect(text).toContain(': ping');
    expect(dataOf(text).at(-1)).toContain('gateway_timeout');
  });

  test('come between the events of an upstream that is slower than they', async () => {
    upstream.always(async (exchange) => {
      exchange.openStream();
      for (let count = 0; count < 3; count++) {
        exchange.event(chunk('openai', `part ${count}`));
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      exchange.event(chunk('openai', null, 'stop'));
      exchange.done();
    });
    const { text } = await stream();
    expect(text.match(/keep-alive/g)!.length).toBeGreaterThanOrEqual(3);
    expect(dataOf(text)).toHaveLength(5);
    expect(dataOf(text).at(-1)).toBe('[DONE]');
  });
});

describe('a client that leaves', () => {
  const latencies: number[] = [];
  afterAll(() => {
    const sorted = latencies.toSorted((left, right) => left - right);
    console.log(`upstream aborted after: p50 ${sorted[sorted.length >> 1]!.toFixed(1)} ms, max ${sorted.at(-1)!.toFixed(1)} ms`);
  });

  test.each([
    ['a plain request', false],
    ['a stream before its first event', true],
  ])('stops the upstream of %s', async (_name, isStream) => {
    for (let count = 0; count < 10; count++) {
      upstream.always((exchange) => (isStream ? exchange.openStream() : undefined));
      const { request } = openStream({ stream: isStream }, { 'x-request-id': `gone-${count}` });
      const exchange = await upstream.exchange(count);
      request.destroy();
      const leftAtMs = performance.now();
      await exchange.closed;
      latencies.push(exchange.abortedAtMs! - leftAtMs);
      const line = await gateway.accessLine(`gone-${count}`);
      expect(line).toMatchObject({ status: 499, client_gone: true });
      expect(line['error']).toBeUndefined();
    }
    expect(Math.max(...latencies)).toBeLessThan(1000);
  });

  test('in the middle of a stream stops its upstream', async () => {
    for (let count = 0; count < 10; count++) {
      upstream.always((exchange) => {
        exchange.openStream();
        exchange.event(chunk('openai', 'Hel'));
      });
      const { request, response } = openStream({}, { 'x-request-id': `cut-${count}` });
      await readUntil(await response, /Hel/);
      request.destroy();
      const leftAtMs = performance.now();
      const exchange = await upstream.exchange(count);
      await exchange.closed;
      latencies.push(exchange.abortedAtMs! - leftAtMs);
      expect(await gateway.accessLine(`cut-${count}`)).toMatchObject({ status: 200, client_gone: true, stream: true });
    }
    expect(Math.max(...latencies)).toBeLessThan(1000);
  });

  test('after its whole answer is no abort', async () => {
    const agentless = await stream({}, { 'x-request-id': 'well' });
    expect(agentless.status).toBe(200);
    expect((await gateway.accessLine('well'))['client_gone']).toBeUndefined();
    expect(upstream.abortCount).toBe(0);
  });
});

test('upstream connections are kept and used again', async () => {
  await stream();
  const before = upstream.openSockets;
  for (let count = 0; count < 5; count++) await stream();
  await call(`${gateway.url}/v1/chat/completions`, { body: { model: 'openai', messages } });
  expect(upstream.openSockets).toBeLessThanOrEqual(before + 1);
});

describe('text completions of a chat-tuned model', () => {
  test('stream as text completions', async () => {
    upstream.always((exchange) => {
      exchange.openStream();
      exchange.event({
        ...chunk('tuned', null),
        choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
      });
      exchange.event(chunk('tuned', 'Hel'));
      exchange.event(chunk('tuned', 'lo'));
      exchange.event(chunk('tuned', null, 'stop'));
      exchange.event({ ...chunk('tuned', null), choices: [], usage });
      exchange.done();
    });
    const answer = await call(`${gateway.url}/v1/completions`, {
      body: { model: 'tuned', prompt: 'say hello', stream: true, stream_options: { include_usage: true } },
    });
    const events = dataOf(answer.text);
    const chunks = events
      .slice(0, -1)
      .map((data) => JSON.parse(data) as { object: string; choices: { text: string }[]; usage?: unknown });
    expect(chunks.every(({ object }) => object === 'text_completion')).toBe(true);
    expect(chunks.flatMap(({ choices }) => choices.map(({ text }) => text)).join('')).toBe('Hello');
    expect(chunks.at(-1)!.usage).toEqual(usage);
    expect(upstream.exchanges[0]!).toMatchObject({
      path: '/v1/chat/completions',
      body: { messages: [{ role: 'user', content: 'say hello' }] },
    });
  });

  test('answer whole as a text completion', async () => {
    upstream.always((exchange) => exchange.json(chatAnswer('tuned', 'Hello')));
    const answer = await call(`${gateway.url}/v1/completions`, { body: { model: 'tuned', prompt: 'say hello' } });
    expect(answer.json()).toMatchObject({ object: 'text_completion', choices: [{ text: 'Hello' }] });
    upstream.always((exchange) => exchange.json(textAnswer('openai', 'raw')));
    expect((await call(`${gateway.url}/v1/completions`, { body: { model: 'openai', prompt: 'x' } })).json()).toMatchObject({
      choices: [{ text: 'raw' }],
    });
    expect(upstream.exchanges.at(-1)!.path).toBe('/v1/completions');
  });
});

test('requests in flight are none again after all of this', async () => {
  await until(async () => {
    const { text } = await call(`${gateway.url}/metrics`);
    return /sluice_requests_in_flight 0\n/.test(text) && /sluice_requests_waiting 0\n/.test(text);
  });
});
