import { execFile } from 'node:child_process';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceProcess } from '../support/sluice-process.ts';
import type { Rehearsal } from './rehearsal.ts';

/** How a command ended, and what it said. */
export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** `sluice` and a shell, as a person in the workspace has them. */
export interface CommandLine {
  /** Starts `sluice deploy gpu --env dev --yes`, without what waits for real hosts. */
  startDeploy(): SluiceProcess;
  /** The same to its end, with a line in the transcript. */
  deploy(): Promise<Ended>;
  /** A line of shell, with an answer to what it asks. Rejects with what it said if it fails. */
  shell(line: string, answer?: string): Promise<string>;
  /** Replaces the variables of the environment: those of the repository and these. */
  setVariables(more: string): Promise<void>;
}

const deployWords = ['deploy', 'gpu', '--env', 'dev', '--yes', '--no-preflight', '--no-stage', '--no-wait'];

/** The commands keep what they need between runs in the workspace. */
export async function openCommandLine({ transcript, workspace, signal }: Rehearsal): Promise<CommandLine> {
  const infrastructure = join(workspace.folder, 'infrastructure');
  await leaveOutLongWait(workspace.pathOf('artifacts'));
  // Resources name files by paths from their root; one provider in one of the roots serves both.
  await symlink(join(workspace.pathOf('artifacts'), 'scripts'), join(workspace.pathOf('topologies/gpu'), 'scripts'));
  const variables = {
    ...workspace.variables,
    ...(await workspace.providerFor('topologies/gpu')),
    XDG_CACHE_HOME: join(workspace.folder, 'cache'),
    SLUICE_TOFU: workspace.program.path,
  };
  const environment = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value ?? '']));
  const tfvars = join(infrastructure, 'environments/gpu/dev.tfvars');
  const given = await readFile(tfvars, 'utf8');
  const startDeploy = () => {
    signal.throwIfAborted();
    const started = new SluiceProcess([...deployWords, '--infrastructure', infrastructure], { environment });
    signal.addEventListener('abort', () => void started.child.kill('SIGINT'), { once: true });
    return started;
  };
  return {
    startDeploy,
    deploy: () =>
      transcript.step(`sluice ${deployWords.join(' ')}`, async () => {
        const started = startDeploy();
        const { code } = await started.ended;
        return { status: code, stdout: started.stdout, stderr: started.stderr };
      }),
    shell: (line, answer = '') =>
      transcript.step(`${line}${answer === '' ? '' : `, answered with ${answer}`}`, () => inShell(line, { environment, answer })),
    setVariables: (more) => writeFile(tfvars, `${given}${more}`),
  };
}

/** The provider waits most of a minute for the rules of a bucket to be the same everywhere; the cycle has them. */
const leaveOutLongWait = (root: string): Promise<void> =>
  writeFile(join(root, 'waits_override.tf'), 'resource "aws_s3_bucket_lifecycle_configuration" "this" {\n  count = 0\n}\n');

interface ShellOptions {
  environment: Record<string, string>;
  answer: string;
}

const inShell = (line: string, { environment, answer }: ShellOptions): Promise<string> =>
  new Promise((done, fail) => {
    const child = execFile('sh', ['-c', line], { env: environment, timeout: 120_000 }, (error, stdout, stderr) =>
      error === null ? done(stdout) : fail(new Error(`${stdout}${stderr}`, { cause: error })),
    );
    child.stdin?.end(`${answer}\n`);
  });
