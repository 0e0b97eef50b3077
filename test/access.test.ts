import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { call, open, parseRaw, rawCall } from './support/client.ts';
import { expectError } from './support/expect-error.ts';
import { FakeUpstream, type UpstreamExchange } from './support/fake-upstream.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';

const master = 'sk-master-0123456789abcdef';
const keys = {
  plain: 'sk-plain-0123456789abcdef',
  narrow: 'sk-narrow-0123456789abcdef',
  models: 'sk-models-0123456789abcdef',
  once: 'sk-once-0123456789abcdef',
  parallel: 'sk-parallel-0123456789abcdef',
  money: 'sk-money-0123456789abcdef',
  blocked: 'sk-blocked-0123456789abcdef',
  expired: 'sk-expired-0123456789abcdef',
  metrics: 'sk-metrics-0123456789abcdef',
};
const chat = { model: 'm', messages: [{ role: 'user', content: 'hi' }], max_tokens: 10 };
const price = { inputUsdPerMillionTokens: 1, outputUsdPerMillionTokens: 1_000_000 };

let upstream: FakeUpstream;
let outside: FakeUpstream;
let spare: FakeUpstream;
let gateway: TestGateway;
let dataDirectory: string;

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'sluice-access-'));
  [upstream, outside, spare] = await Promise.all([FakeUpstream.start(), FakeUpstream.start(), FakeUpstream.start()]);
  const key = (alias: keyof typeof keys, more: object = {}) => ({ key: keys[alias], alias, ...more });
  const backends = [{ provider: 'openai', baseUrl: upstream.baseUrl }];
  gateway = await startGateway(
    {
      masterKey: master,
      server: { trustedProxies: ['127.0.0.1'] },
      routing: { retries: 1 },
      limits: { ip: { requestsPerMinute: 1_000 } },
      models: [
        { name: 'm', price, backends },
        { name: 'other', backends },
        { name: 'guarded', price, backends: [...backends, { provider: 'openai', baseUrl: spare.baseUrl, weight: 0 }] },
      ],
      guardrails: [
        { name: 'outside', kind: 'webhook', models: ['guarded'], url: `http://127.0.0.1:${outside.port}/check`, mode: 'output' },
      ],
      keys: [
        key('plain'),
        key('narrow', { routes: ['/v1/models', '/v1/chat/*'] }),
        key('models', { models: ['o*'] }),
        key('once', { limits: { requestsPerMinute: 1 } }),
        key('parallel', { limits: { maxParallel: 1 } }),
        key('money', { limits: { budgetUsd: 1_000, softBudgetUsd: 1 } }),
        key('blocked', { blocked: true }),
        key('expired', { expiresAt: '2020-01-01T00:00:00Z' }),
        key('metrics', { routes: ['/metrics', '/key/*', 'management_routes'] }),
      ],
    },
    { SLUICE_DATA: dataDirectory },
  );
});
afterAll(async () => {
  await gateway.close();
  await Promise.all([upstream.close(), outside.close(), spare.close()]);
  rmSync(dataDirectory, { recursive: true });
});
afterEach(() => {
  for (const fake of [upstream, outside, spare]) fake.reset();
  gateway.clear();
});

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const get = (path: string, key?: string) => call(gateway.url + path, { headers: key === undefined ? {} : bearer(key) });
const ask = (key: string, body: object = chat, headers: Record<string, string> = {}) =>
  call(`${gateway.url}/v1/chat/completions`, { body, headers: { ...bearer(key), ...headers } });

describe('who comes without a key', () => {
  const guarded = ['/v1/models', '/models', '/v1/models/m', '/key/list', '/key/info', '/spend/logs', '/global/spend', '/metrics'];

  test.each(guarded)('gets nothing from GET and HEAD %s', async (path) => {
    expectError(await get(path), 'unauthorized');
    const head = await call(gateway.url + path, { method: 'HEAD' });
    expect(head.status).toBe(401);
    expect(head.text).toBe('');
  });

  test.each(['/%76%31/models', '/%6dodels', '/v1/models#x', '/v1/models?key=' + master, '/v1/models?api_key=' + master])(
    'gets nothing from GET %s',
    async (path) => {
      const answer = parseRaw(
        await rawCall(gateway.port, `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`),
      );
      expect([401, 404]).toContain(answer.status);
      expect(answer.text).not.toContain('"m"');
    },
  );

  test.each(['/V1/models', '/v1/models//', '//v1/models', '/v1/./models/', '/key/list/'])(
    'gets no model from GET %s',
    async (path) => {
      const answer = parseRaw(
        await rawCall(gateway.port, `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`),
      );
      expect([401, 404]).toContain(answer.status);
    },
  );

  test('cannot make anything by POST, with a body or without', async () => {
    for (const path of [
      '/v1/chat/completions',
      '/chat/completions',
      '/v1/completions',
      '/v1/embeddings',
      '/key/generate',
      '/user/new',
    ]) {
      expectError(await call(gateway.url + path, { body: chat }), 'unauthorized');
    }
    expect(upstream.exchanges).toHaveLength(0);
  });

  test('may ask for health, the document, and which methods there are', async () => {
    for (const path of ['/health', '/health/liveliness', '/health/readiness', '/openapi.json']) {
      expect((await get(path)).status, path).toBe(200);
    }
    const options = await call(`${gateway.url}/key/generate`, { method: 'OPTIONS' });
    expect([options.status, options.headers.allow, options.text]).toEqual([204, 'POST, OPTIONS', '']);
  });

  test('with a wrong key learns of health what everybody may', async () => {
    const answer = await get('/health', 'sk-wrong-0123456789abcdef');
    expect(answer.status).toBe(200);
    expect(answer.json()).not.toHaveProperty('healthy_endpoints');
  });
});

describe('a key', () => {
  test('is told neither in answers nor in the log when it is wrong', async () => {
    const wrong = 'sk-wrong-secret-0123456789';
    const answer = await get('/v1/models', wrong);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.json()).toMatchObject({ error: { code: 'unauthorized', type: 'token_not_found_in_db' } });
    await gateway.accessLine(String(answer.headers['x-request-id']));
    expect(answer.text + JSON.stringify(gateway.log)).not.toContain('secret');
  });

  test.each(['x-litellm-api-key', 'x-api-key', 'api-key'])('is taken from %s too', async (name) => {
    expect((await call(`${gateway.url}/v1/models`, { headers: { [name]: keys.plain } })).status).toBe(200);
  });

  test('that is blocked or expired opens nothing', async () => {
    for (const key of [keys.blocked, keys.expired]) {
      expect((await get('/v1/models', key)).status).toBe(401);
      expect((await ask(key)).status).toBe(401);
    }
  });

  test('of the configuration asks models and manages nothing', async () => {
    expect((await ask(keys.plain)).status).toBe(200);
    for (const path of ['/key/list', '/key/info', '/user/list', '/spend/logs', '/metrics', '/global/spend']) {
      expectError(await get(path, keys.plain), 'route_access_denied');
    }
  });

  test('with a list of routes reaches no others, however they are written', async () => {
    expect((await get('/v1/models', keys.narrow)).status).toBe(200);
    expect((await ask(keys.narrow)).status).toBe(200);
    for (const path of ['/v1/embeddings', '/v1/completions', '/chat/completions']) {
      expectError(await call(gateway.url + path, { body: chat, headers: bearer(keys.narrow) }), 'route_access_denied');
    }
    expectError(await get('/v1/chat/..%2fmodels', keys.narrow), 'not_found');
  });

  test('whose list names routes of administrators is no administrator for it', async () => {
    expectError(await get('/metrics', keys.metrics), 'route_access_denied');
    const made = await call(`${gateway.url}/key/generate`, { body: {}, headers: bearer(keys.metrics) });
    expect(made.status).toBe(403);
  });

  test('with a list of models sees and asks those only', async () => {
    const { data } = (await get('/v1/models', keys.models)).json() as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(['other']);
    expect((await get('/v1/models/m', keys.models)).status).toBe(404);
    expect((await ask(keys.models, { ...chat, model: 'other' })).status).toBe(200);
    const denied = [await ask(keys.models), await ask(keys.models, { ...chat, model: 'nobody-has-it' })];
    expect(denied.map(({ status }) => status)).toEqual([403, 403]);
  });

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'that asks for the model "%s" hears that there is none',
    async (model) => {
      expectError(await ask(keys.plain, { ...chat, model }), 'model_not_found');
    },
  );

  test('the master key does everything', async () => {
    for (const path of ['/v1/models', '/key/list', '/metrics', '/spend/logs'])
      expect((await get(path, master)).status, path).toBe(200);
    expect((await get('/health', master)).json()).toHaveProperty('healthy_endpoints');
  });
});

describe('limits', () => {
  test('of a key hold over streams, and every answer tells of them', async () => {
    const first = await ask(keys.once, { ...chat, stream: true });
    expect(first.status).toBe(200);
    expect(first.headers).toMatchObject({ 'x-ratelimit-limit-requests': '1', 'x-ratelimit-api_key-remaining-requests': '0' });
    const second = await ask(keys.once);
    const error = expectError(second, 'rate_limit_exceeded');
    expect(error.message).not.toContain(keys.once);
    expect(second.headers).toMatchObject({ rate_limit_type: 'requests', 'x-ratelimit-remaining-requests': '0' });
    expect(Number(second.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  });

  test('a slot is free again after an answer, an error, a stream, and a client that left', async () => {
    const hang = () => new Promise<void>(() => undefined);
    expect((await ask(keys.parallel)).status).toBe(200);
    upstream.always((exchange: UpstreamExchange) => exchange.json({ error: {} }, 400));
    expect((await ask(keys.parallel)).status).toBe(400);
    upstream.reset();
    expect((await ask(keys.parallel, { ...chat, stream: true })).status).toBe(200);
    for (const stream of [false, true]) {
      upstream.reset();
      upstream.always(hang);
      const id = `left-${stream}`;
      const held = open(`${gateway.url}/v1/chat/completions`, {
        body: { ...chat, stream },
        headers: { ...bearer(keys.parallel), 'x-request-id': id },
      });
      await upstream.exchange(0);
      expect((await ask(keys.parallel)).status).toBe(429);
      held.request.destroy();
      await gateway.accessLine(id);
      upstream.reset();
      expect((await ask(keys.parallel)).status).toBe(200);
    }
  });

  test('a budget is spent by what was used, and passing its soft mark is told of once', async () => {
    const first = await ask(keys.money);
    expect(first.headers['x-litellm-response-cost']).toBe('2.000005');
    expect(first.headers['x-litellm-key-spend']).toBe('2.000005');
    const second = await ask(keys.money);
    expect(second.headers['x-litellm-key-spend']).toBe('4.00001');
    expect(gateway.log.filter(({ msg }) => msg === 'a soft budget is spent')).toHaveLength(1);
    expectError(await ask(keys.money, { ...chat, max_tokens: 1_000 }), 'budget_exceeded');
  });

  test('a guardrail that fails after the answer costs one answer, and is no fault of the backend', async () => {
    outside.always((exchange: UpstreamExchange) => exchange.json({ error: {} }, 500));
    const answer = await ask(keys.plain, { ...chat, model: 'guarded' });
    expect(answer.status).toBe(503);
    expect(answer.headers['x-litellm-response-cost']).toBe('2.000005');
    expect([upstream.exchanges.length, spare.exchanges.length]).toEqual([1, 0]);
    outside.reset();
    expect((await ask(keys.plain, { ...chat, model: 'other' })).status).toBe(200);
    const health = (await get('/health', master)).json();
    expect(health['requests_in_queue']).toBe(0);
  });
});
