import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { beforeEach, describe, expect, test } from 'vitest';

// The shell of the pull request workflow, run as the runner runs it, with stand-ins for node, git and gh that note how they were called.

interface Step {
  name?: string;
  if?: string;
  uses?: string;
  run?: string;
}

interface Workflow {
  on: { pull_request: object; pull_request_target?: object };
  permissions: Record<string, string>;
  jobs: Record<string, { if?: string; permissions: Record<string, string>; steps: Step[] }>;
}

const source = await readFile(new URL('../../.github/workflows/cost.yml', import.meta.url), 'utf8');
const workflow = parse(source) as Workflow;
const shellOf = (job: string, name: string): string => workflow.jobs[job]?.steps.find((step) => step.name === name)?.run ?? '';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'workflow-test-'));
  await mkdir(join(root, 'bin'));
  await mkdir(join(root, 'temp'));
});

async function standIn(name: string, body: string): Promise<void> {
  const path = join(root, 'bin', name);
  await writeFile(path, `#!/bin/sh\necho "${name} $*" >>"${root}/calls"\n${body}\n`);
  await chmod(path, 0o755);
}

async function run(shell: string): Promise<string[]> {
  const env = {
    PATH: `${join(root, 'bin')}:/usr/bin:/bin`,
    RUNNER_TEMP: join(root, 'temp'),
    GITHUB_STEP_SUMMARY: join(root, 'summary'),
    GITHUB_REPOSITORY: 'o/r',
    BASE_SHA: 'abc',
    ENVIRONMENT: 'dev',
    COMMENTS: 'repos/o/r/issues/7/comments',
    COMMENT: 'repos/o/r/issues/comments',
    GH_TOKEN: 't',
    NUMBER: '7',
  };
  await promisify(execFile)('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', shell], { cwd: root, env });
  return (await readFile(join(root, 'calls'), 'utf8').catch(() => '')).trim().split('\n');
}

describe('rights', () => {
  test('nothing runs with the rights of the base repository for code of a fork', () => {
    expect(workflow.on.pull_request_target).toBeUndefined();
    expect(workflow.permissions).toEqual({ contents: 'read' });
    expect(source.match(/secrets\.\w+/g)).toEqual(['secrets.INFRACOST_API_KEY']);
  });

  test('our estimate needs no secret; commenting and Infracost are left out in forks', () => {
    const comment = workflow.jobs['estimate']?.steps.find((step) => step.name === 'Post or update the one comment');
    const own = 'github.event.pull_request.head.repo.full_name == github.repository';
    expect([comment?.if, workflow.jobs['infracost']?.if]).toEqual([own, own]);
    for (const step of workflow.jobs['infracost']?.steps ?? []) expect(step.if).toBe("env.KEY != ''");
  });

  test('every action is pinned by commit, and no expression stands inside shell', () => {
    for (const step of Object.values(workflow.jobs).flatMap((job) => job.steps)) {
      if (step.uses !== undefined) expect(step.uses).toMatch(/@[0-9a-f]{40}$/);
      expect(step.run ?? '').not.toContain('${{');
    }
  });
});

describe('pricing', () => {
  const topology = (...parts: string[]): Promise<unknown> => mkdir(join(root, ...parts), { recursive: true });

  test('the base is priced in its own worktree; a topology that it cannot price is no failure', async () => {
    await standIn('git', 'true');
    await standIn('node', 'case "$*" in *eks*) exit 1;; *) true;; esac');
    await topology('temp', 'base', 'infrastructure', 'topologies', 'gpu');
    await topology('temp', 'base', 'infrastructure', 'topologies', 'eks');
    const calls = await run(shellOf('estimate', 'Price the base branch'));
    expect(calls[0]).toBe(`git worktree add --detach ${root}/temp/base abc`);
    expect(calls).toContain(
      `node bin/sluice.js cost gpu --env dev --infrastructure ${root}/temp/base/infrastructure --no-tokens --format json --out ${root}/temp/base-gpu.json`,
    );
  });

  test('topologies share one comment, with the difference where the base has a price', async () => {
    await standIn('node', 'echo "report of $3"');
    await topology('infrastructure', 'topologies', 'gpu');
    await topology('infrastructure', 'topologies', 'fargate');
    await writeFile(join(root, 'temp', 'base-gpu.json'), '{}');
    const calls = await run(shellOf('estimate', 'Price the pull request'));
    expect(calls[0]).not.toContain('--diff');
    expect(calls[1]).toContain(`--max-length 32500 --diff ${root}/temp/base-gpu.json`);
    expect(await readFile(join(root, 'summary'), 'utf8')).toBe('report of fargate\nreport of gpu\n');
  });

  test('a failing estimate fails the step', async () => {
    await standIn('node', 'exit 1');
    await topology('infrastructure', 'topologies', 'gpu');
    await expect(run(shellOf('estimate', 'Price the pull request'))).rejects.toThrow();
  });

  test('no topology yet: nothing is said', async () => {
    await run(shellOf('estimate', 'Price the pull request'));
    expect(await readFile(join(root, 'summary'), 'utf8')).toBe('');
    expect(await run(shellOf('estimate', 'Post or update the one comment'))).toEqual(['']);
  });
});

describe('the comment', () => {
  const post = shellOf('estimate', 'Post or update the one comment');
  beforeEach(() => writeFile(join(root, 'temp', 'comment.md'), '<!-- sluice-cost -->\nx'));

  test('is updated where there is one', async () => {
    await standIn('gh', 'case "$*" in *--paginate*) printf "11\\n12\\n";; esac');
    const calls = await run(post);
    expect(calls[1]).toBe(`gh api --method PATCH repos/o/r/issues/comments/11 --field body=@${root}/temp/comment.md --silent`);
    expect(calls).toHaveLength(2);
  });

  test('is posted where there is none', async () => {
    await standIn('gh', 'true');
    expect((await run(post))[1]).toBe(
      `gh api --method POST repos/o/r/issues/7/comments --field body=@${root}/temp/comment.md --silent`,
    );
  });
});

test('Infracost sees our plan and our usage', async () => {
  await standIn('node', 'true');
  await standIn('infracost', 'true');
  await mkdir(join(root, 'infrastructure', 'topologies', 'gpu'), { recursive: true });
  const calls = await run(shellOf('infracost', 'Ask Infracost about the same plan'));
  expect(calls[0]).toContain(`--plan-out ${root}/temp/plan-gpu.json --infracost-usage ${root}/temp/usage-gpu.yml`);
  expect(calls[1]).toBe(
    `infracost breakdown --path ${root}/temp/plan-gpu.json --usage-file ${root}/temp/usage-gpu.yml --format json --out-file ${root}/temp/infracost-gpu.json`,
  );
  expect(calls[2]).toContain('--behavior update --tag gpu');
});
