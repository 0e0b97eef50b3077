import { afterEach, beforeEach, expect, test } from 'vitest';
import { runs } from './expressions.ts';
import { standInsFor } from './stand-ins.ts';
import { StepRunner } from './step-runner.ts';

const destroy = new StepRunner('destroy');
beforeEach(() => destroy.begin());
afterEach(() => destroy.end());

const inputs = (confirm: string, artifacts = false) => ({ context: { inputs: { environment: 'dev', confirm, artifacts } } });

test.each(['', 'prod', 'Dev', 'dev ', '$(touch hacked)'])(
  'what was typed is not the name: %j ends it before anybody is asked',
  async (typed) => {
    const { status, output } = await destroy.run('confirm', 'Compare the names', inputs(typed));
    expect([status, output]).toEqual([1, '::error::What was typed is not dev: nothing was changed\n']);
    expect(await destroy.text('hacked')).toBe('');
    const { needs, environment } = destroy.workflow.jobs['destroy']!;
    expect(needs).toBe('confirm');
    expect(environment).toBe('${{ inputs.environment }}');
    expect(destroy.workflow.jobs['confirm']!.environment).toBeUndefined();
    expect(runs(destroy.workflow.jobs['destroy']!.if, { job: { status: 'failure' } })).toBe(false);
  },
);

test('the name lets it go on', async () => {
  expect((await destroy.run('confirm', 'Compare the names', inputs('dev'))).status).toBe(0);
});

test('an environment without a role is named', async () => {
  const { status, output } = await destroy.run('destroy', 'Look for a role', inputs('dev'));
  expect([status, output]).toEqual([
    1,
    '::error::The environment dev has no secret AWS_DEPLOY_ROLE_ARN (docs/deploy/github.md)\n',
  ]);
  const context = { ...inputs('dev').context, secrets: { AWS_DEPLOY_ROLE_ARN: 'arn' } };
  expect((await destroy.run('destroy', 'Look for a role', { context })).status).toBe(0);
});

test('the service goes, and what is left behind is told', async () => {
  await standInsFor(destroy, { says: { destroy: 'planning\nleft behind:\n  the bucket' } });
  const { status, calls, summary } = await destroy.run('destroy', 'Destroy', inputs('dev'));
  expect([status, calls]).toEqual([0, ['node bin/sluice.js destroy gpu --env dev --yes']]);
  expect(summary).toBe('gpu dev was taken down.\n\n    left behind:\n      the bucket\n');
});

test('artifacts go on request', async () => {
  await standInsFor(destroy);
  expect((await destroy.run('destroy', 'Destroy', inputs('dev', true))).calls).toEqual([
    'node bin/sluice.js destroy gpu --env dev --yes --artifacts --force',
  ]);
});

test('a failure is one, and is not told as done', async () => {
  await standInsFor(destroy, { sluice: { destroy: 1 } });
  expect(await destroy.run('destroy', 'Destroy', inputs('dev'))).toMatchObject({ status: 1, summary: '' });
});

test('all of its shell was run here', () => {
  expect(destroy.notRun()).toEqual([]);
});
