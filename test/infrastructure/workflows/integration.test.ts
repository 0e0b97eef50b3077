import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runs, type Context } from './expressions.ts';
import { standInsFor } from './stand-ins.ts';
import { StepRunner } from './step-runner.ts';

const integration = new StepRunner('integration');
beforeEach(() => integration.begin());
afterEach(() => integration.end());

const context: Context = { inputs: { environment: 'staging', artifacts: false } };
const run = (name: string, more: Context = {}) => integration.run('run', name, { context: { ...context, ...more } });
const empty = { api: null, fleet: null, standby: null, health: null, outputs: null, problems: [] };

test('whoever starts it reads that it costs money', () => {
  const { inputs } = integration.workflow.on['workflow_dispatch'] as { inputs: { environment: { description: string } } };
  expect(inputs.environment.description).toContain('COSTS MONEY');
});

test('an environment without a role is named', async () => {
  expect((await run('Look for a role')).output).toContain('The environment staging has no secret AWS_DEPLOY_ROLE_ARN');
  expect((await run('Look for a role', { secrets: { AWS_DEPLOY_ROLE_ARN: 'arn' } })).status).toBe(0);
});

describe('an environment in which something stands is left alone', () => {
  const vacant = 'Refuse where something stands';

  test.each([
    ['an API', { ...empty, api: { id: 'a' } }, 1],
    ['hosts', { ...empty, fleet: {} }, 1],
    ['a state with outputs', { ...empty, outputs: { vpc_id: 'vpc-1' } }, 0],
    ['something that could not be looked at', { ...empty, problems: ['hosts: denied'] }, 1],
  ])('%s', async (_, status, exit) => {
    await standInsFor(integration, { says: { status: JSON.stringify(status) }, sluice: { status: exit } });
    const { status: result, output } = await run(vacant);
    expect(result).toBe(1);
    expect(output).toContain('Nothing was changed');
  });

  test('so is one that cannot be asked', async () => {
    await standInsFor(integration, { sluice: { status: 2 } });
    expect((await run(vacant)).status).not.toBe(0);
  });

  test('an empty one is used, and one that was emptied', async () => {
    for (const outputs of [null, {}]) {
      await standInsFor(integration, { says: { status: JSON.stringify({ ...empty, outputs }) }, sluice: { status: 1 } });
      expect(await run(vacant)).toMatchObject({ status: 0, calls: ['node bin/sluice.js status gpu --env staging --json'] });
    }
  });
});

describe('keys', () => {
  const tfvars = 'infrastructure/environments/gpu/staging.tfvars';

  test('are made for one run and masked; the service sees the hash', async () => {
    await integration.file(tfvars, 'environment = "staging"\napi_key_required        = true\n');
    const { output } = await run('Make a key for this run');
    const key = await integration.text('temp/key');
    expect(key).toMatch(/^sk-[0-9a-f]{64}$/);
    expect(output).toBe(`::add-mask::${key}\n`);
    const hash = createHash('sha256').update(key).digest('hex');
    expect(await integration.text('temp/keys.yaml')).toBe(`keys:\n  - hash: ${hash}\n    alias: integration\n`);
    expect((await stat(join(integration.root, 'temp/key'))).mode & 0o077).toBe(0);

    await standInsFor(integration);
    expect((await run('Deploy')).calls).toEqual([
      `node bin/sluice.js deploy gpu --env staging --yes --keys-file ${integration.root}/temp/keys.yaml`,
    ]);
    expect((await run('Prove it')).calls).toEqual([
      `node bin/sluice.js doctor gpu --env staging --key-file ${integration.root}/temp/key`,
    ]);
  });

  test('are not made where none is asked for', async () => {
    await integration.file(tfvars, 'api_key_required = false\n');
    expect(await run('Make a key for this run')).toMatchObject({ status: 0, output: '' });
    await standInsFor(integration);
    const region = { vars: { AWS_REGION: 'eu-west-1' } };
    expect((await run('Deploy', region)).calls).toEqual(['node bin/sluice.js deploy gpu --env staging --yes --region=eu-west-1']);
  });
});

describe('whatever happens', () => {
  const { steps } = integration.workflow.jobs['run']!;
  const last = steps.at(-1)!;
  const vacant = { steps: { vacant: { outcome: 'success' } } };

  test('a red doctor is red and told, and the end is destroyed all the same', async () => {
    await standInsFor(integration, { sluice: { doctor: 1, deploy: 3 }, says: { doctor: 'cors: red' } });
    expect((await run('Deploy')).status).toBe(3);
    const red = await run('Prove it');
    expect(red.status).toBe(1);
    expect(red.summary).toContain('    cors: red');
    expect(last.name).toBe('Destroy');
    for (const status of ['success', 'failure', 'cancelled'])
      expect(runs(last.if, { ...vacant, job: { status } }), status).toBe(true);
  });

  test('new credentials are asked for before it', () => {
    const before = steps.at(-2)!;
    expect(before.uses).toMatch(/^aws-actions\/configure-aws-credentials@/);
    expect(before.if).toBe(last.if);
  });

  test('what stood there before is not destroyed', () => {
    const status = 'failure';
    expect(runs(last.if, { steps: { vacant: { outcome: 'failure' } }, job: { status } })).toBe(false);
    expect(runs(last.if, { steps: { vacant: { outcome: 'skipped' } }, job: { status } })).toBe(false);
  });

  test('the end is tried twice, and a person is told what may still cost money', async () => {
    await standInsFor(integration);
    const good = await run('Destroy', { inputs: { environment: 'staging', artifacts: true } });
    expect(good).toMatchObject({ status: 0, summary: 'gpu staging was taken down.\n' });
    expect(good.calls).toEqual(['node bin/sluice.js destroy gpu --env staging --yes --artifacts --force']);
    await standInsFor(integration, { sluice: { destroy: 1 } });
    const bad = await run('Destroy');
    expect([bad.status, bad.calls.length]).toEqual([1, 2]);
    expect(bad.summary).toContain('may still stand, and cost money');
  });
});

test('all of its shell was run here', () => {
  expect(integration.notRun()).toEqual([]);
});
