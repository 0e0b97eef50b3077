import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, until } from './support/client.ts';
import { FakeUpstream } from './support/fake-upstream.ts';
import { startGateway } from './support/gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-host-'));
let upstream: FakeUpstream;
beforeAll(async () => {
  upstream = await FakeUpstream.start();
});
afterAll(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true });
});

const models = () => [{ name: 'm', backends: [{ provider: 'vllm', baseUrl: upstream.baseUrl, maxInFlight: 4 }] }];
const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
const emf = { namespace: 'LLMInference', environment: 'dev', autoScalingGroup: 'llm-dev-gpu-fleet' };

test('/health tells how full the GPUs are, as the host’s probe says', async () => {
  const path = join(folder, 'gpu.json');
  const written = { sampled_at_ms: Date.now(), memory_used_mib: 20480, memory_total_mib: 23028 };
  writeFileSync(path, JSON.stringify(written));
  const gateway = await startGateway({ models: models(), gpuProbe: { path } });
  const health = async () => (await call(`${gateway.url}/health`)).json();
  await until(async () => (await health())['status'] === 'healthy' && (await health())['gpu_memory_used'] !== null);
  expect(await health()).toEqual({ status: 'healthy', model: 'm', gpu_memory_used: 0.89, requests_in_queue: 0 });
  await gateway.close();
});

test('what is left is told to CloudWatch when the gateway ends', async () => {
  const gateway = await startGateway({ models: models(), metrics: { emf } });
  const stream = await call(`${gateway.url}/v1/chat/completions`, { body: { ...body, stream: true } });
  const whole = await call(`${gateway.url}/v1/chat/completions`, { body });
  const missing = await call(`${gateway.url}/v1/chat/completions`, { body: { ...body, model: 'none' } });
  expect([stream.status, whole.status, missing.status]).toEqual([200, 200, 404]);
  for (const answer of [stream, whole, missing]) await gateway.accessLine(answer.headers['x-request-id'] as string);
  expect(gateway.lines).toEqual([]);
  await gateway.close();
  expect(gateway.lines).toHaveLength(1);
  expect(JSON.parse(gateway.lines[0]!)).toMatchObject({
    Environment: 'dev',
    AutoScalingGroupName: 'llm-dev-gpu-fleet',
    RequestLatency: [expect.any(Number), expect.any(Number)],
    TimeToFirstToken: [expect.any(Number)],
    RequestCount: 3,
    ErrorCount: 0,
    TokensIn: 10,
    TokensOut: 4,
    QueueDepth: 0,
    InFlight: 0,
    EngineReady: 1,
    EngineReadySeconds: expect.any(Number),
  });
});
