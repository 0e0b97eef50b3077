import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '../../../src/config/environment.ts';
import { Aws } from '../../../src/deploy/aws/clients.ts';
import { namesOf } from '../../../src/deploy/names.ts';
import { findProviderMirror } from '../../../src/tofu/provider-mirror.ts';
import { startProvider } from '../../../scripts/tools/provider-process.ts';
import { mockAccountId, startMockAws, type MockAws } from '../../rehearsal/mock-aws.ts';
import { Transcript } from '../../rehearsal/transcript.ts';
import { expectNoViolations } from '../../rehearsal/violations.ts';
import { makeWorkspace, type Workspace } from '../../rehearsal/workspace.ts';
import { SluiceProcess } from '../../support/sluice-process.ts';

/** How a command ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The commands as processes, an empty account on the mock of AWS, and a copy of the infrastructure. */
export interface CommandsOnMock {
  mock: MockAws;
  aws: Aws;
  workspace: Workspace;
  /** What a command is given by its process. */
  environment: Record<string, string>;
  /** Where commands keep what they need between runs. */
  cache: string;
  start(...words: string[]): SluiceProcess;
  /** `sluice bootstrap`, or `sluice <words> gpu --env dev`, to its end. */
  run(...words: string[]): Promise<Ended>;
  /** Changes the variables of dev. */
  edit(change: (text: string) => string): Promise<void>;
  /** Throws when AWS would have refused something that was asked of it. */
  stop(): Promise<void>;
}

export const deployment = namesOf({ name: 'llm', topology: 'gpu', environment: 'dev' }, mockAccountId, 'us-east-1');

export async function startCommands(): Promise<CommandsOnMock> {
  const mock = await startMockAws();
  const transcript = new Transcript(() => undefined);
  const roots = ['bootstrap', 'artifacts', 'topologies/gpu'] as const;
  const workspace = await makeWorkspace({ aws: mock, transcript, roots });
  const cache = await mkdtemp(join(tmpdir(), 'sluice-deploy-'));
  const infrastructure = join(workspace.folder, 'infrastructure');
  await leaveOutLongWaits(workspace);
  const kept = await keepProvider(workspace);
  const variables = { ...workspace.variables, ...kept.variables, XDG_CACHE_HOME: cache, SLUICE_TOFU: workspace.program.path };
  const environment = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value ?? '']));
  const start = (...words: string[]) => {
    const place = words[0] === 'bootstrap' ? [] : ['gpu', '--env', 'dev'];
    // In whose name: the mock keeps it with each request. A person makes what an account needs.
    const actor = words[0] === 'bootstrap' ? 'bootstrap' : 'deploy';
    const acting = { AWS_ACCESS_KEY_ID: actor, TF_VAR_acting: actor };
    return new SluiceProcess([...words, ...place, '--infrastructure', infrastructure], {
      environment: { ...environment, ...acting },
    });
  };
  // Clients of the tests take them from this process.
  Object.assign(process.env, mock.variables);
  const aws = new Aws({ region: 'us-east-1', endpoint: mock.url });
  const tfvars = join(infrastructure, 'environments/gpu/dev.tfvars');
  return {
    mock,
    aws,
    workspace,
    environment,
    cache,
    start,
    run: async (...words) => {
      const started = start(...words);
      const { code } = await started.ended;
      return { code, stdout: started.stdout, stderr: started.stderr };
    },
    edit: async (change) => writeFile(tfvars, change(await readFile(tfvars, 'utf8'))),
    stop: async () => {
      kept.stop();
      aws.close();
      try {
        await expectNoViolations(mock);
      } finally {
        await mock.stop();
        await workspace.remove();
        await rm(cache, { recursive: true, force: true });
      }
    },
  };
}

/** The provider waits most of a minute for the rules of a bucket to be the same everywhere. */
async function leaveOutLongWaits(workspace: Workspace): Promise<void> {
  for (const [root, name] of [
    ['bootstrap', 'state'],
    ['artifacts', 'this'],
  ] as const) {
    const text = `resource "aws_s3_bucket_lifecycle_configuration" "${name}" {\n  count = 0\n}\n`;
    await writeFile(join(workspace.pathOf(root), 'waits_override.tf'), text);
  }
}

/** One process of the provider for all commands, where it lies on this machine: starting it is most of the time of each. */
async function keepProvider(workspace: Workspace): Promise<{ variables: Record<string, string>; stop: () => void }> {
  const mirror = await findProviderMirror(readEnvironment(process.env).tofu);
  if (mirror === undefined) return { variables: {}, stop: () => undefined };
  const directory = workspace.pathOf('topologies/gpu');
  // Resources name files by paths from their root; it is started in one of them.
  await symlink(join(workspace.pathOf('artifacts'), 'scripts'), join(directory, 'scripts'));
  return startProvider(mirror, workspace.variables, directory);
}

/** Writes what builds would have written. */
export async function putStaged(aws: Aws): Promise<void> {
  const s3 = await aws.client('s3');
  const key = 'weights/microsoft--Phi-3-mini-4k-instruct@rehearsal';
  const image = (kind: 'engine' | 'gateway') =>
    `${mockAccountId}.dkr.ecr.us-east-1.amazonaws.com/${deployment.repositories[kind]}@sha256:${'b'.repeat(64)}`;
  const staged = {
    weights: { key, sha256: 'a'.repeat(64) },
    engine: { image: image('engine') },
    gateway: { image: image('gateway') },
  };
  for (const [kind, value] of Object.entries(staged))
    await s3.putObject({ Bucket: deployment.artifactsBucket, Key: `staged/${kind}.json`, Body: JSON.stringify(value) });
}

/** Every version of every state, as texts. */
export async function statesOf(aws: Aws): Promise<string[]> {
  const s3 = await aws.client('s3');
  const { Versions = [] } = await s3.listObjectVersions({ Bucket: deployment.stateBucket });
  return Promise.all(
    Versions.map(async ({ Key = '', VersionId = '' }) => {
      const { Body } = await s3.getObject({ Bucket: deployment.stateBucket, Key, VersionId });
      return (await Body?.transformToString()) ?? '';
    }),
  );
}

/** What the secret of API keys holds. */
export async function secretOf(aws: Aws): Promise<string> {
  const client = await aws.client('secrets-manager');
  const { SecretList = [] } = await client.listSecrets({});
  const { SecretString = '' } = await client.getSecretValue({ SecretId: SecretList[0]?.ARN ?? '' });
  return SecretString;
}
