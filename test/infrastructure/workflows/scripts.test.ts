import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { packSource } from '../../../src/deploy/stage/source-archive.ts';
import { mockAccountId } from '../../rehearsal/mock-aws.ts';
import { startAccount, type Account } from '../deploy/account.ts';
import { makeLockTable } from '../deploy/ready.ts';
import { Checkout } from './checkout.ts';

let account: Account;
let checkout: Checkout;
let kmsKeyArn: string;
beforeAll(async () => {
  account = await startAccount();
  checkout = await Checkout.make(account.variables);
});
afterAll(async () => {
  await checkout.remove();
  await account.stop();
});
beforeEach(() => account.reset());

const put = async (bucket: string, key: string, value: object) => {
  const s3 = await account.aws.client('s3');
  await s3.createBucket({ Bucket: bucket }).catch(() => undefined);
  await s3.putObject({ Bucket: bucket, Key: key, Body: JSON.stringify(value) });
};

const outputs = (values: Record<string, unknown>) => ({
  version: 4,
  outputs: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }])),
});

/** A key of KMS, for which there is no client among our packages. */
async function makeKey(): Promise<string> {
  const signature = 'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=b';
  const headers = [
    'x-amz-target: TrentService.CreateKey',
    'content-type: application/x-amz-json-1.1',
    `authorization: ${signature}`,
  ];
  const args = ['--silent', '-d', '{}', ...headers.flatMap((header) => ['-H', header]), account.mock.url];
  const answer = await checkout.run('curl', args);
  return (JSON.parse(answer.output) as { KeyMetadata: { Arn: string } }).KeyMetadata.Arn;
}

async function bootstrapped(): Promise<void> {
  kmsKeyArn = await makeKey();
  const boundaryOf = (environment: string) => `arn:aws:iam::${mockAccountId}:policy/llm-deploy/llm-boundary-${environment}`;
  const boundaries = { dev: boundaryOf('dev'), staging: boundaryOf('staging') };
  await put(
    account.names.stateBucket,
    'bootstrap.tfstate',
    outputs({ kms_key_arn: kmsKeyArn, permissions_boundary_arns: boundaries }),
  );
  await makeLockTable(await account.aws.client('dynamodb'), account.names.lockTable, 'LockID');
}

const digest = `sha256:${'e'.repeat(64)}`;
const staged = async (bucket: string, gateway = 'f'.repeat(40)) => {
  const image = (name: string, source: string) => ({
    image: `${mockAccountId}.dkr.ecr.us-east-1.amazonaws.com/${name}@${digest}`,
    source,
  });
  await put(bucket, 'staged/weights.json', { key: 'weights/a--b@1', sha256: 'a'.repeat(64) });
  await put(bucket, 'staged/engine.json', image('engine', 'engine-source'));
  await put(bucket, 'staged/gateway.json', image('gateway', gateway));
};

const inputs = (root: string, out: string, more: string[] = [], environment = 'dev') =>
  checkout.run('node', ['scripts/root-inputs.ts', 'gpu', '--env', environment, '--root', root, '--out', out, ...more]);
const fileOf = (path: string) => readFile(join(checkout.folder, path), 'utf8');

describe('what a root is planned with', () => {
  test('an account without bootstrap is told what to do', async () => {
    const { status, output } = await inputs('artifacts', 'none');
    expect(status).toBe(3);
    expect(output).toBe(
      `account ${mockAccountId} is not set up for llm in us-east-1: ${account.names.stateBucket} has no state bootstrap.tfstate. Run sluice bootstrap once, with credentials of your own (docs/deploy/github.md)\n`,
    );
  });

  test('nothing staged yet is said, too', async () => {
    await bootstrapped();
    expect(await inputs('topology', 'unstaged')).toEqual({
      status: 3,
      output: 'not staged yet: weights, engine, gateway; run sluice stage gpu --env dev\n',
    });
  });

  test('is the backend, the variables, and the key of plans', async () => {
    await bootstrapped();
    await staged(account.names.artifactsBucket);
    expect((await inputs('topology', 'in/topology')).status).toBe(0);
    expect(await fileOf('in/topology/folder')).toBe('infrastructure/topologies/gpu\n');
    expect((await fileOf('in/topology/backend')).trim().split('\n')).toEqual([
      `-backend-config=bucket=llm-state-${mockAccountId}-us-east-1`,
      '-backend-config=region=us-east-1',
      '-backend-config=key=gpu/dev.tfstate',
      '-backend-config=dynamodb_table=llm-state-lock',
      '-backend-config=use_lockfile=true',
      '-backend-config=encrypt=true',
      `-backend-config=kms_key_id=${kmsKeyArn}`,
    ]);
    expect(await fileOf('in/topology/arguments')).toBe(
      `-var-file=${checkout.folder}/infrastructure/environments/gpu/dev.tfvars\n-var-file=${checkout.folder}/in/topology/values.tfvars.json\n`,
    );
    expect(JSON.parse(await fileOf('in/topology/values.tfvars.json'))).toMatchObject({
      account_id: mockAccountId,
      permissions_boundary_arn: `arn:aws:iam::${mockAccountId}:policy/llm-deploy/llm-boundary-dev`,
      artifacts: { weights_key: 'weights/a--b@1', bucket: account.names.artifactsBucket },
    });
    expect(await fileOf('in/topology/encryption.hcl')).toContain(JSON.stringify(kmsKeyArn));
    expect(await fileOf('in/topology/keys')).toBe('none\n');
  });

  test('API keys are written at first and when they are rotated, and kept else', async () => {
    await bootstrapped();
    await staged(account.names.artifactsBucket.replace('-dev-', '-staging-'));
    const versionOf = async (more: string[]) => {
      expect((await inputs('topology', 'in/keys', more, 'staging')).status).toBe(0);
      const { api_keys_version: version } = JSON.parse(await fileOf('in/keys/values.tfvars.json')) as {
        api_keys_version: number;
      };
      return [version, (await fileOf('in/keys/keys')).trim()];
    };
    expect(await versionOf([])).toEqual([1, 'wanted']);
    const written = (status?: string) => ({
      version: 4,
      resources: [
        {
          mode: 'managed',
          type: 'aws_secretsmanager_secret_version',
          name: 'api_keys',
          instances: [{ attributes: { secret_string_wo_version: 4 }, status }],
        },
      ],
    });
    await put(account.names.stateBucket, 'gpu/staging.tfstate', written('tainted'));
    expect(await versionOf([])).toEqual([1, 'wanted']);
    await put(account.names.stateBucket, 'gpu/staging.tfstate', written());
    expect(await versionOf([])).toEqual([4, 'kept']);
    expect(await versionOf(['--rotate-keys'])).toEqual([5, 'wanted']);
  });

  test('what cannot be is refused in a line', async () => {
    await bootstrapped();
    expect((await inputs('artifacts', 'x', [], 'prod')).output).toContain('no permissions boundary for prod');
    expect(await inputs('everything', 'x')).toEqual({
      status: 1,
      output: '--root artifacts or --root topology, and --out FOLDER\n',
    });
    expect(await inputs('artifacts', 'x', [], 'production')).toEqual({ status: 1, output: 'there is no gpu --env production\n' });
  });
});

test('what must be staged is named: what is missing, and what is not as the project and the sources have it', async () => {
  const needed = () => checkout.run('node', ['scripts/staging-needed.ts', 'gpu', '--env', 'dev']);
  expect(await needed()).toEqual({ status: 0, output: 'weights\nengine\ngateway\n' });
  const { revision } = await packSource(checkout.folder);
  await staged(account.names.artifactsBucket, revision);
  const project = (variables: Record<string, string>) =>
    account.answers.set('codebuild:BatchGetProjects', () => ({
      type: 'application/x-amz-json-1.1',
      body: JSON.stringify({
        projects: [
          { environment: { environmentVariables: Object.entries(variables).map(([name, value]) => ({ name, value })) } },
        ],
      }),
    }));
  project({ WEIGHTS_KEY: 'weights/a--b@2', ENGINE_SOURCE: 'engine-source' });
  expect(await needed()).toEqual({ status: 0, output: 'weights\n' });
  project({ WEIGHTS_KEY: 'weights/a--b@1', ENGINE_SOURCE: 'engine-source' });
  expect(await needed()).toEqual({ status: 0, output: '' });
  await staged(account.names.artifactsBucket, '0'.repeat(40));
  expect((await needed()).output).toBe('gateway\n');
});

test(
  'a plan is applied in another checkout from what was carried there, and from nothing else',
  { timeout: 300_000 },
  async () => {
    await bootstrapped();
    const planned = await checkout.run('.github/scripts/plan-root.sh', ['artifacts', 'plans/artifacts', '-lock-timeout=1m']);
    expect(planned).toMatchObject({ status: 0 });
    expect(await fileOf('plans/artifacts/changes')).toBe('true\n');
    expect(await fileOf('plans/artifacts/plan.txt')).toContain('aws_s3_bucket');
    // The plan holds names of the account; who may read the artifacts of a run must not.
    const sealed = await readFile(join(checkout.folder, 'plans/artifacts/upload/plan.bin'));
    expect(sealed.includes('key_provider.aws_kms.state')).toBe(true);
    expect([mockAccountId, 'aws_s3_bucket'].filter((name) => sealed.includes(name))).toEqual([]);

    const report = await checkout.run('node', [
      'scripts/plan-report.ts',
      'plans/artifacts',
      '--title',
      'gpu dev: artifacts',
      '--refuse-loss',
    ]);
    expect(report).toMatchObject({ status: 0 });
    expect(report.output).toMatch(
      /^### gpu dev: artifacts\n\n```\n {2}\d+ to create, 0 to change, 0 to replace, 0 to delete\n```\n/,
    );

    const other = await Checkout.make(account.variables);
    try {
      await mkdir(join(other.folder, 'plans'));
      await cp(join(checkout.folder, 'plans/artifacts/upload'), join(other.folder, 'plans/approved'), { recursive: true });
      // Whoever changes the code after the approval changes nothing of what is applied.
      await writeFile(
        join(other.folder, 'infrastructure/artifacts/more.tf'),
        'resource "aws_s3_bucket" "more" {\n  bucket = "sneaked-in"\n}\n',
      );
      const applied = await other.run('.github/scripts/apply-root.sh', ['artifacts', 'plans/approved']);
      expect(applied).toMatchObject({ status: 0 });
      const { Buckets = [] } = await (await account.aws.client('s3')).listBuckets({});
      const names = Buckets.map(({ Name }) => Name);
      expect(names).toContain(account.names.artifactsBucket);
      expect(names).not.toContain('sneaked-in');
      const { bucket } = JSON.parse(await readFile(join(other.folder, 'outputs.json'), 'utf8')) as { bucket: { value: string } };
      expect(bucket.value).toBe(account.names.artifactsBucket);
      // The state has moved on: the same approval does not count twice.
      const again = await other.run('.github/scripts/apply-root.sh', ['artifacts', 'plans/approved']);
      expect(again.status).toBe(1);
      expect(again.output).toContain('Saved plan is stale');
    } finally {
      await other.remove();
    }
  },
);
