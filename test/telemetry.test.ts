import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { call, open, until } from './support/client.ts';
import { chatAnswer, chunk, FakeUpstream, type Behaviour } from './support/fake-upstream.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';

const canary = 'canary-7f3a';
let upstream: FakeUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await FakeUpstream.start();
  const backend = {
    provider: 'openai',
    baseUrl: upstream.baseUrl,
    apiKey: `${canary}-key`,
    headers: { 'x-secret': `${canary}-header` },
  };
  gateway = await startGateway({
    routing: { retries: 1 },
    models: [
      { name: 'm', timeoutMs: 300, streamIdleTimeoutMs: 100, backends: [backend] },
      { name: 'small', contextTokens: 10, backends: [backend] },
    ],
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
afterEach(() => upstream.reset());

const metrics = async () => (await call(`${gateway.url}/metrics`)).text;
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  call(gateway.url + path, { method: 'POST', body, headers });

test('the log of a run of every kind holds no word of a prompt, an answer or a key', async () => {
  const text = `the secret ${canary} word`;
  const behaviours: Behaviour[] = [
    (exchange) => exchange.json(chatAnswer('m', text)),
    (exchange) => exchange.raw(text),
    (exchange) => exchange.raw(`{"choices": ${text}`),
    (exchange) => exchange.json({ error: { message: `'${text}${text}' is not allowed`, param: 'messages' } }, 400),
    (exchange) => exchange.json({ detail: [{ msg: 'bad', input: { prompt: text } }] }, 422),
    (exchange) => exchange.json({ error: { message: "1 validation error: {'msg': 'no', 'input': '" + text + "'}" } }, 400),
    (exchange) => exchange.half(text, 1000),
    (exchange) => exchange.cut(),
    (exchange) => {
      exchange.openStream();
      exchange.event(chunk('m', text));
      exchange.bytes(`data: ${text}\n\n`);
      exchange.cut();
    },
    (exchange) => {
      exchange.openStream();
      exchange.event(chunk('m', text));
    },
    (exchange) => {
      exchange.openStream();
      exchange.bytes(`data: ${text}\n\n`);
    },
    (exchange) => {
      exchange.openStream();
      exchange.event(chunk('m', text, 'stop'));
      exchange.done();
    },
  ];
  const headers = { authorization: `Bearer ${canary}`, 'x-api-key': canary, cookie: canary };
  for (const behaviour of behaviours) {
    for (const stream of [false, true]) {
      upstream.always(behaviour);
      await post(
        '/v1/chat/completions',
        { model: 'm', messages: [{ role: 'user', content: text }], user: canary, stream },
        headers,
      );
    }
  }
  for (const body of [
    text,
    `{"prompt":"${text}"`,
    `{"model":"m","prompt":"${text}",}`,
    JSON.stringify({ model: 'small', prompt: text.repeat(9) }),
    JSON.stringify({ model: text, prompt: text }),
    JSON.stringify({ model: 'm', prompt: text, n: text }),
  ]) {
    await post(`/v1/completions?key=${canary}`, body, headers);
  }
  await until(() => gateway.log.filter(({ msg }) => msg === 'request').length >= 2 * behaviours.length + 6);
  const log = JSON.stringify(gateway.log);
  expect(log).not.toContain(canary);
  expect(log).not.toContain('secret');
  // What happened is there all the same.
  expect(gateway.log.some(({ msg, cause }) => msg === 'attempt failed' && /upstream answered 400/.test(String(cause)))).toBe(
    true,
  );
  expect(await metrics()).not.toContain(canary);
});

test('every failed attempt is told with its cause under the request id, also one that the client never sees', async () => {
  upstream.next((exchange) => exchange.raw('boom', 500));
  expect((await post('/v1/completions', { model: 'm', prompt: 'x' }, { 'x-request-id': 'healed' })).status).toBe(200);
  upstream.next((exchange) => {
    exchange.openStream();
    exchange.event(chunk('m', 'Hel'));
    setImmediate(() => exchange.cut());
  });
  await post('/v1/completions', { model: 'm', prompt: 'x', stream: true }, { 'x-request-id': 'broken' });
  const causes = (id: string) =>
    gateway.log
      .filter((line) => line.msg === 'attempt failed' && line['request_id'] === id)
      .map(({ level, code, backend }) => ({ level, code, backend }));
  await gateway.accessLine('broken');
  expect(causes('healed')).toEqual([{ level: 'warn', code: 'bad_gateway', backend: 'm#0' }]);
  expect(causes('broken')).toEqual([{ level: 'warn', code: 'bad_gateway', backend: 'm#0' }]);
});

test('an access line has ids, model, status, durations and token counts', async () => {
  await post(
    '/v1/chat/completions',
    { model: 'm', messages: [{ role: 'user', content: 'x' }], stream: true },
    { 'x-request-id': 'line' },
  );
  const line = await gateway.accessLine('line');
  expect(line).toEqual({
    level: 'info',
    msg: 'request',
    request_id: 'line',
    method: 'POST',
    path: '/v1/chat/completions',
    status: 200,
    duration_ms: expect.any(Number),
    model: 'm',
    backend: 'm#0',
    attempts: 1,
    stream: true,
    first_byte_ms: expect.any(Number),
    overhead_ms: expect.any(Number),
    prompt_tokens: 5,
    completion_tokens: 2,
    finish_reason: 'stop',
  });
  await call(`${gateway.url}/v1/models?x=${canary}`, { headers: { 'x-request-id': 'plain' } });
  expect(Object.keys(await gateway.accessLine('plain'))).toEqual([
    'request_id',
    'method',
    'path',
    'status',
    'duration_ms',
    'level',
    'msg',
  ]);
  await call(`${gateway.url}/v1/models/${'x'.repeat(4000)}`, { headers: { 'x-request-id': 'long' } });
  expect(String((await gateway.accessLine('long'))['path']).length).toBeLessThan(300);
});

describe('metrics', () => {
  test('have the names of the gen_ai conventions and are Prometheus text', async () => {
    await post('/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content: 'x' }], stream: true });
    await post('/v1/completions', { model: 'm', prompt: 'x' });
    await post('/v1/embeddings', { model: 'm', input: 'x' });
    const { text, headers } = await call(`${gateway.url}/metrics`);
    expect(headers['content-type']).toMatch(/^text\/plain/);
    for (const name of [
      'gen_ai_server_request_duration_seconds_bucket',
      'gen_ai_server_time_to_first_token_seconds_count',
      'gen_ai_server_time_per_output_token_seconds_count',
      'gen_ai_client_token_usage_sum',
      'sluice_overhead_seconds_bucket',
      'sluice_requests_total',
      'sluice_requests_in_flight',
      'sluice_requests_waiting',
      'sluice_errors_total',
      'sluice_upstream_up',
    ]) {
      expect(text).toMatch(new RegExp(`^${name}(\\{.*\\})? `, 'm'));
    }
    for (const operation of ['chat', 'text_completion', 'embeddings'])
      expect(text).toContain(`gen_ai_operation_name="${operation}"`);
    for (const line of text.split('\n').filter(Boolean))
      expect(line).toMatch(/^(# (HELP|TYPE|UNIT|EOF)|[a-z_0-9]+(\{.*\})? [-+0-9.eInfNa]+)/);
  });

  test('no label holds a name that a client chose', async () => {
    for (let count = 0; count < 20; count++) {
      await post('/v1/completions', { model: `chosen-${count}`, prompt: 'x' });
      await call(`${gateway.url}/v1/models/chosen-${count}`);
      await call(`${gateway.url}/chosen-${count}`, { method: 'PUT' });
      await call(`${gateway.url}/chosen`, { method: 'PROPFIND' });
    }
    const text = await metrics();
    expect(text).not.toContain('chosen');
    expect(text).toMatch(/sluice_requests_total\{route="none",status="404"\} \d+/);
    expect(text).toMatch(/sluice_errors_total\{code="model_not_found"\} 4\d/);
  });

  test('count every refusal by its code, also those that never became a request', async () => {
    const before = await metrics();
    const count = (text: string, code: string) =>
      Number(new RegExp(`sluice_errors_total\\{code="${code}"\\} (\\d+)`).exec(text)?.[1]);
    await call(`${gateway.url}/nowhere`);
    await call(`${gateway.url}/v1/models`, { headers: { origin: 'http://evil.example' } });
    await call(`${gateway.url}/v1/models`, { headers: { 'x-flood': 'x'.repeat(32_768) } });
    const after = await metrics();
    for (const code of ['not_found', 'origin_not_allowed', 'headers_too_large']) {
      expect([code, count(after, code)]).toEqual([code, count(before, code) + 1]);
    }
    expect(gateway.log.filter(({ msg }) => msg === 'request').map(({ error }) => error)).toEqual(
      expect.arrayContaining(['not_found', 'origin_not_allowed', 'headers_too_large']),
    );
  });

  test('count a request once, also one that is retried, broken off or left', async () => {
    const count = async (pattern: RegExp) => Number(pattern.exec(await metrics())?.[1] ?? 0);
    const total = /sluice_requests_total\{route="\/v1\/completions",status="200"\} (\d+)/;
    const durations =
      /gen_ai_server_request_duration_seconds_count\{gen_ai_operation_name="text_completion",gen_ai_request_model="m",gen_ai_response_model="m",gen_ai_provider_name="openai",error_type=""\} (\d+)/;
    const aborts = /sluice_client_aborts_total (\d+)/;
    const before = [await count(total), await count(durations), await count(aborts)] as const;
    upstream.next((exchange) => exchange.raw('', 500));
    await post('/v1/completions', { model: 'm', prompt: 'x' });
    await until(async () => (await count(total)) === before[0] + 1);
    expect(await count(durations)).toBe(before[1] + 1);
    upstream.always(() => undefined);
    const { request } = open(`${gateway.url}/v1/completions`, { body: { model: 'm', prompt: 'x' } });
    await until(
      async () => /sluice_requests_in_flight 1\n/.test(await metrics()) && /sluice_requests_waiting 1\n/.test(await metrics()),
    );
    request.destroy();
    await until(async () => (await count(aborts)) === before[2] + 1);
    await until(
      async () => /sluice_requests_in_flight 0\n/.test(await metrics()) && /sluice_requests_waiting 0\n/.test(await metrics()),
    );
  });
});
