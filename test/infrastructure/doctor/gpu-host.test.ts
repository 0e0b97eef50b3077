import { randomBytes } from 'node:crypto';
import { describe, test } from 'vitest';
import { LocalHost } from '../../../scripts/gpu-host-locally.ts';
import { newApiKey } from '../../../src/deploy/deployment/api-key.ts';
import type { Diagnosis } from '../../../src/deploy/doctor/run-doctor.ts';
import { hostEnvironment } from '../host/host-environment.ts';
import { SluiceProcess } from '../../support/sluice-process.ts';
import { FaultyEdge } from './faulty-edge.ts';

const origin = hostEnvironment()['LLM_CORS_ORIGIN']!;
const readyWithinMs = 90_000;

/** Starts a host that goes with its test. */
async function start(
  options: Parameters<typeof LocalHost.start>[0],
  onFinished: (stop: () => Promise<void>) => void,
): Promise<LocalHost> {
  const host = await LocalHost.start(options);
  onFinished(() => host.stop());
  return host;
}

/** The command as a person starts it. */
async function doctor(url: string, words: readonly string[], key?: string): Promise<Diagnosis & { status: number | null }> {
  const environment: Record<string, string> = key === undefined ? {} : { SLUICE_API_KEY: key };
  const child = new SluiceProcess(['doctor', url, '--origin', origin, '--json', ...words], { environment });
  const { code } = await child.ended;
  if (!child.stdout.startsWith('{')) throw new Error(`the doctor ended with ${code}: ${child.stdout}${child.stderr}`);
  return { ...(JSON.parse(child.stdout) as Diagnosis), status: code };
}

const lines = ({ results }: Diagnosis, status: string) =>
  results.filter((result) => result.status === status).map(({ id, detail }) => `${id}: ${detail}`);
const ids = ({ results }: Diagnosis, status: string) => results.filter((result) => result.status === status).map(({ id }) => id);

// Side by side: most of their time is waiting, for an engine to load and for a minute to be over.
describe.concurrent('a host of the topology, by its own user data and units, in front of an engine that computes', () => {
  test('without keys: the contract holds, the deadline with it', { timeout: 240_000 }, async ({ expect, onTestFinished }) => {
    const host = await start({ variables: { LLM_REQUEST_TIMEOUT_MS: '12000' } }, onTestFinished);
    await host.until('aws-calls', '--lifecycle-action-result CONTINUE', readyWithinMs);
    const diagnosis = await doctor(host.url, ['--slow', '--deadline', '12']);
    expect(lines(diagnosis, 'fail'), host.logs()).toEqual([]);
    expect(diagnosis.status).toBe(0);
    expect(diagnosis.results.find(({ id }) => id === 'health')!.detail).toContain('model phi-3-mini, 89 % of the GPU’s memory');
    expect(ids(diagnosis, 'skipped')).toEqual(['wrong-key', 'rate-limit', 'spoofed-address', 'limit-ends']);
    // What CloudWatch's log driver would have taken from the container.
    expect(host.read('containers/gateway.log')).toContain('"Namespace":"LLMInference"');
  });

  test(
    'with keys from the secret: strangers are refused, and so is who asks too much, for a minute',
    { timeout: 300_000 },
    async ({ expect, onTestFinished }) => {
      const { key, keysFile } = newApiKey(randomBytes(32), 'llm-dev-gpu-1');
      const host = await start({ keys: keysFile, variables: { LLM_RATE_LIMIT_PER_IP: '40' } }, onTestFinished);
      await host.until('aws-calls', '--lifecycle-action-result CONTINUE', readyWithinMs);
      // As API Gateway does, it says who calls.
      const edge = await FaultyEdge.start(host.url);
      onTestFinished(() => edge.close());
      const diagnosis = await doctor(edge.url, ['--flood', '--limit', '40', '--proxied'], key);
      expect(lines(diagnosis, 'fail'), host.logs()).toEqual([]);
      expect(diagnosis.status).toBe(0);
      expect(ids(diagnosis, 'skipped')).toEqual(['deadline']);
      expect(host.read('etc/llm/keys.yaml')).toBe(keysFile);
      expect(host.logs()).not.toContain(key);
    },
  );

  test(
    'the standby responder’s: 503 with Retry-After for all that needs a model',
    { timeout: 120_000 },
    async ({ expect, onTestFinished }) => {
      const host = await start({ kind: 'standby' }, onTestFinished);
      await host.until('containers/standby.log', 'listening on standby', readyWithinMs);
      const diagnosis = await doctor(host.url, []);
      expect(diagnosis.status).toBe(1);
      expect(ids(diagnosis, 'pass')).toEqual(['reachable', 'cors-preflight', 'cors-answers', 'request-id', 'error-envelope']);
      const refused = diagnosis.results.filter(({ status, id }) => status === 'fail' && id !== 'health');
      expect(refused.length).toBe(ids(diagnosis, 'fail').length - 1);
      for (const { came } of refused) expect(came).toMatch(/^status 503, service_unavailable: .*, Retry-After 30$/);
      expect(diagnosis.results.find(({ id }) => id === 'health')!.came).toMatch(
        /^status 503, unhealthy: standby: .*Retry-After 30$/,
      );
    },
  );
});
