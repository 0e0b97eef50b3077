import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, until } from '../support/client.ts';
import { chunk, FakeUpstream } from '../support/fake-upstream.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const streams = 200;
let upstream: FakeUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await FakeUpstream.start((exchange) => {
    exchange.openStream();
    exchange.event(chunk('m', 'Hel'));
  });
  gateway = await startGateway({ models: [{ name: 'm', backends: [{ provider: 'openai', baseUrl: upstream.baseUrl }] }] });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

async function openOne(): Promise<{ outgoing: ClientRequest; response: IncomingMessage }> {
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], stream: true });
  const outgoing = request(`${gateway.url}/v1/chat/completions`, { method: 'POST', agent: false });
  outgoing.on('error', () => undefined);
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  await once(response, 'data');
  response.pause();
  return { outgoing, response };
}

/** Bytes in use after everything that nobody holds is gone. */
function settledHeap(): number {
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** Opens all streams, cuts all of them after the first chunk, and returns how long each abort took to reach the upstream. */
async function cutAll(): Promise<number[]> {
  const before = upstream.exchanges.length;
  const open = await Promise.all(Array.from({ length: streams }, openOne));
  const cutAtMs = performance.now();
  for (const { outgoing } of open) outgoing.destroy();
  const exchanges = upstream.exchanges.slice(before);
  expect(exchanges).toHaveLength(streams);
  await Promise.all(exchanges.map(({ closed }) => closed));
  return exchanges.map(({ abortedAtMs }) => abortedAtMs! - cutAtMs);
}

test('200 streams cut after the first chunk: every abort is seen, sockets and heap return', async () => {
  expect(globalThis.gc).toBeDefined();
  await cutAll();
  gateway.clear();
  upstream.exchanges.length = 0;
  const heapBefore = settledHeap();
  const latencies: number[] = [];
  for (let round = 0; round < 3; round++) {
    latencies.push(...(await cutAll()));
    gateway.clear();
    upstream.exchanges.length = 0;
  }
  latencies.sort((left, right) => left - right);
  await until(() => upstream.openSockets <= 1);
  await until(async () => /sluice_requests_in_flight 0\n/.test((await call(`${gateway.url}/metrics`)).text));
  const grownBytes = settledHeap() - heapBefore;
  console.log(
    `${latencies.length} aborts of ${streams} at once: p50 ${latencies[latencies.length >> 1]!.toFixed(1)} ms, ` +
      `max ${latencies.at(-1)!.toFixed(1)} ms; heap ${(heapBefore / 1e6).toFixed(1)} MB, grown by ${(grownBytes / 1e6).toFixed(2)} MB`,
  );
  expect(latencies.at(-1)).toBeLessThan(3_000);
  expect(grownBytes).toBeLessThan(4e6);
});

test('clients that never read their answers hold bounded memory, and all of it returns', async () => {
  const stuck = 50;
  const event = `data: ${JSON.stringify(chunk('m', 'x'.repeat(64 * 1024)))}\n\n`;
  upstream.always((exchange) => {
    exchange.openStream();
    const more = () => {
      while (!exchange.response.destroyed && exchange.bytes(event));
    };
    exchange.response.on('drain', more);
    more();
  });
  const before = process.memoryUsage();
  const open = await Promise.all(Array.from({ length: stuck }, openOne));
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  globalThis.gc?.();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  const heldBytes = arrayBuffers + heapUsed - before.arrayBuffers - before.heapUsed;
  console.log(`${stuck} stuck streams hold ${(heldBytes / 1e6).toFixed(0)} MB in all three parties of this process`);
  // Client, gateway and fake upstream share this process, so that the bound is for all three: the answers are endless.
  expect(heldBytes).toBeLessThan(stuck * 2e6);
  for (const { outgoing } of open.splice(0)) outgoing.destroy();
  await until(() => upstream.openSockets <= 1);
  upstream.exchanges.length = 0;
  gateway.clear();
  await until(() => {
    globalThis.gc?.();
    return process.memoryUsage().arrayBuffers - before.arrayBuffers < 8e6;
  });
});
