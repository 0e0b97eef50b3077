import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runs } from './expressions.ts';
import { standInsFor, type Behaviour } from './stand-ins.ts';
import { StepRunner } from './step-runner.ts';
import { setupSteps } from './workflow.ts';

const validate = new StepRunner('validate');
beforeEach(() => validate.begin());
afterEach(() => validate.end());

const context = {
  github: {
    token: 't',
    repository: 'octo/sluice',
    event: { pull_request: { number: 7, head: { repo: { full_name: 'octo/sluice' } } } },
  },
  matrix: { environment: 'dev' },
};

describe('what needs no account', () => {
  test('format is checked', async () => {
    await validate.standIn('tofu', 'exit 3');
    const { status, calls } = await validate.run('check', 'Format');
    expect([status, calls]).toEqual([3, ['tofu fmt -check -diff -recursive -no-color infrastructure']]);
  });

  test('every root is validated without its state', async () => {
    await validate.standIn('tofu', 'true');
    await validate.file('infrastructure/topologies/gpu/main.tf', '');
    await validate.file('infrastructure/topologies/other/main.tf', '');
    const { calls } = await validate.run('check', 'Validate');
    const roots = ['bootstrap', 'artifacts', 'topologies/gpu/', 'topologies/other/'];
    expect(calls).toEqual(
      roots.flatMap((root) => [
        `tofu -chdir=infrastructure/${root} init -backend=false -input=false -no-color`,
        `tofu -chdir=infrastructure/${root} validate -no-color`,
      ]),
    );
  });

  test('the first that is not valid ends it', async () => {
    await validate.standIn('tofu', 'case "$*" in *artifacts*validate*) exit 1 ;; esac');
    const { status, calls } = await validate.run('check', 'Validate');
    expect([status, calls.length]).toEqual([1, 4]);
  });

  test('all tests run; what Python lacks is installed first', async () => {
    await validate.standIn('npm', 'exit 5');
    await validate.standIn('python3', 'true');
    expect(await validate.run('check', 'Test')).toMatchObject({
      status: 5,
      calls: ['python3 -c import ensurepip', 'npm run --silent infrastructure:test'],
    });
    await validate.standIn('python3', 'exit 1');
    await validate.standIn('sudo', 'true');
    expect((await validate.run('check', 'Test')).calls).toContain('sudo apt-get install -y -q python3-venv');
  });
});

describe('a fork', () => {
  const ofFork = { github: { ...context.github, event: { pull_request: { head: { repo: { full_name: 'stranger/sluice' } } } } } };

  test('gets no identity and no plan, and its author is told why', async () => {
    const { jobs } = validate.workflow;
    expect([runs(jobs['plan']!.if, ofFork), runs(jobs['no-plan']!.if, ofFork)]).toEqual([false, true]);
    expect([runs(jobs['plan']!.if, context), runs(jobs['no-plan']!.if, context)]).toEqual([true, false]);
    expect((await validate.run('no-plan', 'Say why there is no plan')).summary).toContain(
      'A pull request from a fork gets no credentials',
    );
  });
});

describe('the plan', () => {
  const plan = async (behaviour: Behaviour) => {
    await standInsFor(validate, behaviour);
    return validate.run('plan', 'Plan', { context });
  };

  test('is left out where no role is known, which is no failure', async () => {
    const none = await validate.run('plan', 'Look for a role', { context });
    expect(none).toMatchObject({ status: 0, outputs: {} });
    expect(none.summary).toContain('the repository has no secret AWS_PLAN_ROLE_ARN');
    for (const step of validate.workflow.jobs['plan']!.steps.slice(1)) {
      expect(runs(step.if, { ...context, steps: { role: { outputs: none.outputs } } })).toBe(false);
      expect(runs(step.if, { ...context, steps: { role: { outputs: { 'is-there': 'true' } } } })).toBe(true);
    }
    const one = await validate.run('plan', 'Look for a role', { context: { ...context, secrets: { AWS_ROLE_ARN: 'arn' } } });
    expect(one.outputs).toEqual({ 'is-there': 'true' });
  });

  test('is made of both roots, without a lock, and cut to what a comment takes', async () => {
    const { status, calls, summary } = await plan({ plan: { topology: 2 } });
    expect(status).toBe(0);
    const plans = calls.filter((call) => call.includes(' plan '));
    expect(plans.map((call) => call.endsWith(' -lock=false'))).toEqual([true, true]);
    expect(calls.filter((call) => call.includes('plan-report'))).toEqual([
      `node scripts/plan-report.ts ${validate.root}/temp/plans/artifacts --title gpu dev: artifacts --max-length 30000`,
      `node scripts/plan-report.ts ${validate.root}/temp/plans/topology --title gpu dev: topology --max-length 30000`,
    ]);
    expect(summary).toMatch(/^<!-- sluice-plan gpu dev -->\nreport of .*artifacts\nreport of .*topology\n$/);
    expect(await validate.text('temp/comment.md')).toBe(summary);
  });

  test('of an environment that is not there yet is replaced by the reason', async () => {
    const { status, summary } = await plan({ inputs: { status: 3, says: 'run sluice bootstrap once' } });
    expect(status).toBe(0);
    expect(summary).toContain('### gpu dev: topology\n\nNo plan: run sluice bootstrap once\n');
  });

  test('that fails makes the check fail', async () => {
    expect((await plan({ plan: { topology: 1 } })).status).toBe(1);
    expect((await plan({ inputs: { status: 2, says: 'denied' } })).status).toBe(2);
  });
});

describe('the comment', () => {
  const post = (found: string, changes: string) => {
    const answer = `case "$*" in *--paginate*) printf '${found}' ;; esac`;
    return Promise.all([
      validate.standIn('gh', answer),
      validate.file('temp/comment.md', '<!-- sluice-plan gpu dev -->\n'),
      validate.file('temp/plans/topology/changes', `${changes}\n`),
      validate.file('temp/plans/artifacts/changes', 'false\n'),
    ]).then(() => validate.run('plan', 'Post or update the one comment', { context }));
  };

  test('is updated where there is one, by its marker', async () => {
    const { calls } = await post('11\\n12\\n', 'false');
    expect(calls[0]).toContain('startswith("<!-- sluice-plan gpu dev -->")');
    expect(calls.slice(1)).toEqual([
      `gh api --method PATCH repos/octo/sluice/issues/comments/11 --field body=@${validate.root}/temp/comment.md --silent`,
    ]);
  });

  test('is posted once there is something to say', async () => {
    expect((await post('', 'true')).calls[1]).toBe(
      `gh api --method POST repos/octo/sluice/issues/7/comments --field body=@${validate.root}/temp/comment.md --silent`,
    );
    expect((await post('', 'false')).calls).toHaveLength(1);
  });

  test('that GitHub refuses makes the step fail', async () => {
    await validate.standIn('gh', 'exit 4');
    expect((await validate.run('plan', 'Post or update the one comment', { context })).status).toBe(4);
  });
});

test('nothing is installed once there are credentials', () => {
  const steps = setupSteps();
  expect(steps.at(-1)?.uses).toMatch(/^aws-actions\/configure-aws-credentials@/);
  expect(steps.flatMap(({ run }) => run ?? [])).toEqual(['npm ci --ignore-scripts', 'npm run --silent build:web']);
  expect(steps.every(({ run, shell }) => run === undefined || shell === 'bash')).toBe(true);
});

test('all of its shell was run here', () => {
  expect(validate.notRun()).toEqual([]);
});
