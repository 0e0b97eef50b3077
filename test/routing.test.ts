import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { call, dataOf, open, until } from './support/client.ts';
import { expectError } from './support/expect-error.ts';
import { answerWell, chunk, FakeUpstream, type Behaviour } from './support/fake-upstream.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';

let first: FakeUpstream;
let second: FakeUpstream;
let third: FakeUpstream;
const running: TestGateway[] = [];

beforeAll(async () => {
  [first, second, third] = await Promise.all([FakeUpstream.start(), FakeUpstream.start(), FakeUpstream.start()]);
});
afterAll(() => Promise.all([first, second, third].map((upstream) => upstream.close())));
afterEach(async () => {
  await Promise.all(running.splice(0).map((gateway) => gateway.close()));
  for (const upstream of [first, second, third]) upstream.reset();
});

async function start(config: Record<string, unknown>): Promise<TestGateway> {
  const gateway = await startGateway(config);
  running.push(gateway);
  return gateway;
}

/** Tried in this order: weight 0 comes after weight 1. */
const inOrder = (...upstreams: FakeUpstream[]) =>
  upstreams.map(({ baseUrl }, index) => ({ provider: 'openai', baseUrl, weight: index === 0 ? 1 : 0 }));
const ask = (gateway: TestGateway, change: object = {}, headers: Record<string, string> = {}) =>
  call(`${gateway.url}/v1/chat/completions`, {
    body: { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...change },
    headers,
  });
const counts = () => [first, second, third].map(({ exchanges }) => exchanges.length);

const passing: [string, Behaviour][] = [
  ['500', (exchange) => exchange.raw('', 500)],
  ['502', (exchange) => exchange.raw('', 502)],
  ['a closed connection', (exchange) => exchange.cut()],
  [
    'half an answer',
    (exchange) => exchange.half('{', 100, exchange.body['stream'] === true ? 'text/event-stream' : 'application/json'),
  ],
];
const lasting: [string, Behaviour][] = [
  ['503', (exchange) => exchange.raw('', 503)],
  ['429', (exchange) => exchange.raw('', 429)],
  ['401', (exchange) => exchange.raw('', 401)],
  ['404', (exchange) => exchange.raw('', 404)],
  ['garbage', (exchange) => exchange.raw('garbage')],
];

describe.each([false, true])('with stream: %s', (stream) => {
  test.each([...passing, ...lasting])('%s moves the request to the next backend, once', async (_name, behaviour) => {
    const gateway = await start({ models: [{ name: 'm', backends: inOrder(first, second) }] });
    first.always(behaviour);
    const answer = await ask(gateway, { stream }, { 'x-request-id': 'moved' });
    expect(answer.status).toBe(200);
    expect(counts()).toEqual([1, 1, 0]);
    expect(await gateway.accessLine('moved')).toMatchObject({ attempts: 2, backend: 'm#1', status: 200 });
    expect((await gateway.accessLine('moved'))['error']).toBeUndefined();
  });

  test.each(passing)('%s of the only backend is worth one more try', async (_name, behaviour) => {
    const gateway = await start({ models: [{ name: 'm', backends: inOrder(first) }] });
    first.next(behaviour);
    expect((await ask(gateway, { stream })).status).toBe(200);
    expect(counts()).toEqual([2, 0, 0]);
  });

  test.each(lasting)('%s of the only backend is not asked again', async (_name, behaviour) => {
    const gateway = await start({ models: [{ name: 'm', backends: inOrder(first) }] });
    first.next(behaviour);
    expect((await ask(gateway, { stream })).status).toBeGreaterThanOrEqual(400);
    expect(counts()).toEqual([1, 0, 0]);
  });

  test('what the client did wrong is asked of nobody else', async () => {
    const gateway = await start({
      models: [
        { name: 'm', backends: inOrder(first, second), fallbacks: ['f'] },
        { name: 'f', backends: inOrder(third) },
      ],
    });
    first.always((exchange) => exchange.json({ error: { message: 'bad temperature' } }, 400));
    expectError(await ask(gateway, { stream }), 'bad_request');
    expect(counts()).toEqual([1, 0, 0]);
  });

  test('a deadline of one backend moves on, and is not repeated', async () => {
    const backends = inOrder(first, second).map((backend, index) => (index === 0 ? { ...backend, timeoutMs: 60 } : backend));
    const gateway = await start({ models: [{ name: 'm', backends }] });
    first.always(() => undefined);
    expect((await ask(gateway, { stream })).status).toBe(200);
    second.always((exchange) => exchange.raw('', 503));
    expectError(await ask(gateway, { stream }), 'service_unavailable');
    expect(counts()).toEqual([2, 2, 0]);
  });

  test('the deadline of the model holds over all attempts', async () => {
    const gateway = await start({
      routing: { retries: 10 },
      models: [{ name: 'm', timeoutMs: 500, backends: inOrder(first, second, third) }],
    });
    for (const upstream of [first, second]) {
      upstream.always(async (exchange) => {
        await new Promise((resolve) => setTimeout(resolve, 70));
        exchange.raw('', 500);
      });
    }
    third.always(() => undefined);
    const started = performance.now();
    expectError(await ask(gateway, { stream }), 'gateway_timeout');
    const took = performance.now() - started;
    expect(took).toBeGreaterThan(490);
    expect(took).toBeLessThan(2500);
    expect(counts()).toEqual([1, 1, 1]);
  });

  test('nobody else is asked once the deadline is over, to the millisecond', async () => {
    const gateway = await start({
      models: [{ name: 'm', timeoutMs: 40, backends: inOrder(first, second) }],
    });
    for (const upstream of [first, second]) upstream.always(() => undefined);
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        await new Promise((resolve) => setTimeout(resolve, index * 3));
        return ask(gateway, { stream });
      }),
    );
    for (const answer of answers) expectError(answer, 'gateway_timeout');
    const asked = first.exchanges.length + second.exchanges.length;
    // A machine that is busy may find a deadline over before anybody was asked.
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(40);
  });

  test('fallbacks answer in their order, under the name of the one that did', async () => {
    const gateway = await start({
      models: [
        { name: 'm', backends: inOrder(first), fallbacks: ['f1', 'f2'] },
        { name: 'f1', backends: inOrder(second) },
        { name: 'f2', backends: inOrder(third) },
      ],
    });
    first.always((exchange) => exchange.raw('', 503));
    second.always((exchange) => exchange.raw('', 503));
    const answer = await ask(gateway, { stream }, { 'x-request-id': 'fell' });
    const value = JSON.parse(stream ? dataOf(answer.text)[0]! : answer.text) as { model: string };
    expect(value.model).toBe('f2');
    expect(counts()).toEqual([1, 1, 1]);
    expect(third.exchanges[0]!.body['model']).toBe('f2');
    expect(await gateway.accessLine('fell')).toMatchObject({ model: 'm', response_model: 'f2', backend: 'f2#0', attempts: 3 });
  });

  test('when all fail the client gets the last failure, after as many rounds as configured', async () => {
    const gateway = await start({
      routing: { retries: 2, allowedFails: 100 },
      models: [{ name: 'm', backends: inOrder(first, second) }],
    });
    first.always((exchange) => exchange.raw('', 503));
    second.always((exchange) => exchange.raw('', 500));
    expectError(await ask(gateway, { stream }, { 'x-request-id': 'all' }), 'bad_gateway');
    expect(counts()).toEqual([3, 3, 0]);
    expect(await gateway.accessLine('all')).toMatchObject({ attempts: 6, error: 'bad_gateway', status: 502 });
  });

  test('nothing is tried again when the client has left', async () => {
    const gateway = await start({ routing: { retryDelayMs: 10_000 }, models: [{ name: 'm', backends: inOrder(first) }] });
    first.always((exchange) => exchange.raw('', 500));
    const { request } = open(`${gateway.url}/v1/chat/completions`, {
      body: { model: 'm', messages: [{ role: 'user', content: 'hi' }], stream },
      headers: { 'x-request-id': 'left' },
    });
    await (
      await first.exchange(0)
    ).closed;
    request.destroy();
    expect(await gateway.accessLine('left')).toMatchObject({ status: 499, attempts: 1, client_gone: true });
    expect(counts()).toEqual([1, 0, 0]);
  });

  test('a client that leaves while it waits is not replaced by another attempt', async () => {
    const gateway = await start({ models: [{ name: 'm', backends: inOrder(first, second) }] });
    first.always(() => undefined);
    const { request } = open(`${gateway.url}/v1/chat/completions`, {
      body: { model: 'm', messages: [{ role: 'user', content: 'hi' }], stream },
      headers: { 'x-request-id': 'left' },
    });
    const exchange = await first.exchange(0);
    request.destroy();
    await exchange.closed;
    expect(exchange.abortedAtMs).not.toBeNull();
    expect(await gateway.accessLine('left')).toMatchObject({ status: 499, attempts: 1, client_gone: true });
    expect(counts()).toEqual([1, 0, 0]);
  });
});

test('a fallback whose context is too small for the prompt is passed over', async () => {
  const gateway = await start({
    routing: { retries: 0 },
    models: [
      { name: 'm', contextTokens: 50, backends: inOrder(first), fallbacks: ['small', 'large'] },
      { name: 'small', contextTokens: 2, backends: inOrder(second) },
      { name: 'large', backends: inOrder(third) },
    ],
  });
  first.always((exchange) => exchange.raw('', 503));
  const answer = await ask(gateway, { messages: [{ role: 'user', content: 'one two three four five six' }] });
  expect(answer.json()).toMatchObject({ model: 'large' });
  expect(counts()).toEqual([1, 0, 1]);
});

test('a client that leaves while its prompt is counted costs no upstream work', async () => {
  first.always(() => undefined);
  const gateway = await start({ models: [{ name: 'm', contextTokens: 100_000, backends: inOrder(first) }] });
  const { request } = open(`${gateway.url}/v1/completions`, {
    body: { model: 'm', prompt: 'the quick brown fox '.repeat(15_000) },
    headers: { 'x-request-id': 'left' },
  });
  // Counting loads its table first, which takes far longer than the way of these bytes.
  await until(async () => (await call(`${gateway.url}/metrics`)).text.includes('sluice_requests_in_flight 1'));
  request.destroy();
  expect(await gateway.accessLine('left')).toMatchObject({ status: 499, client_gone: true });
  await until(async () => (await call(`${gateway.url}/metrics`)).text.includes('sluice_requests_in_flight 0'));
  await until(() => first.abortCount === first.exchanges.length);
});

test('after the first byte nothing is tried again', async () => {
  const gateway = await start({
    models: [
      { name: 'm', backends: inOrder(first, second), fallbacks: ['f'] },
      { name: 'f', backends: inOrder(third) },
    ],
  });
  first.always((exchange) => {
    exchange.openStream();
    exchange.bytes(`data: ${JSON.stringify(chunk('m', 'Hel'))}\n\n`);
    setImmediate(() => exchange.cut());
  });
  const answer = await ask(gateway, { stream: true });
  expect(answer.status).toBe(200);
  expect(counts()).toEqual([1, 0, 0]);
});

test('a stream that breaks before its first event is tried elsewhere, without a trace for the client', async () => {
  const gateway = await start({ models: [{ name: 'm', backends: inOrder(first, second) }] });
  first.always((exchange) => {
    exchange.openStream();
    exchange.bytes(': waiting\n\ndata: {"id":');
    setImmediate(() => exchange.cut());
  });
  const events = dataOf((await ask(gateway, { stream: true })).text);
  expect(counts()).toEqual([1, 1, 0]);
  expect(events.at(-1)).toBe('[DONE]');
  expect(events.join()).not.toContain('error');
});

test('traffic is shared by weight', async () => {
  const backends = [first, second, third].map(({ baseUrl }, index) => ({
    provider: 'openai',
    baseUrl,
    weight: [3, 1, 0][index],
  }));
  const gateway = await start({ models: [{ name: 'm', backends }] });
  for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 20 }, () => ask(gateway)));
  const [one = 0, two = 0, none] = counts();
  expect(none).toBe(0);
  expect(one + two).toBe(400);
  // Five standard deviations of a binomial with p = 0.75.
  expect(Math.abs(one - 300)).toBeLessThan(44);
});

test('a backend that keeps failing is asked last until its cooldown is over', async () => {
  const gateway = await start({
    routing: { allowedFails: 2, cooldownMs: 300, retries: 0 },
    models: [{ name: 'm', backends: inOrder(first, second) }],
  });
  first.always((exchange) => exchange.raw('', 500));
  for (let count = 0; count < 5; count++) expect((await ask(gateway)).status).toBe(200);
  expect(counts()).toEqual([2, 5, 0]);
  first.always(answerWell);
  await until(async () => (await ask(gateway)).status === 200 && first.exchanges.length > 2, 5_000);
  const asked = second.exchanges.length;
  await ask(gateway);
  expect(second.exchanges).toHaveLength(asked);
});

test('a backend that asks to be left alone is', async () => {
  const gateway = await start({ models: [{ name: 'm', backends: inOrder(first, second) }] });
  first.always((exchange) => exchange.raw('', 429, { 'retry-after': '30' }));
  for (let count = 0; count < 3; count++) expect((await ask(gateway)).status).toBe(200);
  expect(counts()).toEqual([1, 3, 0]);
});

test('health checks put a backend last and bring it back, and /health and the metrics say so', async () => {
  first.healthStatus = 503;
  const gateway = await start({ routing: { healthIntervalMs: 20 }, models: [{ name: 'm', backends: inOrder(first, second) }] });
  const metric = async (backend: string) =>
    new RegExp(`sluice_upstream_up\\{.*backend="${backend}".*\\} (\\d)`).exec((await call(`${gateway.url}/metrics`)).text)?.[1];
  await until(async () => (await metric('m#0')) === '0' && (await metric('m#1')) === '1');
  expect((await call(`${gateway.url}/health`)).status).toBe(200);
  await ask(gateway);
  expect(counts()).toEqual([0, 1, 0]);
  second.healthStatus = 401;
  await until(async () => (await call(`${gateway.url}/health`)).status === 503);
  expect((await call(`${gateway.url}/health`)).json()).toMatchObject({ status: 'unhealthy', model: 'm' });
  first.healthStatus = 200;
  await until(async () => (await metric('m#0')) === '1');
  await ask(gateway);
  expect(counts()).toEqual([1, 1, 0]);
  expect(gateway.log.filter(({ msg }) => msg === 'backend is down').length).toBeGreaterThanOrEqual(2);
  expect(gateway.log.some(({ msg }) => msg === 'backend is up')).toBe(true);
});

test('a model whose backends are all down is still tried', async () => {
  first.healthStatus = 503;
  const gateway = await start({ routing: { healthIntervalMs: 20 }, models: [{ name: 'm', backends: inOrder(first) }] });
  await until(async () => (await call(`${gateway.url}/health`)).json()['status'] === 'unhealthy');
  expect((await ask(gateway)).status).toBe(200);
});

test('an alias answers under the name of its model, and the upstream gets its own name', async () => {
  const backends = [
    { provider: 'openai', baseUrl: first.baseUrl, model: 'upstream/name', apiKey: 'sk-1', headers: { 'X-Team': 'red' } },
  ];
  const gateway = await start({ models: [{ name: 'm', aliases: ['alias'], backends }] });
  const answer = await ask(gateway, { model: 'alias', metadata: { kept: 1 } });
  expect(answer.json()['model']).toBe('m');
  expect(first.exchanges[0]!.body).toMatchObject({ model: 'upstream/name', metadata: { kept: 1 } });
  expect(first.exchanges[0]!.headers).toMatchObject({ authorization: 'Bearer sk-1', 'x-team': 'red' });
});

describe('with LiteLLM’s names in answers', () => {
  const compatibility = { litellmModelNames: true };
  const modelOf = async (stream: boolean, answer: Awaited<ReturnType<typeof ask>>) =>
    stream ? (JSON.parse(dataOf(answer.text)[0]!) as { model: string }).model : answer.json()['model'];

  test.each([false, true])('an answer carries the alias that was asked for; with stream: %s', async (stream) => {
    const models = [{ name: 'm', aliases: ['small'], backends: inOrder(first) }];
    expect(await modelOf(stream, await ask(await start({ models }), { model: 'small', stream }))).toBe('m');
    const gateway = await start({ models, compatibility });
    expect(await modelOf(stream, await ask(gateway, { model: 'small', stream }))).toBe('small');
    expect(await modelOf(stream, await ask(gateway, { model: 'm', stream }))).toBe('m');
  });

  test('an answer of a fallback carries the name of the fallback', async () => {
    const models = [
      { name: 'm', aliases: ['small'], backends: inOrder(first), fallbacks: ['other'] },
      { name: 'other', backends: inOrder(second) },
    ];
    const gateway = await start({ models, compatibility });
    first.always((exchange) => exchange.raw('', 503));
    expect((await ask(gateway, { model: 'small' })).json()['model']).toBe('other');
  });
});
