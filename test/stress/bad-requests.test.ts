import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, until } from '../support/client.ts';
import { FakeUpstream } from '../support/fake-upstream.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const rounds = 5;
const perRound = 2_000;
let upstream: FakeUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await FakeUpstream.start((exchange) => {
    const kind = upstream.exchanges.length % 4;
    if (kind === 0) exchange.raw('garbage');
    else if (kind === 1) exchange.cut();
    else if (kind === 2) exchange.raw('', 500);
    else exchange.half('{', 100);
  });
  gateway = await startGateway({
    server: { requestTimeoutMs: 2_000, maxBodyBytes: 4096 },
    routing: { retries: 0 },
    models: [{ name: 'm', backends: [{ provider: 'openai', baseUrl: upstream.baseUrl }] }],
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const post = (body: string, extra = '') =>
  `POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${extra}\r\n${body}`;
const good = JSON.stringify({ model: 'm', prompt: 'hi' });

/** One bad request of each kind, as bytes; `leave`: the client hangs up instead of waiting for an answer. */
const kinds: { bytes: (count: number) => string; leave?: boolean }[] = [
  { bytes: () => post('nonsense') },
  { bytes: () => post('{"model":7,"prompt":{}}') },
  { bytes: (count) => post(JSON.stringify({ model: `no-${count}`, prompt: 'x' })) },
  { bytes: () => post('x'.repeat(8_000)) },
  { bytes: (count) => `GET /nothing/${count} HTTP/1.1\r\nhost: localhost\r\n\r\n` },
  { bytes: () => 'DELETE /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n' },
  { bytes: () => 'GET /%zz HTTP/1.1\r\nhost: localhost\r\n\r\n' },
  { bytes: (count) => `GET / HTTP/1.1\r\nhost: evil-${count}.example\r\n\r\n` },
  { bytes: (count) => `GET /v1/models HTTP/1.1\r\nhost: localhost\r\norigin: https://evil-${count}.example\r\n\r\n` },
  { bytes: () => 'complete nonsense\r\n\r\n' },
  { bytes: () => `GET / HTTP/1.1\r\nhost: localhost\r\n${'x-flood: 0123456789\r\n'.repeat(1_500)}\r\n` },
  { bytes: () => 'GET / HTTP/1.1\r\n\r\n' },
  { bytes: (count) => post(good, `x-request-id: ${count}\r\n`) },
  { bytes: () => post(JSON.stringify({ model: 'm', prompt: 'hi', stream: true })) },
  { bytes: () => post(good, 'content-encoding: gzip\r\n') },
  { bytes: (count) => post(good, `content-type: odd/${count}\r\n`) },
  { bytes: () => post('{"mod').replace(/content-length: \d+/, 'content-length: 500'), leave: true },
  { bytes: () => post(good), leave: true },
];

function send({ bytes, leave }: (typeof kinds)[number], count: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(gateway.port, '127.0.0.1', () => {
      socket.write(bytes(count));
      if (leave) setImmediate(() => socket.destroy());
    });
    socket.on('error', () => undefined);
    socket.once('data', () => socket.destroy());
    socket.once('close', () => resolve());
    socket.setTimeout(10_000, () => socket.destroy());
  });
}

/** Bytes that somebody holds, in megabytes. */
function heldMegabytes(): number {
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

test('10,000 bad requests of every kind leave the gateway alive and its memory where it was', async () => {
  expect(globalThis.gc).toBeDefined();
  const sizes: number[] = [];
  let count = 0;
  for (let round = 0; round < rounds; round++) {
    const end = count + perRound;
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        while (count < end) {
          const number = count++;
          await send(kinds[number % kinds.length]!, number);
        }
      }),
    );
    await until(async () => /sluice_requests_in_flight 0\n/.test((await call(`${gateway.url}/metrics`)).text));
    expect(gateway.log.filter(({ level }) => level === 'error')).toEqual([]);
    gateway.clear();
    upstream.exchanges.length = 0;
    sizes.push(heldMegabytes());
  }
  const resident = (process.memoryUsage().rss / 1e6).toFixed(0);
  console.log(
    `held after each ${perRound} bad requests: ${sizes.map((size) => size.toFixed(1)).join(', ')} MB (resident ${resident} MB)`,
  );
  // What comes with the first requests (compiled code, pools, metrics) is no leak; 200 bytes a request would be.
  expect(sizes.at(-1)! - sizes[0]!).toBeLessThan(2);
  expect((await call(`${gateway.url}/health/liveliness`)).status).toBe(200);
});
