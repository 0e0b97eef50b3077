import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { call, dataOf, nextPiece, open, parseRaw, rawCall, until, type Answer, type ErrorBody } from './support/client.ts';
import { expectError } from './support/expect-error.ts';
import { chatAnswer, chunk, FakeUpstream, type Behaviour } from './support/fake-upstream.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';

/** The inference routes under both their names, each with a good body. */
const inference = [
  ['/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content: 'hi' }] }],
  ['/chat/completions', { model: 'm', messages: [{ role: 'user', content: 'hi' }] }],
  ['/v1/completions', { model: 'm', prompt: 'hi' }],
  ['/completions', { model: 'm', prompt: 'hi' }],
  ['/v1/embeddings', { model: 'm', input: 'hi' }],
  ['/embeddings', { model: 'm', input: 'hi' }],
] as const;
const streaming = inference.filter(([path]) => !path.endsWith('embeddings'));

let upstream: FakeUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await FakeUpstream.start();
  const backend = { provider: 'openai', baseUrl: upstream.baseUrl };
  gateway = await startGateway({
    server: { maxBodyBytes: 64 * 1024, heartbeatMs: 0 },
    routing: { retries: 0 },
    models: [
      { name: 'm', streamIdleTimeoutMs: 150, backends: [backend] },
      { name: 'hasty', timeoutMs: 80, backends: [backend] },
      { name: 'small', contextTokens: 50, backends: [backend] },
      { name: 'nowhere', backends: [{ provider: 'openai', baseUrl: 'http://127.0.0.1:1/v1' }] },
      { name: 'loading', backends: [{ provider: 'embedded' }] },
      { name: 'cut-short', promptFormat: 'chat', backends: [{ provider: 'ollama', baseUrl: upstream.baseUrl }] },
    ],
    engine: { model: '/nonexistent/model.gguf', allowDownload: false },
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
afterEach(() => upstream.reset());

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  call(gateway.url + path, { method: 'POST', body, headers });

describe.each(inference)('POST %s refuses', (path, good) => {
  const changed = (change: object) => ({ ...good, ...change });

  test.each([
    ['text that is no JSON', 'hello'],
    ['half a JSON text', '{"model":'],
    ['an array', '[]'],
    ['a number', '42'],
    ['null', 'null'],
    ['bytes', Buffer.from([0xff, 0xfe, 0x00, 0x01])],
  ])('%s', async (_name, body) => {
    expectError(await post(path, body), 'bad_request');
    expect(upstream.exchanges).toHaveLength(0);
  });

  test('fields nested beyond all sense', async () => {
    const deep = '['.repeat(15_000) + ']'.repeat(15_000);
    for (const field of ['x', 'input_audio', 'metadata']) {
      expectError(await post(path, JSON.stringify(good).replace('{', `{"${field}":${deep},`)), 'bad_request');
    }
    expect(upstream.exchanges).toHaveLength(0);
  });

  test('an empty body, sent and left out', async () => {
    expectError(await post(path, ''), 'bad_request');
    const { message } = expectError(await call(gateway.url + path, { method: 'POST' }), 'bad_request');
    expect(message).toContain('empty');
  });

  test('wrong fields, naming every one', async () => {
    const answer = await post(path, changed({ model: 7, user: 9, dimensions: 'x', max_tokens: -1, temperature: 'hot' }));
    const error = expectError(answer, 'bad_request');
    const fields = error.details?.map(({ field }) => field) ?? [];
    const own = path.endsWith('embeddings') ? ['dimensions'] : ['max_tokens', 'temperature'];
    expect(fields).toEqual(expect.arrayContaining(['model', 'user', ...own]));
    expect(error.param).toBe(fields[0]);
  });

  test('a model that there is not', async () => {
    const error = expectError(await post(path, changed({ model: 'nobody' })), 'model_not_found');
    expect(error.param).toBe('model');
    expect(error.message).toContain('nobody');
  });

  test('a compressed body, saying so', async () => {
    const answer = await post(path, gzipSync(JSON.stringify(good)), { 'content-encoding': 'gzip' });
    expect(expectError(answer, 'bad_request').message).toContain('content-encoding');
  });

  test('too large a body, announced or not', async () => {
    const body = JSON.stringify(changed({ padding: 'x'.repeat(70_000) }));
    expectError(await post(path, body), 'request_too_large');
    expectError(await post(path, body, { 'transfer-encoding': 'chunked', 'content-length': [] as never }), 'request_too_large');
  });

  test.each(['GET', 'PUT', 'PATCH', 'DELETE'])('%s, with Allow', async (method) => {
    const answer = await call(gateway.url + path, { method });
    expectError(answer, 'method_not_allowed');
    expect(answer.headers.allow).toBe('POST, OPTIONS');
  });

  test('HEAD, with Allow and no body', async () => {
    const answer = await call(gateway.url + path, { method: 'HEAD' });
    expect([answer.status, answer.text, answer.headers.allow]).toEqual([405, '', 'POST, OPTIONS']);
    expect(answer.headers['x-request-id']).toBeDefined();
  });

  test('a foreign host name and a foreign page', async () => {
    expectError(await post(path, good, { host: 'evil.example' }), 'origin_not_allowed');
    expectError(await post(path, good, { origin: 'https://evil.example' }), 'origin_not_allowed');
    expectError(await post(path, good, { origin: 'null' }), 'origin_not_allowed');
    expect(upstream.exchanges).toHaveLength(0);
  });

  test('work for a backend that cannot be reached', async () => {
    const error = expectError(await post(path, changed({ model: 'nowhere' })), 'service_unavailable');
    expect(error.retry_after).toBeGreaterThanOrEqual(1);
    expect(error.message).not.toContain('127.0.0.1');
  });

  test('work for an engine that is not ready', async () => {
    const error = expectError(await post(path, changed({ model: 'loading' })), 'service_unavailable');
    expect(error.retry_after).toBeGreaterThanOrEqual(1);
  });
});

/** What an upstream does, and what the client gets when nothing was sent yet. */
const failures: [string, Behaviour, Parameters<typeof expectError>[1]][] = [
  ['text that is no JSON', (exchange) => exchange.raw('<html>welcome</html>'), 'bad_gateway'],
  ['JSON that is no answer', (exchange) => exchange.json({ hello: 'world' }), 'bad_gateway'],
  ['an empty answer', (exchange) => exchange.raw(''), 'bad_gateway'],
  ['half an answer', (exchange) => exchange.half('{"id":"x","choi', 500), 'bad_gateway'],
  [
    'a chunked answer that is cut',
    (exchange) => {
      exchange.response.writeHead(200, { 'content-type': 'application/json' });
      exchange.response.write('{"id":', () => exchange.cut());
    },
    'bad_gateway',
  ],
  ['a connection closed without an answer', (exchange) => exchange.cut(), 'service_unavailable'],
  ['no HTTP', (exchange) => void exchange.socket.end('SSH-2.0-OpenSSH\r\n'), 'service_unavailable'],
  ['status 500', (exchange) => exchange.json({ error: 'boom' }, 500), 'bad_gateway'],
  ['status 502 with a page', (exchange) => exchange.raw('<h1>Bad Gateway</h1>', 502), 'bad_gateway'],
  ['a redirect', (exchange) => exchange.raw('', 301, { location: 'http://elsewhere/' }), 'bad_gateway'],
  ['status 401', (exchange) => exchange.json({ error: 'Invalid API key' }, 401), 'bad_gateway'],
  ['status 403', (exchange) => exchange.json({ error: { message: 'no' } }, 403), 'bad_gateway'],
  ['status 404', (exchange) => exchange.json({ detail: 'Not Found' }, 404), 'bad_gateway'],
  ['status 408', (exchange) => exchange.raw('', 408), 'gateway_timeout'],
  ['status 503', (exchange) => exchange.raw('busy', 503), 'service_unavailable'],
  ['status 529', (exchange) => exchange.raw('overloaded', 529), 'service_unavailable'],
  ['status 400', (exchange) => exchange.json({ error: { message: 'bad top_p', param: 'top_p' } }, 400), 'bad_request'],
  ['status 422', (exchange) => exchange.json({ detail: [{ msg: 'no' }] }, 422), 'bad_request'],
  [
    'a prompt that is too long',
    (exchange) => exchange.json({ error: { message: "This model's maximum context length is 4096 tokens" } }, 400),
    'context_length_exceeded',
  ],
];

describe.each(failures)('an upstream that gives %s', (_name, behaviour, code) => {
  test.each(inference)('is told before the first byte on %s', async (path, good) => {
    upstream.always(behaviour);
    expectError(await post(path, good), code);
  });
  test.each(streaming)('is told before the first byte of a stream on %s', async (path, good) => {
    upstream.always(behaviour);
    expectError(await post(path, { ...good, stream: true }), code);
  });
});

test('an upstream that limits its rate: 429 with its own Retry-After, and a default one', async () => {
  upstream.always((exchange) => exchange.json({ error: 'slow down' }, 429, { 'retry-after': '17' }));
  expect(expectError(await post(...inference[0]), 'rate_limit_exceeded').retry_after).toBe(17);
  upstream.always((exchange) => exchange.raw('', 429));
  expect(expectError(await post(...inference[0]), 'rate_limit_exceeded').retry_after).toBeGreaterThanOrEqual(1);
  upstream.always((exchange) => exchange.raw('', 503, { 'retry-after': '0' }));
  expect(expectError(await post(...inference[0]), 'service_unavailable').retry_after).toBe(1);
});

describe.each(inference)('POST %s meets a deadline', (path, good) => {
  test('with no answer at all', async () => {
    upstream.always(() => undefined);
    expectError(await post(path, { ...good, model: 'hasty' }), 'gateway_timeout');
    const exchange = await upstream.exchange(0);
    await exchange.closed;
    expect(exchange.abortedAtMs).not.toBeNull();
  });
  test('with half an answer and silence', async () => {
    upstream.always((exchange) => {
      exchange.response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      exchange.response.write('{');
    });
    expectError(await post(path, { ...good, model: 'hasty' }), 'gateway_timeout');
  });
});

describe.each(streaming)('a stream on %s', (path, good) => {
  const body = { ...good, stream: true };
  const isChat = path.includes('chat');
  const part = (text: string | null, finish: string | null = null) =>
    isChat
      ? chunk('m', text, finish)
      : {
          ...chunk('m', text, finish),
          object: 'text_completion',
          choices: [{ index: 0, text: text ?? '', finish_reason: finish }],
        };

  /** The answer of a stream that broke: good pieces first, one error event last, no [DONE]. */
  async function expectBroken(behaviour: Behaviour, code: string, request: object = body): Promise<ErrorBody> {
    upstream.always(behaviour);
    const answer: Answer = await post(path, request);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toContain('text/event-stream');
    expect(answer.headers['x-request-id']).toBeDefined();
    const events = dataOf(answer.text);
    expect(events.length).toBeGreaterThanOrEqual(2);
    expect(events).not.toContain('[DONE]');
    expect(JSON.parse(events[0]!)).toHaveProperty('choices');
    const { error } = JSON.parse(events.at(-1)!) as { error: ErrorBody };
    expect(error).toMatchObject({ code, type: 'api_error', param: null });
    expect(error.message).toMatch(/\S/);
    return error;
  }

  test('whose first token comes too late is a 504', async () => {
    upstream.always((exchange) => exchange.openStream());
    expectError(await post(path, { ...body, model: 'hasty' }), 'gateway_timeout');
    const exchange = await upstream.exchange(0);
    await exchange.closed;
    expect(exchange.abortedAtMs).not.toBeNull();
  });

  test('that only sends comments until the deadline is a 504', async () => {
    upstream.always((exchange) => {
      exchange.openStream();
      exchange.bytes(': still loading\n\n');
    });
    expectError(await post(path, { ...body, model: 'hasty' }), 'gateway_timeout');
  });

  test('that begins with an error event has its own status', async () => {
    upstream.always((exchange) => {
      exchange.openStream();
      exchange.event({ error: { message: 'out of memory', code: 500 } });
      exchange.done();
    });
    expectError(await post(path, body), 'bad_gateway');
  });

  test('that is empty, or is [DONE] at once with no event, is never a silent success', async () => {
    upstream.always((exchange) => {
      exchange.openStream();
      exchange.response.end();
    });
    expectError(await post(path, body), 'bad_gateway');
  });

  test('that answers as a whole instead of streaming is a 502', async () => {
    upstream.always((exchange) => exchange.json(chatAnswer('m')));
    expectError(await post(path, body), 'bad_gateway');
  });

  test('that is cut after the first event ends with an error event', async () => {
    await expectBroken((exchange) => {
      exchange.openStream();
      exchange.event(part('Hel'));
      exchange.response.write('data: {"id":"x"', () => exchange.cut());
    }, 'bad_gateway');
  });

  test('that ends without a finish reason or [DONE] ends with an error event', async () => {
    await expectBroken((exchange) => {
      exchange.openStream();
      exchange.event(part('Hel'));
      exchange.response.end();
    }, 'bad_gateway');
  });

  test('that goes silent ends with an error event, and its upstream is closed', async () => {
    await expectBroken((exchange) => {
      exchange.openStream();
      exchange.event(part('Hel'));
    }, 'gateway_timeout');
    const exchange = await upstream.exchange(0);
    await exchange.closed;
    expect(exchange.abortedAtMs).not.toBeNull();
  });

  test('that says an error, or nonsense, in its middle ends with an error event', async () => {
    const say =
      (text: string): Behaviour =>
      (exchange) => {
        exchange.openStream();
        exchange.event(part('Hel'));
        exchange.event(part('lo'));
        exchange.bytes(`data: ${text}\n\n`);
        exchange.done();
      };
    await expectBroken(say('{"error":{"message":"secret path /srv","code":500}}'), 'bad_gateway');
    await expectBroken(say('{"error":"engine died"}'), 'bad_gateway');
    await expectBroken(say(JSON.stringify(part('x', 'abort'))), 'service_unavailable');
  });
});

test('a client that reads slowly holds the upstream back, and gets every byte in the end', async () => {
  const piece = 'x'.repeat(16 * 1024);
  const pieces = 2_000;
  let written = 0;
  let isBlocked = false;
  upstream.always(async (exchange) => {
    exchange.openStream();
    for (; written < pieces; written++) {
      if (exchange.event(chunk('m', piece))) continue;
      isBlocked = true;
      await new Promise((resolve) => exchange.response.once('drain', resolve));
      isBlocked = false;
    }
    exchange.event(chunk('m', null, 'stop'));
    exchange.done();
  });
  const stuck = await startGateway({
    server: { heartbeatMs: 0 },
    models: [{ name: 'm', backends: [{ provider: 'openai', baseUrl: upstream.baseUrl }] }],
  });
  const response = await open(`${stuck.url}/v1/chat/completions`, { body: { ...inference[0][1], stream: true } }).response;
  const before = process.memoryUsage().arrayBuffers;
  let seen = -1;
  await until(async () => {
    const stands = isBlocked && seen === written;
    seen = written;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return stands && seen === written;
  });
  // Socket buffers of the kernel hold a few megabytes; what must not happen is that the gateway takes all 32.
  expect(written).toBeLessThan(pieces * 0.75);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
  let text = '';
  for (let next = await nextPiece(response); next !== ''; next = await nextPiece(response)) text += next;
  const events = dataOf(text);
  expect(events).toHaveLength(pieces + 2);
  expect(events.at(-1)).toBe('[DONE]');
  await stuck.close();
});

test.each([
  ['/v1/models/nobody', 'model_not_found'],
  ['/models/nobody', 'model_not_found'],
  [`/v1/models/${'x'.repeat(4000)}`, 'model_not_found'],
  ['/v1/nothing', 'not_found'],
  ['/v1', 'not_found'],
  ['/v1/chat/completions/', 'not_found'],
  ['//v1/models', 'not_found'],
  ['/../../etc/passwd', 'not_found'],
  ['/%2e%2e/%2e%2e/etc/passwd', 'not_found'],
  ['/%zz', 'bad_request'],
  ['/v1/models/%zz', 'bad_request'],
] as const)('GET %s', async (path, code) => {
  expectError(
    parseRaw(await rawCall(gateway.port, `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)),
    code,
  );
});

test.each([
  ['/v1/models', 'GET, HEAD, OPTIONS'],
  ['/models', 'GET, HEAD, OPTIONS'],
  ['/v1/models/m', 'GET, HEAD, OPTIONS'],
  ['/health', 'GET, HEAD, OPTIONS'],
  ['/health/liveliness', 'GET, HEAD, OPTIONS'],
  ['/health/readiness', 'GET, HEAD, OPTIONS'],
  ['/metrics', 'GET, HEAD, OPTIONS'],
  ['/openapi.json', 'GET, HEAD, OPTIONS'],
])('other methods on %s are 405 with Allow, OPTIONS tells them, HEAD has no body', async (path, allow) => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'QUERY']) {
    const answer = await call(gateway.url + path, { method });
    expectError(answer, 'method_not_allowed');
    expect(answer.headers.allow).toBe(allow);
  }
  const options = await call(gateway.url + path, { method: 'OPTIONS' });
  expect([options.status, options.headers.allow, options.text]).toEqual([204, allow, '']);
  const head = await call(gateway.url + path, { method: 'HEAD' });
  expect(head.text).toBe('');
  expect(head.headers['x-request-id']).toBeDefined();
});

test('the page has its methods too', async () => {
  const answer = await call(`${gateway.url}/`, { method: 'DELETE' });
  expectError(answer, 'method_not_allowed');
  expect(answer.headers.allow).toBe('GET, HEAD');
});

test('the OpenAPI document is made once, not for everyone who asks', async () => {
  const first = await call(`${gateway.url}/openapi.json`);
  expect(first.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(first.json()).toHaveProperty('paths');
  const started = performance.now();
  for (let count = 0; count < 50; count++) expect((await call(`${gateway.url}/openapi.json`)).text).toBe(first.text);
  expect(performance.now() - started).toBeLessThan(2_000);
});

test('a prompt that cannot fit is refused before anyone is asked, naming the field that is too long', async () => {
  const text = 'one two three four five six seven eight nine ten '.repeat(20);
  for (const [path, body, param] of [
    ['/v1/chat/completions', { messages: [{ role: 'user', content: text }] }, 'messages'],
    ['/v1/completions', { prompt: text }, 'prompt'],
    ['/v1/embeddings', { input: text }, 'input'],
    ['/v1/completions', { prompt: 'short', max_tokens: 200 }, 'prompt'],
  ] as const) {
    const error = expectError(await post(path, { model: 'small', ...body }), 'context_length_exceeded');
    expect(error.param).toBe(param);
  }
  expect(upstream.exchanges).toHaveLength(0);
});

test('counting a monstrous prompt does not stop the gateway', async () => {
  const answers = await Promise.all([
    post('/v1/completions', { model: 'small', prompt: 'a'.repeat(60_000) }),
    post('/v1/completions', { model: 'small', prompt: ' '.repeat(60_000) }),
  ]);
  for (const answer of answers) expectError(answer, 'context_length_exceeded');
});

test('what an engine cannot do in a chat is refused with the name of the field', async () => {
  const error = expectError(
    await post('/v1/completions', { model: 'cut-short', prompt: 'x', suffix: 'y' }),
    'unsupported_parameter',
  );
  expect(error.param).toBe('suffix');
  expect(
    expectError(await post('/v1/completions', { model: 'cut-short', prompt: 'x', n: 2 }), 'unsupported_parameter').param,
  ).toBe('n');
});
