import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { call, until } from '../support/client.ts';
import { FakeUpstream } from '../support/fake-upstream.ts';
import { SluiceProcess } from '../support/sluice-process.ts';

test.each(['json', 'pretty'])('on standard output each line stands alone and whole (%s)', async (format) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-emf-'));
  const upstream = await FakeUpstream.start();
  const models = [{ name: 'm', backends: [{ provider: 'vllm', baseUrl: upstream.baseUrl }] }];
  const emf = { namespace: 'LLMInference', environment: 'dev', autoScalingGroup: 'llm-dev-gpu-fleet' };
  const config = join(folder, `${format}.yaml`);
  writeFileSync(config, stringify({ models, logging: { format, level: 'error' }, metrics: { emf } }));
  const port = await freePort();
  const sluice = new SluiceProcess(['serve', '--port', String(port), '--config', config]);
  await until(async () => (await call(`http://127.0.0.1:${port}/health`).catch(() => null))?.status === 200);
  await call(`http://127.0.0.1:${port}/v1/chat/completions`, {
    body: { model: 'm', messages: [{ role: 'user', content: 'hi' }] },
  });
  sluice.child.kill('SIGTERM');
  expect((await sluice.ended).code).toBe(0);
  const lines = sluice.stdout.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([expect.objectContaining({ RequestCount: 1, EngineReady: 1 })]);
  await upstream.close();
  rmSync(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const probe = await FakeUpstream.start();
  const { port } = probe;
  await probe.close();
  return port;
}
