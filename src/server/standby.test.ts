import { Agent } from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { call, open, openSocket, readSocket, until } from '../../test/support/client.ts';
import type { FinishedRequest } from '../telemetry/record.ts';
import { startStandby, type RunningStandby } from './standby.ts';

const page = 'https://d111111abcdef8.cloudfront.net';
let standby: RunningStandby;
let finished: FinishedRequest[];

beforeEach(async () => {
  finished = [];
  let count = 0;
  standby = await startStandby({
    host: '127.0.0.1',
    port: 0,
    corsOrigins: [page],
    shutdownTimeoutMs: 200,
    newRequestId: () => `req_${count++}`,
    now: () => performance.now(),
    onFinished: (request) => finished.push(request),
  });
});
afterEach(() => standby.close());

test.each(['/health', '/health/readiness', '/health?from=alb', '/dev/health'])(
  '%s is 503 with the fields that health always has',
  async (path) => {
    const answer = await call(`${standby.url}${path}`);
    expect(answer.status).toBe(503);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.json()).toEqual({
      status: 'unhealthy',
      model: null,
      gpu_memory_used: null,
      requests_in_queue: 0,
      detail: 'standby: no host serves the model',
    });
  },
);

test.each(['/health/liveliness', '/health/liveness'])('%s says that the process lives', async (path) => {
  const answer = await call(`${standby.url}${path}`);
  expect([answer.status, answer.json()]).toEqual([200, "I'm alive!"]);
});

test('everything else is 503 with Retry-After, the envelope and a request id', async () => {
  const answers = await Promise.all([
    call(`${standby.url}/v1/chat/completions`, { body: { model: 'm', messages: [] }, headers: { 'x-request-id': 'mine' } }),
    call(`${standby.url}/v1/models`),
    call(`${standby.url}/`, { method: 'DELETE' }),
    call(`${standby.url}/v1/completions`, { body: 'x'.repeat(2_000_000) }),
  ]);
  for (const answer of answers) {
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '30']);
    expect(answer.json()).toEqual({
      error: {
        message: 'no host serves the model now; one is being started, try again',
        type: 'api_error',
        param: null,
        code: 'service_unavailable',
        retry_after: 30,
      },
    });
    expect(answer.headers['x-request-id']).toBeTruthy();
  }
  expect(answers[0]!.headers['x-request-id']).toBe('mine');
});

test('a page that is named may read the answers, another one may not', async () => {
  const headers = { origin: page, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' };
  const preflight = await call(`${standby.url}/v1/chat/completions`, { method: 'OPTIONS', headers });
  expect(preflight.status).toBe(204);
  expect(preflight.headers).toMatchObject({
    'access-control-allow-origin': page,
    'access-control-allow-methods': expect.stringContaining('POST'),
    'access-control-allow-headers': 'content-type',
  });
  const answer = await call(`${standby.url}/v1/models`, { headers: { origin: page } });
  expect([answer.headers['access-control-allow-origin'], answer.headers.vary]).toEqual([page, 'Origin']);
  expect(answer.headers['access-control-expose-headers']).toContain('retry-after');

  const foreign = { ...headers, origin: 'https://evil.example' };
  const refused = await call(`${standby.url}/v1/chat/completions`, { method: 'OPTIONS', headers: foreign });
  expect(refused.status).toBe(204);
  expect(refused.headers).not.toHaveProperty('access-control-allow-origin');
});

test('each request is told once, health checks without an error', async () => {
  await call(`${standby.url}/health`);
  await call(`${standby.url}/v1/models?secret=1`);
  await until(() => finished.length === 2);
  expect(finished.map(({ path, status, errorCode }) => [path, status, errorCode])).toEqual([
    ['/health', 503, null],
    ['/v1/models', 503, 'service_unavailable'],
  ]);
});

test('closing ends idle connections at once and tells busy ones to end', async () => {
  const agent = new Agent({ keepAlive: true });
  const idle = open(`${standby.url}/health`, { agent });
  const response = await idle.response;
  response.resume();
  await once(response, 'end');
  expect(await standby.close()).toBe(0);
  await expect(call(`${standby.url}/health`)).rejects.toThrow(/ECONNREFUSED/);
  agent.destroy();
});

test('a client that never ends its request does not hold the end up', async () => {
  const socket = await openSocket(Number(new URL(standby.url).port));
  socket.write('POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{');
  await readSocket(socket, /503/);
  expect(await standby.close()).toBeGreaterThanOrEqual(0);
  await readSocket(socket);
});
