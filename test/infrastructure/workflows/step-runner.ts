import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fillIn, type Context } from './expressions.ts';
import { readWorkflow, repository, type Step, type Workflow } from './workflow.ts';

/** What a step did. */
export interface Outcome {
  status: number;
  output: string;
  /** How programs were called, in order: `tofu plan -out=x`. */
  calls: string[];
  /** Of the step. */
  outputs: Record<string, string>;
  summary: string;
  /** What later steps find in their environment. */
  exported: Record<string, string>;
}

export interface StepOptions {
  context?: Context;
  /** Over what the workflow says, such as a shorter wait. */
  env?: Record<string, string>;
}

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

const pairs = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
  );

/** Runs the shell of a workflow's steps as the runner does, in a folder of its own, with stand-ins for the programs that they call. */
export class StepRunner {
  readonly workflow: Workflow;
  root = '';
  readonly #ran = new Set<Step>();

  constructor(name: string) {
    this.workflow = readWorkflow(name);
  }

  /** A new folder, with the scripts of the checkout and nothing else. */
  async begin(): Promise<void> {
    this.root = await mkdtemp(join(tmpdir(), 'workflow-test-'));
    for (const folder of ['bin', 'temp', '.github']) await mkdir(join(this.root, folder));
    await symlink(join(repository, '.github/scripts'), join(this.root, '.github/scripts'));
    for (const name of ['node', 'npm', 'npx', 'tofu', 'gh', 'aws', 'docker', 'curl', 'sudo', 'python3'])
      await this.standIn(name, `echo "${name} was not expected here" >&2; exit 99`);
  }

  end(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }

  /** A program that notes how it was called and then runs this body. */
  async standIn(name: string, body: string): Promise<void> {
    const path = join(this.root, 'bin', name);
    await writeFile(path, `#!/bin/bash\necho "${name} $*" >>"${this.root}/calls"\n${body}\n`);
    await chmod(path, 0o755);
  }

  async file(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.root, path)), { recursive: true });
    await writeFile(join(this.root, path), text);
  }

  text(path: string): Promise<string> {
    return readText(join(this.root, path));
  }

  /** The step of that name. */
  find(jobName: string, name: string): Step {
    const found = this.workflow.jobs[jobName]?.steps.find((step) => step.name === name);
    if (found?.run === undefined) throw new Error(`there is no step "${name}" with shell in the job ${jobName}`);
    return found;
  }

  async run(jobName: string, name: string, { context = {}, env = {} }: StepOptions = {}): Promise<Outcome> {
    const step = this.find(jobName, name);
    this.#ran.add(step);
    const job = this.workflow.jobs[jobName]!;
    const filled = Object.entries({ ...this.workflow.env, ...job.env, ...step.env }).map(
      ([key, text]) => [key, fillIn(String(text), context)] as const,
    );
    for (const file of ['calls', 'output', 'summary', 'exported']) await writeFile(join(this.root, file), '');
    const variables = {
      PATH: `${join(this.root, 'bin')}:/usr/bin:/bin`,
      HOME: this.root,
      RUNNER_TEMP: join(this.root, 'temp'),
      GITHUB_OUTPUT: join(this.root, 'output'),
      GITHUB_STEP_SUMMARY: join(this.root, 'summary'),
      GITHUB_ENV: join(this.root, 'exported'),
      GITHUB_REPOSITORY: 'Octo/Sluice',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_ACTOR: 'octocat',
      GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
      ...Object.fromEntries(filled),
      ...env,
    };
    const { status, output } = await new Promise<{ status: number; output: string }>((done) =>
      execFile(
        'bash',
        ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run!],
        { cwd: this.root, env: variables },
        (error, stdout, stderr) => done({ status: error === null ? 0 : Number(error.code), output: stdout + stderr }),
      ),
    );
    const calls = (await this.text('calls')).trim();
    return {
      status,
      output,
      calls: calls === '' ? [] : calls.split('\n'),
      outputs: pairs(await this.text('output')),
      summary: await this.text('summary'),
      exported: pairs(await this.text('exported')),
    };
  }

  /** Steps with shell that no test has run yet: `job: name`. */
  notRun(): string[] {
    return Object.entries(this.workflow.jobs).flatMap(([job, { steps }]) =>
      steps.filter((step) => step.run !== undefined && !this.#ran.has(step)).map((step) => `${job}: ${step.name}`),
    );
  }
}
