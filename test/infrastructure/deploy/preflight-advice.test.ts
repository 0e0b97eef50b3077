import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Target } from '../../../src/deploy/target.ts';
import { json, startAccount, type Account } from './account.ts';
import { find, lookAt, restore } from './look.ts';
import { makeReady } from './ready.ts';

// What is advised can be run as it stands.

let account: Account;
beforeAll(async () => {
  account = await startAccount();
  await makeReady(account);
});
afterAll(() => account.stop());
beforeEach(() => restore(account));

/** What one check advises. */
const adviceOf = async (id: string, changes: Partial<Target> = {}) =>
  find(await lookAt(account, { changes, only: [id] }), id).fix ?? '';

/** A service of another name in the same account. */
const another = () => ({ values: { ...account.target.values, name: 'chat' }, name: 'chat', prefix: 'chat-dev-gpu' });

test('what is to be bootstrapped is named, with its region', async () => {
  const { aws, names } = account;
  for (const id of ['state-bucket', 'lock-table'])
    expect(await adviceOf(id, another()), id).toBe('sluice bootstrap --name chat --region us-east-1');
  account.answers.set('apigateway:GET /account', () => json({}));
  expect(await adviceOf('api-logging-role')).toMatch(/: sluice bootstrap --region us-east-1$/);
  await (await aws.client('s3')).deleteBucketEncryption({ Bucket: names.stateBucket });
  expect(await adviceOf('state-bucket')).toMatch(/: sluice bootstrap --region us-east-1$/);
});

test('every role of a service that is missing has its command', async () => {
  const iam = await account.aws.client('iam');
  for (const name of ['AutoScaling', 'APIGateway']) await iam.deleteRole({ RoleName: `AWSServiceRoleFor${name}` });
  const line = (service: string) => `aws iam create-service-linked-role --aws-service-name ${service}.amazonaws.com`;
  expect(await adviceOf('service-roles')).toMatch(new RegExp(`: ${line('autoscaling')} && ${line('ops.apigateway')}$`));
});

test('a lock that was left behind is freed with the settings of its state', async () => {
  const { aws, names, target } = account;
  const Info = { S: JSON.stringify({ ID: '1-2-3', Created: new Date(Date.now() - 2 * 3_600_000).toISOString() }) };
  const Item = { LockID: { S: `${names.stateBucket}/${target.stateKey}` }, Info };
  await (await aws.client('dynamodb')).putItem({ TableName: names.lockTable, Item });
  const advice = await adviceOf('lock');
  const at = `tofu -chdir=${target.infrastructure}/topologies/gpu`;
  expect(advice).toContain(`: ${at} init -reconfigure -backend-config=bucket=${names.stateBucket} `);
  expect(advice).toMatch(/-backend-config=key=gpu\/dev\.tfstate .* && tofu -chdir=\S+ force-unlock -force 1-2-3$/);
});

test('before there is a place for weights and images it is the deployment, which makes it, and not the staging, which could not', async () => {
  const { aws, names } = account;
  await (await aws.client('s3')).deleteObject({ Bucket: names.artifactsBucket, Key: 'staged/weights.json' });
  expect(await adviceOf('weights')).toBe('sluice stage gpu --env dev --only weights');
  for (const id of ['weights', 'gateway-image', 'engine-image'])
    expect(await adviceOf(id, another()), id).toMatch(/: sluice deploy gpu --env dev$/);
});
