import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { planReport } from '../../../scripts/tools/plan-report.ts';
import { repository } from './workflow.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'plan-report-test-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const change = (address: string, actions: string[]) => {
  const [type = '', name = ''] = address.split('.').slice(-2);
  const provider_name = 'registry.opentofu.org/hashicorp/aws';
  return { address, mode: 'managed', type, name, provider_name, change: { actions, before: {}, after: {}, after_unknown: {} } };
};

const planOf = (changes: object[]): string =>
  JSON.stringify({
    format_version: '1.2',
    terraform_version: '1.12.6',
    resource_changes: changes,
    planned_values: { root_module: {} },
    configuration: {
      provider_config: { aws: { name: 'aws', expressions: { region: { constant_value: 'us-east-1' } } } },
      root_module: {},
    },
  });

const report = (changes: object[], text: string, more: { maxLength?: number; marker?: string } = {}): string =>
  planReport({
    title: 'gpu dev: topology',
    json: planOf(changes),
    text,
    maxLength: 60_000,
    nowMs: Date.UTC(2026, 10, 21),
    ...more,
  });

test('the marker stands first, then counts, price and the plan', () => {
  const changes = [change('module.a.aws_s3_bucket.this', ['create']), change('module.a.aws_sns_topic.this', ['update'])];
  const [head, tail] = report(changes, 'the whole plan\n', { marker: 'here' }).split('<details>');
  expect(head).toMatch(/^<!-- here -->\n### gpu dev: topology\n\n```\n {2}1 to create, 1 to change, 0 to replace, 0 to delete\n/);
  expect(head).toMatch(/\$[\d.,]+ a month/);
  expect(tail).toBe('<summary>The plan</summary>\n\n```hcl\nthe whole plan\n```\n\n</details>\n');
});

test('nothing to do is said, and not priced', () => {
  const text = report([change('aws_vpc.a', ['no-op'])], 'No changes.');
  expect(text).toContain('nothing to change');
  expect(text).not.toContain('a month');
});

test('it keeps to its length by whole lines of the plan, and stays well formed', () => {
  const line = fc.stringMatching(/^[ `~+{}="a-z]{0,60}$/);
  fc.assert(
    fc.property(fc.array(line, { maxLength: 120 }), fc.integer({ min: 600, max: 4_000 }), (lines, maxLength) => {
      const text = lines.join('\n').trim();
      const written = report([change('aws_sns_topic.a', ['create'])], text, { maxLength });
      expect(written.length).toBeLessThanOrEqual(maxLength);
      const [, fence = '', body = ''] = /<\/summary>\n\n(`+)hcl\n([\s\S]*)\n\1\n\n<\/details>\n$/.exec(written) ?? [];
      expect(fence.length).toBeGreaterThanOrEqual(3);
      expect(body).not.toContain(fence);
      const kept = body.split('\n');
      if (body !== text) expect(kept.pop()).toMatch(/^… cut/);
      expect(text.split('\n').slice(0, kept.length)).toEqual(kept);
    }),
    { numRuns: 300 },
  );
});

const run = (flags: string[]) =>
  new Promise<{ status: number; output: string; errors: string }>((done) =>
    execFile(process.execPath, ['scripts/plan-report.ts', folder, ...flags], { cwd: repository }, (error, output, errors) =>
      done({ status: error === null ? 0 : Number(error.code), output, errors }),
    ),
  );

test('what cannot be made anew without a loss is refused where that is asked, and reported all the same', async () => {
  await writeFile(join(folder, 'plan.json'), planOf([change('module.networking.aws_vpc.this', ['delete', 'create'])]));
  await writeFile(join(folder, 'plan.txt'), 'x');
  const refused = await run(['--refuse-loss']);
  expect(refused.errors).toContain('this plan would replace or delete module.networking.aws_vpc.this');
  expect(refused.status).toBe(1);
  expect(refused.output).toContain('replace module.networking.aws_vpc.this');
  expect((await run([])).status).toBe(0);
});

test('a secret of API keys that would be written anew is refused where no keys are given, as sluice deploy does', async () => {
  await writeFile(join(folder, 'plan.json'), planOf([change('aws_secretsmanager_secret_version.api_keys[0]', ['create'])]));
  await writeFile(join(folder, 'plan.txt'), 'x');
  await writeFile(join(folder, 'keys'), 'kept\n');
  const refused = await run(['--refuse-empty-keys']);
  expect([refused.status, refused.errors]).toEqual([1, expect.stringContaining('every client would be refused')]);
  expect(refused.errors).toContain('start deploy with rotate_keys');
  expect(refused.output).toContain('1 to create');
  expect((await run([])).status).toBe(0);
  await writeFile(join(folder, 'keys'), 'wanted\n');
  expect((await run(['--refuse-empty-keys'])).status).toBe(0);
});

test('what a run broke off at is not made anew unasked: a fleet that only waited for capacity would lose its hosts', async () => {
  const half = (address: string) => ({ ...change(address, ['delete', 'create']), action_reason: 'replace_because_tainted' });
  const write = (address: string) => writeFile(join(folder, 'plan.json'), planOf([half(address)]));
  await write('module.gpu_fleet.aws_autoscaling_group.this');
  await writeFile(join(folder, 'plan.txt'), 'x');
  const refused = await run(['--refuse-loss']);
  expect([refused.status, refused.errors]).toEqual([
    1,
    expect.stringContaining('make anew what a run broke off at: module.gpu_fleet.aws_autoscaling_group.this. sluice deploy'),
  ]);
  expect((await run([])).status).toBe(0);
  await write('module.api.aws_apigatewayv2_vpc_link.this');
  expect((await run(['--refuse-loss'])).status).toBe(0);
});
