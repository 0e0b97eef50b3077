import { createHash } from 'node:crypto';
import { json, type Account } from './account.ts';

const defaults: Record<string, number> = { 'L-DB2E81BA': 16 };

/** Makes an account in which nothing stops a deployment of `dev`: what bootstrap and the builds would have made. */
export async function makeReady(account: Account): Promise<void> {
  answerForMock(account);
  await Promise.all([makeState(account), makeArtifacts(account), makeRoles(account)]);
  await (
    await account.aws.client('api-gateway')
  ).updateAccount({
    patchOperations: [{ op: 'replace', path: '/cloudwatchRoleArn', value: 'arn:aws:iam::123456789012:role/llm/api-logs' }],
  });
  account.settle();
}

/** What the mock does not know of such an account. */
export function answerForMock({ answers }: Account): void {
  answers.clear();
  answers.set('servicequotas:GetServiceQuota', (body) => {
    const { QuotaCode } = JSON.parse(body) as { QuotaCode: string };
    return json({ Quota: { QuotaCode, Value: defaults[QuotaCode] ?? 20 } });
  });
  answers.set('iam:SimulatePrincipalPolicy', () => ({ body: simulated(['ec2:CreateVpc'], 'allowed') }));
  answers.set('ssm:GetParameter', () => json({ Parameter: { Value: 'ami-12c6146b' } }));
  answers.set('ec2:DescribeImages', () => ({ body: image({}) }));
}

/** EC2's description of one machine image. */
export function image({ root = '/dev/sda1', architecture = 'x86_64', created = new Date().toISOString() }): string {
  return `<DescribeImagesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><imagesSet><item><imageId>ami-12c6146b</imageId><architecture>${architecture}</architecture>
    <rootDeviceName>${root}</rootDeviceName><creationDate>${created}</creationDate></item></imagesSet></DescribeImagesResponse>`;
}

/** IAM's answer to a simulation. */
export function simulated(actions: readonly string[], decision: string): string {
  const members = actions.map(
    (action) => `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${decision}</EvalDecision></member>`,
  );
  return `<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult><EvaluationResults>${members.join('')}
    </EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`;
}

async function makeState({ aws, names }: Account): Promise<void> {
  const [s3, dynamodb] = await Promise.all([aws.client('s3'), aws.client('dynamodb')]);
  await s3.createBucket({ Bucket: names.stateBucket });
  await s3.putBucketVersioning({ Bucket: names.stateBucket, VersioningConfiguration: { Status: 'Enabled' } });
  await s3.putBucketEncryption({
    Bucket: names.stateBucket,
    ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }] },
  });
  await makeLockTable(dynamodb, names.lockTable, 'LockID');
}

/** The table of locks, with the key that is given. */
export async function makeLockTable(dynamodb: Awaited<ReturnType<Account['aws']['client']>> & object, name: string, key: string) {
  await (dynamodb as import('@aws-sdk/client-dynamodb').DynamoDB).createTable({
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }],
    KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
  });
}

/** Puts an image index for these processors into a repository, and gives its digest. */
export async function putImage({ aws }: Account, repositoryName: string, architectures: readonly string[]): Promise<string> {
  const ecr = await aws.client('ecr');
  await ecr.createRepository({ repositoryName }).catch(() => undefined);
  const imageManifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: architectures.map((architecture) => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: `sha256:${createHash('sha256').update(architecture).digest('hex')}`,
      size: 1,
      platform: { architecture, os: 'linux' },
    })),
  });
  const { image: stored } = await ecr.putImage({
    repositoryName,
    imageManifest,
    // The mock draws digests from a hundred.
    imageDigest: `sha256:${createHash('sha256').update(imageManifest).digest('hex')}`,
    imageManifestMediaType: 'application/vnd.oci.image.index.v1+json',
    imageTag: architectures.join('-'),
  });
  return stored?.imageId?.imageDigest ?? '';
}

/** Writes what the builds write last. */
export async function putStaged({ aws, names }: Account, kind: 'weights' | 'engine' | 'gateway', value: object): Promise<void> {
  await (
    await aws.client('s3')
  ).putObject({ Bucket: names.artifactsBucket, Key: `staged/${kind}.json`, Body: JSON.stringify(value) });
}

async function makeArtifacts(account: Account): Promise<void> {
  const { aws, names } = account;
  const s3 = await aws.client('s3');
  await s3.createBucket({ Bucket: names.artifactsBucket });
  const key = 'weights/microsoft--Phi-3-mini-4k-instruct@0123456789abcdef';
  await s3.putObject({ Bucket: names.artifactsBucket, Key: `${key}/manifest.sha256`, Body: 'x' });
  await putStaged(account, 'weights', { key, sha256: 'a'.repeat(64) });
  for (const kind of ['gateway', 'engine'] as const) {
    const digest = await putImage(account, names.repositories[kind], ['amd64', 'arm64']);
    await putStaged(account, kind, {
      image: `123456789012.dkr.ecr.us-east-1.amazonaws.com/${names.repositories[kind]}@${digest}`,
    });
  }
}

/** What lets a service assume a role. */
function trustOf(service: string): string {
  const Principal = { Service: `${service}.amazonaws.com` };
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }] });
}

async function makeRoles({ aws }: Account): Promise<void> {
  const iam = await aws.client('iam');
  for (const service of ['autoscaling', 'elasticloadbalancing', 'ops.apigateway']) {
    const RoleName = { autoscaling: 'AutoScaling', elasticloadbalancing: 'ElasticLoadBalancing', 'ops.apigateway': 'APIGateway' }[
      service
    ];
    await iam.createRole({ RoleName: `AWSServiceRoleFor${RoleName}`, AssumeRolePolicyDocument: trustOf(service) });
  }
}
