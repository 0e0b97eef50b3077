import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Status } from '../../../src/deploy/preflight/check.ts';
import { preflight, type Preflight } from '../../../src/deploy/preflight/preflight.ts';
import type { Target } from '../../../src/deploy/target.ts';
import { environmentOf, json, startAccount, type Account } from './account.ts';
import { find, lookAt, restore } from './look.ts';
import { image, makeLockTable, makeReady, putImage, putStaged, simulated } from './ready.ts';

let account: Account;
beforeAll(async () => {
  account = await startAccount();
  await makeReady(account);
});
afterAll(() => account.stop());
beforeEach(async () => {
  only = undefined;
  await restore(account);
});

/** The one check that a fault is about; undefined: all. */
let only: string | undefined;

const look = (changes: Partial<Target> = {}, variables: Record<string, string> = {}): Promise<Preflight> =>
  lookAt(account, { changes, variables, ...(only === undefined ? {} : { only: [only] }) });
const withValues = (values: Target['values']) => ({ values: { ...account.target.values, ...values } });

type Fault = readonly [what: string, id: string, status: Status, told: RegExp, spoil: () => Promise<Preflight>];

/** What is wrong, the check that tells, what it says, and what is done to the account or asked for. */
const faults: readonly Fault[] = [
  [
    'credentials of another account',
    'account',
    'fail',
    /the variables say 999999999999/,
    () => look(withValues({ account_id: '999999999999' })),
  ],
  [
    'a variable that is misspelt',
    'variables',
    'fail',
    /max_instnces: the topology has no such variable; is max_instances meant\?/,
    () => look(withValues({ max_instnces: 3 })),
  ],
  [
    'a variable that an older version had',
    'variables',
    'fail',
    /gone_since: the topology has no such variable$/,
    () => look(withValues({ gone_since: true })),
  ],
  [
    'values that the topology would refuse',
    'variables',
    'fail',
    /api_key_required = "yes": .*; .*|max_instances = 0: /,
    () => look(withValues({ api_key_required: 'yes', max_instances: 0 })),
  ],
  ['another region than the variables’', 'region', 'fail', /--region says eu-west-1/, () => look({ region: 'eu-west-1' })],
  [
    'actions that are not allowed',
    'permissions',
    'warn',
    /ec2:RunInstances/,
    async () => {
      account.answers.set('iam:SimulatePrincipalPolicy', () => ({ body: simulated(['ec2:RunInstances'], 'implicitDeny') }));
      return look();
    },
  ],
  [
    'types that no zone offers',
    'instance-types',
    'fail',
    /no zone of us-east-1a, us-east-1b offers g99.xlarge/,
    () => look(withValues({ instance_type: 'g99.xlarge', fallback_instance_types: [] })),
  ],
  [
    'one type in two zones',
    'instance-types',
    'warn',
    /runs out of capacity sooner/,
    () => look(withValues({ fallback_instance_types: [] })),
  ],
  [
    'a zone without VPC links',
    'zones',
    'fail',
    /no VPC link in us-east-1e \(use1-az3\)/,
    () => look(withValues({ availability_zones: ['us-east-1a', 'us-east-1e'] })),
  ],
  [
    'a zone that there is not',
    'zones',
    'fail',
    /us-east-1z: no such zone/,
    () => look(withValues({ availability_zones: ['us-east-1a', 'us-east-1z'] })),
  ],
  ['a single zone', 'zones', 'fail', /a load balancer needs two/, () => look(withValues({ availability_zones: ['us-east-1a'] }))],
  ['an image for other processors', 'machine-image', 'fail', /is for arm64/, () => withImage({ architecture: 'arm64' })],
  [
    'an image with another root device',
    'machine-image',
    'fail',
    /root device at \/dev\/xvda/,
    () => withImage({ root: '/dev/xvda' }),
  ],
  [
    'an old image',
    'machine-image',
    'warn',
    /is \d\d\d days old/,
    () => withImage({ created: new Date(Date.now() - 200 * 86_400_000).toISOString() }),
  ],
  [
    'a pinned image that there is not',
    'machine-image',
    'fail',
    /ami-0123456789abcdef0 does not exist/,
    () => {
      account.answers.delete('ec2:DescribeImages');
      return look(withValues({ ami_id: 'ami-0123456789abcdef0' }));
    },
  ],
  [
    'no public image',
    'machine-image',
    'fail',
    /no public image/,
    () => {
      account.answers.set('ssm:GetParameter', () => ({ status: 400, ...json({ __type: 'ParameterNotFound' }) }));
      return look();
    },
  ],
  [
    'a network range in use',
    'network-range',
    'warn',
    /overlaps with vpc-/,
    async () => {
      await (await account.aws.client('ec2')).createVpc({ CidrBlock: '10.0.128.0/20' });
      return look();
    },
  ],
  [
    'a load balancer left over',
    'names',
    'fail',
    /log group \/llm\/llm-dev-gpu\/gateway/,
    async () => {
      await (await account.aws.client('cloudwatch-logs')).createLogGroup({ logGroupName: '/llm/llm-dev-gpu/gateway' });
      return look();
    },
  ],
  [
    'a secret in use that will be deleted',
    'secret',
    'fail',
    /llm-dev-gpu-keys-1 is scheduled for deletion/,
    async () => {
      await withDoomedSecret();
      const secret = { mode: 'managed', type: 'aws_secretsmanager_secret', name: 'api_keys' };
      const resources = [{ ...secret, instances: [{ attributes: { name: 'llm-dev-gpu-keys-1' } }] }];
      const { aws, names, target } = account;
      const state = { Bucket: names.stateBucket, Key: target.stateKey, Body: JSON.stringify({ version: 4, resources }) };
      await (await aws.client('s3')).putObject(state);
      return look(withValues({ api_key_required: true }));
    },
  ],
  [
    'no role for API Gateway’s logs',
    'api-logging-role',
    'fail',
    /no role to write logs/,
    async () => {
      account.answers.set('apigateway:GET /account', () => json({}));
      return look();
    },
  ],
  [
    'services without their roles',
    'service-roles',
    'warn',
    /AWSServiceRoleForAutoScaling will be made/,
    async () => {
      await (await account.aws.client('iam')).deleteRole({ RoleName: 'AWSServiceRoleForAutoScaling' });
      return look();
    },
  ],
  [
    'no state bucket',
    'state-bucket',
    'fail',
    /there is no bucket llm-state-/,
    async () => {
      await (await account.aws.client('s3')).deleteBucket({ Bucket: account.names.stateBucket });
      return look();
    },
  ],
  [
    'a state bucket without versions',
    'state-bucket',
    'fail',
    /keeps no versions/,
    async () => {
      const s3 = await account.aws.client('s3');
      await s3.putBucketVersioning({ Bucket: account.names.stateBucket, VersioningConfiguration: { Status: 'Suspended' } });
      return look();
    },
  ],
  [
    'a state bucket without encryption',
    'state-bucket',
    'fail',
    /is not encrypted/,
    async () => {
      await (await account.aws.client('s3')).deleteBucketEncryption({ Bucket: account.names.stateBucket });
      return look();
    },
  ],
  [
    'no lock table',
    'lock-table',
    'fail',
    /there is no table llm-state-lock/,
    async () => {
      await (await account.aws.client('dynamodb')).deleteTable({ TableName: account.names.lockTable });
      return look();
    },
  ],
  [
    'a lock table with another key',
    'lock-table',
    'fail',
    /has the key id, not LockID/,
    async () => {
      const dynamodb = await account.aws.client('dynamodb');
      await dynamodb.deleteTable({ TableName: account.names.lockTable });
      await makeLockTable(dynamodb, account.names.lockTable, 'id');
      return look();
    },
  ],
  [
    'a lock that somebody just took',
    'lock',
    'warn',
    /ada@laptop has held the lock of gpu\/dev.tfstate for 5 minutes/,
    () => withLock(5),
  ],
  ['a lock that was left behind', 'lock', 'fail', /for 120 minutes \(OperationTypeApply\)/, () => withLock(120)],
  [
    'a lock object that was left behind',
    'lock',
    'fail',
    /for 90 minutes/,
    async () => {
      await (
        await account.aws.client('s3')
      ).putObject({ Bucket: account.names.stateBucket, Key: 'gpu/dev.tfstate.tflock', Body: lockInfo(90) });
      return look();
    },
  ],
  ['no staged weights', 'weights', 'fail', /none staged/, () => withoutObject('staged/weights.json')],
  [
    'weights without their manifest',
    'weights',
    'fail',
    /has lost its manifest/,
    async () => {
      await putStaged(account, 'weights', { key: 'weights/other@1', sha256: 'b'.repeat(64) });
      return look();
    },
  ],
  [
    'a staged file that no build wrote',
    'weights',
    'fail',
    /is not what a build writes/,
    async () => {
      await putStaged(account, 'weights', { key: '../x' });
      return look();
    },
  ],
  ['no staged gateway', 'gateway-image', 'fail', /none staged/, () => withoutObject('staged/gateway.json')],
  [
    'a gateway that its repository lost',
    'gateway-image',
    'fail',
    /has no image sha256:cccccc/,
    async () => {
      await putStaged(account, 'gateway', { image: `x/llm-dev-gpu/gateway@sha256:${'c'.repeat(64)}` });
      return look();
    },
  ],
  [
    'a gateway for one kind of processor',
    'gateway-image',
    'fail',
    /not made for arm64/,
    async () => {
      const digest = await putImage(account, account.names.repositories.gateway, ['amd64']);
      await putStaged(account, 'gateway', { image: `x/llm-dev-gpu/gateway@${digest}` });
      return look();
    },
  ],
  [
    'an engine for the wrong processor',
    'engine-image',
    'fail',
    /not made for amd64/,
    async () => {
      const digest = await putImage(account, account.names.repositories.engine, ['arm64']);
      await putStaged(account, 'engine', { image: `x/llm-dev-gpu/engine@${digest}` });
      return look();
    },
  ],
  [
    'a certificate of another region',
    'certificate',
    'fail',
    /is of eu-west-1, but must be of us-east-1/,
    () => look(withValues({ certificate_arn: 'arn:aws:acm:eu-west-1:123456789012:certificate/1' })),
  ],
  [
    'a certificate that there is not',
    'certificate',
    'fail',
    /does not exist/,
    () =>
      look(
        withValues({ certificate_arn: 'arn:aws:acm:us-east-1:123456789012:certificate/1a2b3c4d-0000-1111-2222-333344445555' }),
      ),
  ],
  [
    'a certificate that waits',
    'certificate',
    'fail',
    /api.example.com waits to be validated/,
    () => withCertificate({ Status: 'PENDING_VALIDATION' }),
  ],
  [
    'a certificate for other names',
    'certificate',
    'fail',
    /does not hold for inside.example.com/,
    () => withCertificate({}, { alb_server_name: 'inside.example.com' }),
  ],
  [
    'a certificate that ends soon',
    'certificate',
    'warn',
    /ends in 9 days/,
    () => withCertificate({ NotAfter: Date.now() / 1000 + 9.5 * 86_400 }),
  ],
  [
    'a demo certificate that has ended',
    'demo-certificate',
    'fail',
    /is EXPIRED/,
    () =>
      withCertificate(
        { Status: 'EXPIRED' },
        { certificate_arn: '', demo_certificate_arn: 'arn:aws:acm:us-east-1:123456789012:certificate/1' },
      ),
  ],
  [
    'GitHub’s tokens that the account does not know',
    'github-identity',
    'fail',
    /does not know token.actions/,
    () => look({}, { GITHUB_ACTIONS: 'true' }),
  ],
];

test.each(faults)('%s: %s says %s', async (...[, id, status, told, spoil]) => {
  only = id;
  const found = find(await spoil(), id);
  expect(found.detail).toMatch(told);
  expect(found.status).toBe(status);
  expect(found.fix?.length).toBeGreaterThan(5);
});

async function withDoomedSecret(): Promise<void> {
  const secrets = await account.aws.client('secrets-manager');
  await secrets.createSecret({ Name: 'llm-dev-gpu-keys-1', SecretString: 'x' });
  await secrets.deleteSecret({ SecretId: 'llm-dev-gpu-keys-1' });
}

async function withImage(changes: Parameters<typeof image>[0]): Promise<Preflight> {
  account.answers.set('ec2:DescribeImages', () => ({ body: image(changes) }));
  return look();
}

const lockInfo = (minutes: number) =>
  JSON.stringify({
    ID: '1-2-3',
    Operation: 'OperationTypeApply',
    Who: 'ada@laptop',
    Created: new Date(Date.now() - minutes * 60_000).toISOString(),
  });

async function withLock(minutes: number): Promise<Preflight> {
  const dynamodb = await account.aws.client('dynamodb');
  const item = { LockID: { S: `${account.names.stateBucket}/gpu/dev.tfstate` }, Info: { S: lockInfo(minutes) } };
  await dynamodb.putItem({ TableName: account.names.lockTable, Item: item });
  return look();
}

async function withoutObject(key: string): Promise<Preflight> {
  await (await account.aws.client('s3')).deleteObject({ Bucket: account.names.artifactsBucket, Key: key });
  return look();
}

async function withCertificate(changes: object, values: Target['values'] = {}): Promise<Preflight> {
  const certificate = {
    DomainName: 'api.example.com',
    SubjectAlternativeNames: ['*.api.example.com'],
    Status: 'ISSUED',
    Type: 'AMAZON_ISSUED',
  };
  account.answers.set('acm:DescribeCertificate', () => json({ Certificate: { ...certificate, ...changes } }));
  return look(
    withValues({
      certificate_arn: 'arn:aws:acm:us-east-1:123456789012:certificate/1',
      alb_server_name: 'x.api.example.com',
      ...values,
    }),
  );
}

describe('what is not wrong', () => {
  test('a certificate that holds the names by its wildcard passes', async () => {
    const found = await withCertificate({ NotAfter: Date.now() / 1000 + 200 * 86_400 });
    expect(find(found, 'certificate')).toEqual({
      id: 'certificate',
      status: 'pass',
      detail: expect.stringMatching(/^api.example.com, for (199|200) more days/),
    });
  });

  test('a secret of a deployment that was destroyed stops no new one, which makes its own', async () => {
    await withDoomedSecret();
    only = 'secret';
    const found = find(await look(withValues({ api_key_required: true })), 'secret');
    expect(found).toMatchObject({ status: 'pass', detail: expect.stringContaining('a new one will be made') });
  });

  test('what is made by a deployment itself is left out where only the account is asked about', async () => {
    const { target, aws } = account;
    const found = await preflight({ target, aws, nowMs: Date.now(), environment: environmentOf(account), phases: ['account'] });
    expect(found.results.map(({ id }) => id)).not.toContain('weights');
    expect(found.results.map(({ id }) => id)).not.toContain('state-bucket');
  });
});
