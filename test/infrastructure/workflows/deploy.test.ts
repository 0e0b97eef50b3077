import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runs, type Context } from './expressions.ts';
import { standInsFor, type Behaviour } from './stand-ins.ts';
import { StepRunner } from './step-runner.ts';

const deploy = new StepRunner('deploy');
beforeEach(() => deploy.begin());
afterEach(() => deploy.end());

const roles = { AWS_PLAN_ROLE_ARN: 'arn:plan', AWS_DEPLOY_ROLE_ARN: 'arn:deploy' };
const look = async (behaviour: Behaviour, context: Context = {}) => {
  await standInsFor(deploy, behaviour);
  return deploy.run('look', 'Plan the artifacts', { context: { secrets: roles, ...context } });
};

describe('before anything', () => {
  test('a role is enough', async () => {
    const { status, outputs } = await deploy.run('look', 'Look for a role', {
      context: { secrets: { AWS_ROLE_ARN: 'arn:one' } },
    });
    expect([status, outputs]).toEqual([0, { 'is-there': 'true' }]);
  });

  test('a push to a repository that is not set up is no failure, and says so', async () => {
    const { status, outputs, summary } = await deploy.run('look', 'Look for a role', { env: { GITHUB_EVENT_NAME: 'push' } });
    expect([status, outputs]).toEqual([0, {}]);
    expect(summary).toBe('Nothing was deployed: there is no secret AWS_PLAN_ROLE_ARN (docs/deploy/github.md).\n');
  });

  test('a person who starts it there is told', async () => {
    const { status, output } = await deploy.run('look', 'Look for a role', { env: { GITHUB_EVENT_NAME: 'workflow_dispatch' } });
    expect(status).toBe(1);
    expect(output).toContain('::error::Nothing was deployed: there is no secret AWS_PLAN_ROLE_ARN');
  });

  test.each(['prepare', 'apply'])('%s says which environment lacks a role', async (job) => {
    const context = { inputs: { environment: 'prod' } };
    const missing = await deploy.run(job, 'Look for a role', { context });
    expect([missing.status, missing.output]).toEqual([
      1,
      '::error::The environment prod has no secret AWS_DEPLOY_ROLE_ARN (docs/deploy/github.md)\n',
    ]);
    expect(await deploy.run(job, 'Look for a role', { context: { ...context, secrets: roles } })).toMatchObject({ status: 0 });
  });
});

describe('what the service starts from', () => {
  test('an account without bootstrap is refused in its own words, and nothing is run', async () => {
    const says = 'account 1 is not set up\nRun sluice bootstrap';
    const { status, output, summary, calls } = await look({ inputs: { status: 3, says } });
    expect(status).toBe(3);
    expect(output).toContain('::error::Nothing was deployed. account 1 is not set up Run sluice bootstrap');
    expect(summary).toBe(`Nothing was deployed. ${says}\n`);
    expect(calls.filter((call) => !call.startsWith('node scripts/root-inputs.ts'))).toEqual([]);
  });

  test('all in place: nothing is prepared', async () => {
    const { status, outputs, calls, summary } = await look({}, { vars: { AWS_REGION: 'eu-west-1' } });
    expect([status, outputs]).toEqual([0, { artifacts: 'false', staging: 'false' }]);
    const out = `${deploy.root}/plans/artifacts`;
    expect(calls).toEqual([
      `node scripts/root-inputs.ts gpu --env dev --root artifacts --out ${out} --region=eu-west-1`,
      'tofu -chdir=infrastructure/artifacts init -input=false -no-color -backend-config=bucket=b -backend-config=key=k',
      `tofu -chdir=infrastructure/artifacts plan -input=false -no-color -detailed-exitcode -out=${out}/upload/plan.bin -var-file=/e/dev.tfvars -var-file=${out}/values.tfvars.json -lock-timeout=5m`,
      `tofu -chdir=infrastructure/artifacts show -no-color ${out}/upload/plan.bin`,
      `tofu -chdir=infrastructure/artifacts show -json ${out}/upload/plan.bin`,
      'node scripts/plan-report.ts plans/artifacts --title gpu dev: artifacts --refuse-loss',
      'node scripts/staging-needed.ts gpu --env dev --region=eu-west-1',
    ]);
    expect(summary).toBe('report of plans/artifacts\n');
    expect(await deploy.text('environment')).toMatch(/^(tofu knows: encryption of artifacts; keys: none\n)+$/);
  });

  test('what changes is applied, and staged anew', async () => {
    expect((await look({ plan: { artifacts: 2 } })).outputs).toEqual({ artifacts: 'true', staging: 'true' });
    expect(await deploy.text('plans/artifacts/upload/plan.bin')).toBe('plan of infrastructure/artifacts\n');
    expect(await deploy.text('plans/artifacts/upload/lock.hcl')).toBe('new lock of infrastructure/artifacts\n');
  });

  test('what is out of date alone is staged', async () => {
    const { outputs, summary } = await look({ staging: ['engine', 'gateway'] });
    expect(outputs).toEqual({ artifacts: 'false', staging: 'true' });
    expect(summary).toContain('To be staged: engine gateway');
  });

  test('a plan that fails, and one that would lose something, stop it', async () => {
    expect((await look({ plan: { artifacts: 1 } })).status).toBe(1);
    expect(await look({ plan: { artifacts: 2 }, report: 1 })).toMatchObject({ status: 1, outputs: {} });
  });

  test('losing something can be allowed', async () => {
    const { calls } = await look({ plan: { artifacts: 2 } }, { inputs: { allow_replace: true } });
    expect(calls).toContain('node scripts/plan-report.ts plans/artifacts --title gpu dev: artifacts');
  });

  test('the plan of before is applied, then builds run', async () => {
    await standInsFor(deploy);
    await deploy.file('plans/approved/plan.bin', 'the plan');
    await deploy.file('plans/approved/lock.hcl', 'its lock');
    await deploy.file('plans/approved/keys', 'none\n');
    const applied = await deploy.run('prepare', 'Apply the plan of the artifacts');
    expect(applied.status).toBe(0);
    expect(applied.calls.slice(1)).toEqual([
      'tofu -chdir=infrastructure/artifacts init -input=false -no-color -lockfile=readonly -backend-config=bucket=b -backend-config=key=k',
      `tofu -chdir=infrastructure/artifacts apply -input=false -no-color -lock-timeout=5m -parallelism=20 ${deploy.root}/plans/approved/plan.bin`,
      'tofu -chdir=infrastructure/artifacts output -json',
    ]);
    expect(await deploy.text('infrastructure/artifacts/.terraform.lock.hcl')).toBe('its lock');
    const staged = await deploy.run('prepare', 'Stage weights and images', { context: { inputs: { environment: 'prod' } } });
    expect(staged.calls).toEqual(['node bin/sluice.js stage gpu --env prod']);
    await standInsFor(deploy, { sluice: { stage: 1 } });
    expect((await deploy.run('prepare', 'Stage weights and images')).status).toBe(1);
  });
});

describe('the plan of the service', () => {
  const preflight = 'Look for what would stop it';
  const plan = async (behaviour: Behaviour, context: Context = {}) => {
    await standInsFor(deploy, behaviour);
    return deploy.run('plan', 'Plan the service', { context });
  };

  test('preflight comes first; what it found is told', async () => {
    await standInsFor(deploy, { sluice: { preflight: 1 }, says: { preflight: 'quota-gpu  FAIL' } });
    const red = await deploy.run('plan', preflight);
    expect(red).toMatchObject({ status: 1, calls: ['node bin/sluice.js preflight gpu --env dev'] });
    expect(red.summary).toBe('Nothing was planned: see what stops it.\n\n    quota-gpu  FAIL\n');
    await standInsFor(deploy);
    expect(await deploy.run('plan', preflight)).toMatchObject({ status: 0, summary: '' });
  });

  test('is kept with the pages that it names', async () => {
    const { status, outputs, summary } = await plan({ plan: { topology: 2 }, keys: 'kept' });
    expect([status, outputs]).toEqual([0, { changes: 'true' }]);
    expect(summary).toBe('report of plans/topology\n');
    expect(await deploy.text('plans/topology/upload/pages/index.html')).toBe('page');
    expect(await deploy.text('plans/topology/upload/keys')).toBe('kept\n');
  });

  test('without changes nobody is asked', async () => {
    const { outputs, summary } = await plan({});
    expect(outputs).toEqual({ changes: 'false' });
    expect(summary).toContain('It is up to date: nothing has to be approved.');
  });

  test('keys are rotated on request only', async () => {
    expect((await plan({})).calls[0]).not.toContain('--rotate-keys');
    expect((await plan({}, { inputs: { rotate_keys: true } })).calls[0]).toContain(' --rotate-keys');
  });

  test('a plan that would lose something is reported and not offered', async () => {
    const { status, outputs, summary } = await plan({ plan: { topology: 2 }, report: 1 });
    expect([status, outputs]).toEqual([1, {}]);
    expect(summary).toContain('report of plans/topology');
  });
});

describe('what was approved', () => {
  const apply = async (behaviour: Behaviour, context: Context = {}) => {
    await standInsFor(deploy, behaviour);
    await deploy.file('plans/approved/plan.bin', 'the plan');
    await deploy.file('plans/approved/lock.hcl', 'its lock');
    await deploy.file('plans/approved/keys', `${behaviour.keys ?? 'none'}\n`);
    await deploy.file('plans/approved/pages/index.html', 'approved page');
    return deploy.run('apply', 'Apply the plan', { context: { inputs: { environment: 'staging' }, ...context } });
  };

  test('is applied, with its own pages, and not planned again', async () => {
    const { status, calls } = await apply({ outputs: { api_endpoint: 'https://a' } });
    expect(status).toBe(0);
    expect(calls.filter((call) => / plan | -target/.test(call))).toEqual([]);
    expect(calls.at(-2)).toContain(`-parallelism=20 ${deploy.root}/plans/approved/plan.bin`);
    expect(await deploy.text('web/dist/index.html')).toBe('approved page');
    expect(JSON.parse(await deploy.text('temp/outputs.json'))).toEqual({ api_endpoint: { value: 'https://a' } });
  });

  test('writes API keys from the secret of the environment, and only where the plan does', async () => {
    const secrets = { SLUICE_KEYS: 'keys: [hashed]' };
    await apply({ keys: 'wanted' }, { secrets });
    expect(await deploy.text('environment')).toContain('keys: keys: [hashed]');
    await deploy.file('environment', '');
    await apply({ keys: 'kept' }, { secrets });
    expect(await deploy.text('environment')).not.toContain('hashed');
  });

  test('is refused before anything changes where the keys are missing', async () => {
    const { status, output, calls } = await apply({ keys: 'wanted' });
    expect(status).toBe(1);
    expect(output).toContain('::error::staging asks for API keys: give the GitHub environment staging the secret SLUICE_KEYS');
    expect(calls.filter((call) => call.startsWith('tofu'))).toEqual([]);
  });

  test('is told where it is', async () => {
    await deploy.file(
      'temp/outputs.json',
      '{"api_endpoint":{"value":"https://a"},"demo_url":{"value":"https://d"},"dashboard_url":{"value":null}}',
    );
    expect((await deploy.run('apply', 'Say where it is')).summary).toBe(
      '### gpu dev\n\n- endpoint: https://a/v1\n- demo: https://d\n',
    );
  });

  const wait = async (answers: string) => {
    await deploy.file('temp/outputs.json', '{"api_endpoint":{"value":"https://a"}}');
    await deploy.standIn('curl', answers);
    return deploy.run('apply', 'Wait until it answers', { env: { ATTEMPTS: '3', PAUSE_S: '0' } });
  };

  test('is waited for', async () => {
    const late = await wait(`[ $(wc -l <"${deploy.root}/calls") -ge 3 ] && printf 200 || { printf 503; exit 22; }`);
    expect([late.status, late.calls.length]).toEqual([0, 3]);
    expect(late.output).toBe('https://a/health answers 503\n');
    expect(late.calls[0]).toMatch(/ https:\/\/a\/health$/);
  });

  test('and reported when it does not answer', async () => {
    const never = await wait('printf 000; exit 6');
    expect([never.status, never.calls.length]).toEqual([1, 3]);
    expect(never.summary).toContain('It was applied, but does not answer');
  });

  test('is proved; a red doctor makes it red', async () => {
    await standInsFor(deploy, { says: { doctor: 'all green' } });
    const green = await deploy.run('apply', 'Prove it', { context: { vars: { AWS_REGION: 'eu-west-1' } } });
    expect(green).toMatchObject({ status: 0, calls: ['node bin/sluice.js doctor gpu --env dev --region=eu-west-1'] });
    expect(green.summary).toContain('    all green\n</details>');
    await standInsFor(deploy, { sluice: { doctor: 1 }, says: { doctor: 'cors: red' } });
    const red = await deploy.run('apply', 'Prove it');
    expect(red.status).toBe(1);
    expect(red.summary).toContain('    cors: red');
  });
});

describe('the order', () => {
  const { jobs } = deploy.workflow;
  const needs = (look: object, prepare: object = {}, plan: object = {}) => ({ look, prepare, plan });
  const ready = { result: 'success', outputs: { 'is-ready': 'true', staging: 'false', artifacts: 'false' } };

  test('a service with all in place is planned without a preparation', () => {
    expect(runs(jobs['prepare']!.if, { needs: needs(ready) })).toBe(false);
    expect(runs(jobs['plan']!.if, { needs: needs(ready, { result: 'skipped' }) })).toBe(true);
  });

  test('a failed preparation, a refused one and a repository that is not set up end it', () => {
    expect(runs(jobs['plan']!.if, { needs: needs(ready, { result: 'failure' }) })).toBe(false);
    expect(runs(jobs['plan']!.if, { needs: needs(ready, { result: 'success' }), job: { status: 'cancelled' } })).toBe(false);
    expect(runs(jobs['plan']!.if, { needs: needs({ result: 'success', outputs: {} }, { result: 'skipped' }) })).toBe(false);
    expect(runs(jobs['plan']!.if, { needs: needs({ ...ready, result: 'failure' }, { result: 'skipped' }) })).toBe(false);
  });

  test('only changes are asked for and applied, and the doctor looks after a wait that succeeded', () => {
    const planned = (changes: string) => needs(ready, {}, { result: 'success', outputs: { changes } });
    expect(runs(jobs['apply']!.if, { needs: planned('true') })).toBe(true);
    expect(runs(jobs['apply']!.if, { needs: planned('false') })).toBe(false);
    expect(jobs['apply']!.needs).toBe('plan');
  });

  test('plans leave a job for a day only, and by no other way', () => {
    const uploads = Object.values(jobs).flatMap(({ steps }) =>
      steps.filter(({ uses }) => uses?.includes('upload-artifact') === true),
    );
    expect(uploads.map((step) => [step.with?.['path'], step.with?.['retention-days']])).toEqual([
      ['plans/artifacts/upload', 1],
      ['plans/topology/upload', 1],
    ]);
  });
});

test('all of its shell was run here', () => {
  expect(deploy.notRun()).toEqual([]);
});
