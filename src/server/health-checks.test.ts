import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeUpstream } from '../../test/support/fake-upstream.ts';
import { parseConfig } from '../config/load.ts';
import { Transport } from '../transport/transport.ts';
import { HealthChecks } from './health-checks.ts';
import { buildModelTable } from './models-from-config.ts';

let upstream: FakeUpstream;
const transport = new Transport();
beforeAll(async () => {
  upstream = await FakeUpstream.start();
});
afterAll(async () => {
  await transport.close();
  await upstream.close();
});

function checks(baseUrl = upstream.baseUrl) {
  const config = parseConfig(
    `models: [{ name: m, backends: [{ provider: openai, baseUrl: "${baseUrl}" }, { provider: embedded }] }]`,
    'x',
    {},
  );
  const models = buildModelTable({ config, engineState: () => null, created: 1, previous: null, added: [] });
  const changes: string[] = [];
  const made = new HealthChecks({
    transport,
    models: () => models,
    intervalMs: () => 1,
    onChange: ({ id, health }) => changes.push(`${id} ${health.check}`),
  });
  return { made, changes, health: models.models[0]!.backends[0]!.health };
}

test('a change is told once, whatever the rounds', async () => {
  const { made, changes, health } = checks();
  for (const [status, check] of [
    [200, 'up'],
    [404, 'up'],
    [429, 'up'],
    [500, 'down'],
    [503, 'down'],
    [200, 'up'],
    [401, 'down'],
    [403, 'down'],
  ] as const) {
    upstream.healthStatus = status;
    await made.round();
    expect(health.check, String(status)).toBe(check);
  }
  expect(changes).toEqual(['m#0 up', 'm#0 down', 'm#0 up', 'm#0 down']);
});

test('a backend that cannot be reached is down, with the reason for the operator', async () => {
  const { made, health } = checks('http://127.0.0.1:1/v1');
  await made.round();
  expect(health.check).toBe('down');
  expect(health.reason).toContain('ECONNREFUSED');
});

test('rounds go on until closed, and no longer', async () => {
  upstream.healthStatus = 200;
  const { made } = checks();
  const before = upstream.healthChecks;
  made.start();
  while (upstream.healthChecks < before + 3) await new Promise((resolve) => setTimeout(resolve, 2));
  made.close();
  await made.round();
  const after = upstream.healthChecks;
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(upstream.healthChecks).toBe(after);
});
