import { expect, test } from 'vitest';
import { parseConfig } from '../config/load.ts';
import type { ModelTable } from '../core/model-table.ts';
import type { EngineState } from '../engine/engine.ts';
import { GatewayError } from '../errors.ts';
import { endpointHealth, healthAnswerOf } from './health-answer.ts';
import { buildModelTable, notReady } from './models-from-config.ts';

const table = (text: string, previous: ModelTable | null = null, state: EngineState | null = null) =>
  buildModelTable({ config: parseConfig(text, 'x', {}), engineState: () => state, created: 1, previous, added: [] });
const one = (line: string, more = '') => `${more}\nmodels: [{ name: m, backends: [{ ${line} }] }]`;
const backendOf = (models: ModelTable) => models.models[0]!.backends[0]!;

const ready = (model: string, isDemo = false): EngineState => ({
  status: 'ready',
  engine: { baseUrl: 'http://127.0.0.1:9/v1', token: 't', model, isDemo, contextTokens: 512, hasChatTemplate: true },
});

test('what is known of a backend outlives a reload, unless it is another place now', () => {
  const before = table(one('provider: openai, baseUrl: http://a/v1'));
  backendOf(before).health.down('test');
  expect(backendOf(table(one('provider: openai, baseUrl: http://a/v1, weight: 5'), before)).health.check).toBe('down');
  expect(backendOf(table(one('provider: openai, baseUrl: http://b/v1'), before)).health.check).toBe('unknown');
  expect(backendOf(table(one('provider: openai, baseUrl: http://a/v1, apiKey: new'), before)).health.check).toBe('unknown');
  expect(backendOf(table(one('provider: openai, baseUrl: http://a/v1'))).health.check).toBe('unknown');
  const embedded = table(one('provider: embedded'));
  backendOf(embedded).health.down('test');
  expect(backendOf(table(one('provider: embedded'), embedded)).health.check).toBe('down');
  expect(backendOf(table(one('provider: openai, baseUrl: http://a/v1'), embedded)).health.check).toBe('unknown');
});

test('new thresholds hold for a backend that was known before', () => {
  const before = table(one('provider: openai, baseUrl: http://a/v1'));
  const after = table(one('provider: openai, baseUrl: http://a/v1', 'routing: { allowedFails: 1, cooldownMs: 50 }'), before);
  const { health } = backendOf(after);
  health.failed(0, undefined);
  expect([health.isAvoided(49), health.isAvoided(50)]).toEqual([true, false]);
});

test('an empty key is none, as ${NAME:-} gives it', () => {
  expect(backendOf(table(one('provider: openai, apiKey: ""'))).target()).toMatchObject({ apiKey: null });
  expect(backendOf(table(one('provider: openai, apiKey: "k\\n"'))).target()).toMatchObject({ apiKey: 'k' });
});

test('addresses and names come from the provider where the file has none', () => {
  expect(backendOf(table(one('provider: ollama, baseUrl: "http://x/v1//", model: up'))).target()).toMatchObject({
    baseUrl: 'http://x/v1',
    upstreamModel: 'up',
    responseModel: 'm',
  });
  expect(backendOf(table(one('provider: openai'))).target()).toMatchObject({
    baseUrl: 'https://api.openai.com/v1',
    upstreamModel: 'm',
  });
});

test('without models the embedded engine serves its own, and phi-3-mini is its alias', () => {
  const models = table('', null, ready('smollm2-135m-instruct'));
  expect(models.models.map(({ name }) => name)).toEqual(['smollm2-135m-instruct']);
  expect(models.resolve('phi-3-mini').name).toBe('smollm2-135m-instruct');
  expect(table('engine: { model: /srv/My-Model.gguf }').models[0]!.name).toBe('My-Model');
  expect(table('engine: { model: phi-3-mini }').models[0]!.aliases).toEqual([]);
});

test('the demo that stands in for a model answers under its own name', () => {
  const models = table('', null, ready('sluice-demo', true));
  expect(models.models[0]!.name).toBe('sluice-demo');
  expect(models.resolve('smollm2-135m-instruct').name).toBe('sluice-demo');
});

test.each([
  [null],
  [{ status: 'resolving' }],
  [{ status: 'loading', model: 'm' }],
  [{ status: 'restarting', reason: 'it fell', retryAtMs: 0 }],
  [{ status: 'failed', reason: 'no file' }],
  [{ status: 'stopped' }],
  [{ status: 'downloading', progress: { model: 'm', source: 's', receivedBytes: 5, totalBytes: 10, bytesPerSecond: 0 } }],
  [{ status: 'downloading', progress: { model: 'm', source: 's', receivedBytes: 5, totalBytes: null, bytesPerSecond: 1 } }],
] as [EngineState | null][])('an engine that is %j has no target, and says when to ask again', (state) => {
  const target = backendOf(table(one('provider: embedded'), null, state)).target();
  expect(target).toBeInstanceOf(GatewayError);
  const error = notReady(state);
  expect(error.code).toBe('service_unavailable');
  expect(error.retryAfterMs).toBeGreaterThanOrEqual(1000);
  expect(error.message).toMatch(/\S: \S/);
});

test('/health tells of the first model: healthy, loading, unhealthy', () => {
  const health = (models: ModelTable, change: object = {}) =>
    healthAnswerOf({ models, waiting: 3, gpuMemoryUsed: null, isEngineStarting: false, isDraining: false, ...change });
  const models = table(one('provider: openai'));
  expect(health(models)).toMatchObject({ status: 'loading', model: 'm', gpu_memory_used: null, requests_in_queue: 3 });
  backendOf(models).health.succeeded();
  expect(health(models)).toEqual({ status: 'healthy', model: 'm', gpu_memory_used: null, requests_in_queue: 3 });
  expect(health(models, { isDraining: true }).status).toBe('unhealthy');
  backendOf(models).health.down('connect ECONNREFUSED 10.1.2.3:8000');
  expect(health(models)).toMatchObject({ status: 'unhealthy' });
  expect(JSON.stringify(health(models))).not.toContain('10.1.2.3');
  const embedded = table(one('provider: embedded'), null, { status: 'loading', model: 'm' });
  expect(health(embedded, { isEngineStarting: true }).status).toBe('loading');
  expect(health(table(one('provider: embedded'), null, { status: 'failed', reason: 'x' })).status).toMatch(/unhealthy|loading/);
  expect(health(table(one('provider: embedded'), null, ready('m'))).status).toBe('healthy');
});

test('administrators are told of each backend by its id', () => {
  const models = table(one('provider: openai, baseUrl: http://a/v1'));
  backendOf(models).health.succeeded();
  expect(endpointHealth(models)).toEqual({
    healthy_endpoints: [{ model: 'm', model_id: 'm#0', api_base: 'http://a/v1' }],
    unhealthy_endpoints: [],
    healthy_count: 1,
    unhealthy_count: 0,
  });
});
