import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { execute } from '../../../scripts/tools/execute.ts';
import { ensureTool } from '../../../scripts/tools/tools.ts';
import { evaluate, fillIn, runs } from './expressions.ts';
import { readWorkflow, repository, setupSource, setupSteps, sourceOf, workflowNames, type Job } from './workflow.ts';

const workflows = workflowNames.map((name) => ({ name, workflow: readWorkflow(name), source: sourceOf(name) }));
const jobs = workflows.flatMap(({ name, workflow }) =>
  Object.entries(workflow.jobs).map(([job, body]) => ({ name: `${name}: ${job}`, workflow, job: body })),
);
const steps = [
  ...jobs.flatMap(({ name, job }) => job.steps.map((step) => ({ name, step }))),
  ...setupSteps().map((step) => ({ name: 'setup', step })),
];
/** Jobs that show GitHub's identity to AWS, or sign with it. */
const usesIdentity = (job: Job): boolean =>
  job.steps.some(
    ({ uses, with: inputs }) => /^(aws-actions\/|actions\/attest)/.test(uses ?? '') || inputs?.['role'] !== undefined,
  );

test('actionlint finds nothing, and neither does shellcheck', { timeout: 300_000 }, async () => {
  const actionlint = await ensureTool('actionlint', console.error);
  await ensureTool('shellcheck', console.error);
  const found = await execute([actionlint, '-no-color', ...workflowNames.map((name) => `.github/workflows/${name}.yml`)], {
    directory: repository,
  });
  expect(found).toMatchObject({ status: 0, output: '' });
  const scripts = await execute(['shellcheck', '.github/scripts/plan-root.sh', '.github/scripts/apply-root.sh'], {
    directory: repository,
  });
  expect(scripts).toMatchObject({ status: 0, output: '' });
});

describe('what every workflow keeps to', () => {
  test('actions are pinned by commit, with the version beside it', () => {
    for (const { name, step } of steps)
      if (step.uses !== undefined && !step.uses.startsWith('./')) expect(step.uses, name).toMatch(/@[0-9a-f]{40}$/);
    for (const { name, source } of [...workflows, { name: 'setup', source: setupSource() }])
      for (const [line] of source.matchAll(/uses: [^.\n][^\n]*/g)) expect(line, name).toMatch(/ # v\d+\.\d+\.\d+$/);
  });

  test('one action has one version everywhere', () => {
    const versions = new Map<string, Set<string>>();
    for (const { step } of steps) {
      const [action = '', commit = ''] = step.uses?.split('@') ?? [];
      versions.set(action, (versions.get(action) ?? new Set()).add(commit));
    }
    expect([...versions].filter(([, found]) => found.size > 1)).toEqual([]);
  });

  test('no expression stands inside shell: what people write there would be run', () => {
    for (const { name, step } of steps) expect(step.run ?? '', name).not.toContain('${{');
  });

  test('nothing runs for pull requests with the rights of the base', () => {
    for (const { name, workflow } of workflows) expect(Object.keys(workflow.on), name).not.toContain('pull_request_target');
  });

  test('each job says what it may, and without saying more may only read', () => {
    for (const { name, workflow, job } of jobs) {
      expect(workflow.permissions, name).toEqual({ contents: 'read' });
      expect(job.permissions, name).toBeDefined();
    }
  });

  test('an identity is asked for where one is used, and nowhere else', () => {
    for (const { name, job } of jobs) expect(job.permissions['id-token'], name).toBe(usesIdentity(job) ? 'write' : undefined);
  });

  test('a checkout leaves no credentials behind', () => {
    for (const { name, step } of steps)
      if (step.uses?.startsWith('actions/checkout@') === true) expect(step.with?.['persist-credentials'], name).toBe(false);
  });

  test('every job ends some day', () => {
    for (const { name, job } of jobs) expect(job['timeout-minutes'], name).toBeGreaterThan(0);
  });

  test('shell fails in the middle of a pipe too', () => {
    for (const { name, workflow, job } of jobs.filter(({ name: of }) => !of.startsWith('cost:')))
      expect(job.defaults?.run?.shell ?? workflow.defaults?.run?.shell, name).toBe('bash');
  });

  test('every workflow has a test that runs its shell', () => {
    const untested = workflowNames.filter((name) => name !== 'cost' && !existsSync(new URL(`${name}.test.ts`, import.meta.url)));
    expect(untested).toEqual([]);
  });
});

describe('what could be lost without a run that fails', () => {
  test('nobody may write to the repository, and whatever else is written is written by name', () => {
    for (const { name, job } of jobs)
      for (const [what, level] of Object.entries(job.permissions)) {
        expect(['read', 'write'], `${name}: ${what}`).toContain(level);
        if (level === 'write') expect(['id-token', 'pull-requests', 'packages', 'attestations'], name).toContain(what);
      }
  });

  test('a pull request from a fork meets no secret, no identity and no call that writes', () => {
    const isOwn = 'github.event.pull_request.head.repo.full_name == github.repository';
    for (const { name, workflow, job } of jobs.filter((entry) => 'pull_request' in entry.workflow.on)) {
      const { steps: all, ...head } = job;
      const guarded = (condition: string | undefined) => condition?.includes(isOwn) === true;
      if (guarded(job.if)) continue;
      expect(job.permissions['id-token'], name).toBeUndefined();
      expect(JSON.stringify([workflow.env, head]), name).not.toContain('secrets.');
      for (const step of all)
        if (/secrets\.|github\.token/.test(JSON.stringify(step))) expect(guarded(step.if), `${name}: ${step.name}`).toBe(true);
    }
  });

  test('a plan that is applied is the one that was uploaded for that root', () => {
    const { jobs: all } = readWorkflow('deploy');
    const text = ({ steps: list }: Job) => list.map(({ run }) => run ?? '').join('\n');
    for (const job of Object.values(all))
      for (const { uses, with: inputs } of job.steps) {
        if (uses?.includes('download-artifact') !== true) continue;
        const root = String(inputs?.['name']).replace('plan-', '');
        expect(text(job)).toContain(`apply-root.sh ${root} ${String(inputs?.['path'])}`);
        const source = Object.values(all).find((other) =>
          other.steps.some((step) => step.uses?.includes('upload-artifact') === true && step.with?.['name'] === `plan-${root}`),
        );
        expect(source === undefined ? '' : text(source)).toContain(`plan-root.sh ${root} `);
      }
  });

  test('whoever plans, deploys or destroys the topology has built the pages that it names', () => {
    for (const { name, job } of jobs) {
      const text = job.steps.map(({ run }) => run ?? '').join('\n');
      if (!/plan-root\.sh (topology|"\$root")|sluice\.js (deploy|destroy) /.test(text)) continue;
      const setup = job.steps.find(({ uses }) => uses === './.github/actions/setup');
      expect(setup?.with?.['pages'], name).toBe('true');
    }
  });

  test('main alone is deployed by a push, and nothing is planned for a pull request that fails its checks', () => {
    expect(readWorkflow('deploy').on['push']).toMatchObject({ branches: ['main'] });
    expect(readWorkflow('validate').jobs['plan']!.needs).toBe('check');
    expect(readWorkflow('destroy').jobs['destroy']!.needs).toBe('confirm');
  });

  test('everything is tested somewhere', () => {
    const text = (name: string) =>
      Object.values(readWorkflow(name).jobs).flatMap(({ steps: all }) => all.map(({ run }) => run ?? ''));
    expect(text('ci').join('\n')).toContain('.ci/run');
    expect(text('validate').join('\n')).toContain('infrastructure:test');
  });

  test('no role is asked for longer than it is given', () => {
    const source = readFileSync(`${repository}infrastructure/bootstrap/github.tf`, 'utf8');
    const mostSeconds = Number(/max_session_duration = (\d+)/.exec(source)?.[1]);
    const asked = steps.flatMap(({ step }) => step.with?.['role-duration-seconds'] ?? []).map(Number);
    expect(asked.length).toBeGreaterThan(1);
    for (const seconds of asked) expect(seconds).toBeLessThanOrEqual(mostSeconds);
  });
});

describe('whoever changes an environment', () => {
  const changing = ['deploy', 'destroy', 'integration'];

  test('is alone there, and is not cut off', () => {
    for (const name of changing) {
      const { group, 'cancel-in-progress': cancels } = readWorkflow(name).concurrency;
      expect(fillIn(group, { inputs: { environment: 'dev' } }), name).toBe('tofu-gpu-dev');
      expect(cancels, name).toBe(false);
    }
    expect(fillIn(readWorkflow('deploy').concurrency.group, {})).toBe('tofu-gpu-dev');
  });

  test('holds the role that deploys in an environment that can ask for an approval', () => {
    for (const { name, job } of jobs) {
      const text = JSON.stringify(job);
      if (text.includes('AWS_DEPLOY_ROLE_ARN'))
        expect(fillIn(job.environment ?? '', { inputs: { environment: 'prod' } }), name).toBe('prod');
      else expect(job.environment ?? '-plan', name).toMatch(/-plan$/);
    }
  });

  test('accepts one role for both, where there is only one', () => {
    const secrets = { AWS_ROLE_ARN: 'one' };
    for (const { name, source } of workflows)
      for (const [expression] of source.matchAll(/\$\{\{ secrets\.AWS_\w+[^}]*\}\}/g))
        expect(fillIn(expression, { secrets }), name).toBe('one');
  });

  test('production is not among what can be destroyed', () => {
    for (const name of ['destroy', 'integration']) {
      const { inputs } = readWorkflow(name).on['workflow_dispatch'] as { inputs: { environment: { options: string[] } } };
      expect(inputs.environment.options).toEqual(['dev', 'staging']);
    }
  });
});

describe('expressions', () => {
  test('are evaluated as GitHub does', () => {
    const context = { inputs: { a: '', b: 'x' }, needs: { p: { result: 'skipped' } } };
    expect(evaluate("inputs.a || 'dev'", context)).toBe('dev');
    expect(evaluate("inputs.b && inputs.b != 'y'", context)).toBe(true);
    expect(evaluate("!(inputs.b == 'x') || needs.p.result == 'skipped'", context)).toBe(true);
    expect(evaluate('inputs.none', context)).toBeNull();
    expect(() => evaluate('contains(inputs.a)', context)).toThrow();
  });

  test('a condition that does not look at the status holds only while all is well', () => {
    expect(runs("inputs.b == 'x'", { inputs: { b: 'x' }, job: { status: 'failure' } })).toBe(false);
    expect(runs("always() && inputs.b == 'x'", { inputs: { b: 'x' }, job: { status: 'failure' } })).toBe(true);
    expect(runs(undefined, { job: { status: 'failure' } })).toBe(false);
  });
});
