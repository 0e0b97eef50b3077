import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { call } from './support/client.ts';
import { expectError } from './support/expect-error.ts';
import { FakeUpstream } from './support/fake-upstream.ts';
import { startGateway } from './support/gateway.ts';

const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }], max_tokens: 2 };

let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await FakeUpstream.start();
});
afterAll(() => upstream.close());
afterEach(() => upstream.reset());

const models = (price?: object) => [{ name: 'm', price, backends: [{ provider: 'openai', baseUrl: upstream.baseUrl }] }];

/** The statuses of requests whose addresses are said to be these, where one address may ask once. */
async function statuses(trustedProxies: string[], forwarded: string[]): Promise<number[]> {
  const gateway = await startGateway({
    server: { trustedProxies },
    limits: { ip: { requestsPerMinute: 1 } },
    models: models(),
  });
  const given: number[] = [];
  for (const header of forwarded) {
    const answer = await call(`${gateway.url}/v1/chat/completions`, { body, headers: { 'x-forwarded-for': header } });
    given.push(answer.status);
  }
  await gateway.close();
  return given;
}

test('without trusted proxies no header gives a client another address', async () => {
  expect(await statuses([], ['203.0.113.1', '203.0.113.2'])).toEqual([200, 429]);
});

test('behind a trusted proxy only what the proxy added counts, whatever stands before it', async () => {
  const forwarded = ['203.0.113.1', '198.51.100.1, 203.0.113.1', 'junk, 203.0.113.1:4711', '203.0.113.1:4712', '203.0.113.2'];
  expect(await statuses(['127.0.0.1'], forwarded)).toEqual([200, 429, 429, 429, 200]);
});

test('behind a trusted proxy all addresses of a network of IPv6 count as one', async () => {
  expect(await statuses(['127.0.0.1'], ['2001:db8:1:1::1', '2001:DB8:1:1:9::2', '2001:db8:1:2::1'])).toEqual([200, 429, 200]);
});

test('a header of the operator’s choice gives the address; what is none counts as the proxy’s own', async () => {
  const gateway = await startGateway({
    server: { clientAddressHeader: 'X-Client-Ip' },
    limits: { ip: { requestsPerMinute: 1 } },
    models: models(),
  });
  const given = [];
  for (const address of ['203.0.113.1', '203.0.113.1', '203.0.113.2', 'junk', '127.0.0.1']) {
    const answer = await call(`${gateway.url}/v1/chat/completions`, { body, headers: { 'x-client-ip': address } });
    given.push(answer.status);
  }
  expect(given).toEqual([200, 429, 200, 200, 429]);
  await gateway.close();
});

test('a fallback with a smaller context is bounded to what it can answer', async () => {
  const backends = [{ provider: 'openai', baseUrl: upstream.baseUrl }];
  const gateway = await startGateway({
    limits: { global: { tokensPerMinute: 1_000_000 } },
    routing: { retries: 0 },
    models: [
      { name: 'large', contextTokens: 100_000, fallbacks: ['small'], backends },
      { name: 'small', contextTokens: 1_000, backends },
    ],
  });
  upstream.next((exchange) => exchange.json({ error: {} }, 500));
  const { max_tokens: _unbounded, ...open } = body;
  const answer = await call(`${gateway.url}/v1/chat/completions`, { body: { ...open, model: 'large' } });
  await gateway.close();
  expect(answer.status).toBe(200);
  const [first, second] = upstream.exchanges.map((exchange) => exchange.body['max_completion_tokens'] as number);
  expect(first).toBeGreaterThan(90_000);
  expect(second).toBeGreaterThan(800);
  expect(second).toBeLessThan(1_000);
});

test('what was spent of the budget over everything counts after a restart, also where its period is another then', async () => {
  const data = mkdtempSync(join(tmpdir(), 'sluice-global-'));
  const key = 'sk-only-0123456789abcdef';
  const price = { inputUsdPerMillionTokens: 0, outputUsdPerMillionTokens: 1_000_000 };
  const askAfterStart = async (times: number, budget: object) => {
    const gateway = await startGateway(
      { keys: [{ key, alias: 'only' }], limits: { global: budget }, models: models(price) },
      { SLUICE_DATA: data },
    );
    const answers = [];
    for (let time = 0; time < times; time++) {
      answers.push(await call(`${gateway.url}/v1/chat/completions`, { body, headers: { authorization: `Bearer ${key}` } }));
    }
    await gateway.close();
    return answers;
  };
  const [first, second] = await askAfterStart(2, { budgetUsd: 3 });
  expect(first!.status).toBe(200);
  expectError(second!, 'budget_exceeded');
  expectError((await askAfterStart(1, { budgetUsd: 3 }))[0]!, 'budget_exceeded');
  expectError((await askAfterStart(1, { budgetUsd: 3, budgetPeriod: '1y' }))[0]!, 'budget_exceeded');
  rmSync(data, { recursive: true });
}, 60_000);
