import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { call, nextPiece, open, until } from './support/client.ts';
import { expectError } from './support/expect-error.ts';
import { chatAnswer, chunk, FakeUpstream } from './support/fake-upstream.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';

let one: FakeUpstream;
let other: FakeUpstream;
let gateway: TestGateway | undefined;

beforeAll(async () => {
  [one, other] = await Promise.all([FakeUpstream.start(), FakeUpstream.start()]);
});
afterAll(() => Promise.all([one.close(), other.close()]));
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  one.reset();
  other.reset();
});

const backend = (own: object = {}, upstream = one) => ({ provider: 'vllm', baseUrl: upstream.baseUrl, ...own });
const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
const ask = (change: object = {}) => call(`${gateway!.url}/v1/chat/completions`, { body: { ...body, ...change } });
const health = async () => (await call(`${gateway!.url}/health`)).json();
const queued = (count: number) => until(async () => (await health())['requests_in_queue'] === count);

async function start(backends: object[], more: object = {}) {
  gateway = await startGateway({ models: [{ name: 'm', backends }], ...more });
  return gateway;
}

test('requests beyond maxInFlight wait, those beyond maxQueue get 503 with the time to wait', async () => {
  const { accessLine } = await start([backend({ maxInFlight: 1, maxQueue: 1 })], { routing: { retries: 3 } });
  one.always(() => undefined);
  const first = ask();
  const running = await one.exchange(0);
  const second = ask();
  await queued(1);
  const metrics = (await call(`${gateway!.url}/metrics`)).text;
  expect(metrics).toContain('sluice_requests_queued{model="m",backend="m#0"} 1');

  const refused = await ask();
  const error = expectError(refused, 'service_unavailable');
  expect([refused.headers['retry-after'], error.retry_after]).toEqual(['1', 1]);
  expect(error.message).toBe('the queue of model "m" is full (1 waiting); try again later');

  running.json(chatAnswer('m'));
  expect((await first).status).toBe(200);
  (await one.exchange(1)).json(chatAnswer('m'));
  const served = await second;
  expect([served.status, one.exchanges.length]).toEqual([200, 2]);
  const line = await accessLine(served.headers['x-request-id'] as string);
  expect(line['queued_ms']).toBeGreaterThan(0);
  expect(line['overhead_ms']).toBeLessThan(line['queued_ms'] as number);
  expect(await accessLine((await first).headers['x-request-id'] as string)).not.toHaveProperty('queued_ms');
  await queued(0);
});

test('a stream holds its place to its end', async () => {
  await start([backend({ maxInFlight: 1 })]);
  one.next((exchange) => exchange.openStream());
  const stream = open(`${gateway!.url}/v1/chat/completions`, { body: { ...body, stream: true } });
  const running = await one.exchange(0);
  running.event(chunk('m', 'Hel'));
  const response = await stream.response;
  await nextPiece(response);
  const second = ask();
  await queued(1);
  running.event(chunk('m', 'lo', 'stop'));
  running.done();
  expect((await second).status).toBe(200);
  response.resume();
});

test('while one backend is busy another one with room is asked', async () => {
  await start([backend({ maxInFlight: 1 }), backend({ maxInFlight: 1, weight: 0 }, other)]);
  one.always(() => undefined);
  const first = ask();
  const running = await one.exchange(0);
  expect((await ask()).status).toBe(200);
  expect(other.exchanges).toHaveLength(1);
  running.json(chatAnswer('m'));
  expect((await first).status).toBe(200);
});

test('a full queue sends requests to the fallback', async () => {
  const models = [
    { name: 'm', backends: [backend({ maxInFlight: 1, maxQueue: 0 })], fallbacks: ['spare'] },
    { name: 'spare', backends: [backend({}, other)] },
  ];
  await start([], { models });
  one.always(() => undefined);
  const first = ask();
  const running = await one.exchange(0);
  const answer = await ask();
  expect([answer.status, answer.json()['model']]).toEqual([200, 'spare']);
  running.json(chatAnswer('m'));
  await first;
});

test('a client that leaves leaves the queue, and the backend never hears of it', async () => {
  const { log } = await start([backend({ maxInFlight: 1 })]);
  one.next(() => undefined);
  const first = ask();
  const running = await one.exchange(0);
  const leaver = open(`${gateway!.url}/v1/chat/completions`, { body });
  await queued(1);
  leaver.request.destroy();
  await queued(0);
  await until(() => log.some((line) => line['client_gone'] === true && line['status'] === 499));
  running.json(chatAnswer('m'));
  await first;
  expect((await ask()).status).toBe(200);
  expect(one.exchanges).toHaveLength(2);
});

test('the time in the queue is part of the deadline: 504 when it passes there', async () => {
  await start([backend({ maxInFlight: 1, timeoutMs: 150 })]);
  one.next((exchange) => exchange.openStream());
  const stream = open(`${gateway!.url}/v1/chat/completions`, { body: { ...body, stream: true } });
  const running = await one.exchange(0);
  running.event(chunk('m', 'Hel'));
  const response = await stream.response;
  const { message } = expectError(await ask(), 'gateway_timeout');
  expect(message).toContain('gave no answer within 0.2 s');
  expect(one.exchanges).toHaveLength(1);
  running.event(chunk('m', 'lo', 'stop'));
  running.done();
  response.resume();
  expect((await ask()).status).toBe(200);
});

test('health counts the gateway’s queue and what vLLM says of its own', async () => {
  one.metrics = 'vllm:num_requests_waiting{engine="0",model_name="m"} 3.0\n';
  await start([backend({ maxInFlight: 1 })], { routing: { healthIntervalMs: 20 } });
  await queued(3);
  one.always(() => undefined);
  const both = [ask(), ask()];
  await queued(4);
  (await one.exchange(0)).json(chatAnswer('m'));
  (await one.exchange(1)).json(chatAnswer('m'));
  await Promise.all(both);
  one.metrics = '';
  await queued(0);
});
