import { beforeAll, describe, expect, test } from 'vitest';
import { mockAccountId, type AwsRequest } from '../../rehearsal/mock-aws.ts';
import { Account } from './account.ts';
import { readAuthorizationData, type AuthorizationData } from './authorization-data.ts';
import { deeds, looks, refusedToDeploy, refusedToPlan } from './command-calls.ts';
import { commandDuties } from './duties.ts';
import { refusals } from './judge.ts';
import { commandMethods } from './command-methods.ts';
import { commandsInScripts, unknownDuties } from './servants.ts';
import { deadParts } from './statements.ts';
import type { Statement } from './evaluate.ts';

let data: AuthorizationData;
beforeAll(async () => {
  data = await readAuthorizationData();
});

const form = 'application/x-www-form-urlencoded';
const json = 'application/x-amz-json-1.1';

const request = (operation: string, body: string, more: Partial<AwsRequest> = {}): AwsRequest => ({
  operation,
  actor: 'deploy',
  service: operation.split(':')[0] ?? '',
  region: 'us-east-1',
  method: 'POST',
  path: '/',
  type: body.startsWith('{') ? json : form,
  body,
  ...more,
});

const all = (...actions: string[]): Statement => ({ Effect: 'Allow', Action: actions, Resource: '*' });

const refused = (one: AwsRequest, ...policies: Statement[]) => refusals([one], { policies }, data, new Account([one]));

describe('a request needs', () => {
  test('what its operation is called, where that is the permission', () => {
    const secret = request('secretsmanager:CreateSecret', '{"Name":"llm-dev-gpu-keys-1"}');
    const named = { ...all('secretsmanager:*'), Resource: `arn:aws:secretsmanager:us-east-1:${mockAccountId}:secret:llm-dev-*` };
    expect(refused(secret, named)).toEqual([]);
    expect(refused({ ...secret, body: '{"Name":"llm-prod-gpu-keys-1"}' }, named)).toContainEqual(
      expect.stringMatching(/^secretsmanager:CreateSecret on .*secret:llm-prod-gpu-keys-1-AbCdEf: allowed by no policy$/),
    );
  });

  test('the method and the path, where the service is API Gateway', () => {
    const link = request('apigateway:GetVpcLink', '', { method: 'GET', path: '/v2/vpclinks/abc' });
    expect(refused(link, { ...all('apigateway:GET'), Resource: 'arn:aws:apigateway:us-east-1::/vpclinks*' })).toEqual([]);
    expect(refused(link, { ...all('apigateway:GET'), Resource: 'arn:aws:apigateway:us-east-1::/restapis*' })).toHaveLength(1);
  });

  test('all resources, where the action takes none', () => {
    const group = request('autoscaling:DescribeScalingActivities', 'AutoScalingGroupName=llm-dev-gpu-fleet');
    const named = { ...all('autoscaling:*'), Resource: `arn:aws:autoscaling:us-east-1:${mockAccountId}:autoScalingGroup:*` };
    expect(refused(group, named)).toEqual(['autoscaling:DescribeScalingActivities on *: allowed by no policy']);
  });

  test('what else AWS demands of the caller', () => {
    const made = request('autoscaling:CreateAutoScalingGroup', 'AutoScalingGroupName=llm-dev-gpu-fleet');
    const lacking = refused(made, all('autoscaling:*', 'iam:*', 'ssm:*'));
    expect(lacking).toContainEqual(expect.stringMatching(/^ec2:RunInstances on .*:subnet\/any \(for autoscaling:Create/));
    const protects = `{"WebACLArn":"arn:aws:wafv2:us-east-1:${mockAccountId}:regional/webacl/a/b","ResourceArn":"arn:aws:apigateway:us-east-1::/restapis/a/stages/dev"}`;
    expect(refused(request('wafv2:AssociateWebACL', protects), all('wafv2:*'))).toEqual([
      expect.stringMatching(/^apigateway:SetWebACL/),
    ]);
  });

  test('permission on every alarm, where the alarm is a composite one', () => {
    const alarm = request('cloudwatch:PutCompositeAlarm', 'AlarmName=llm-dev-gpu-at-max');
    const named = { ...all('cloudwatch:*'), Resource: `arn:aws:cloudwatch:us-east-1:${mockAccountId}:alarm:llm-dev-*` };
    expect(refused(alarm, named)).toEqual(['cloudwatch:PutCompositeAlarm on *: allowed by no policy']);
  });

  test('the permission that S3 has for a part of a bucket', () => {
    const encryption = request('s3:?', '', { method: 'DELETE', path: '/llm-dev-a?encryption=' });
    expect(refused(encryption, all('s3:PutEncryptionConfiguration'))).toEqual([]);
    expect(refused(encryption, all('s3:DeleteBucket'))).toHaveLength(1);
    const many = request('s3:?', '', { path: '/llm-dev-a?delete=' });
    expect(refused(many, all('s3:DeleteObject'))).toEqual([expect.stringMatching(/^s3:DeleteObjectVersion/)]);
  });

  test('something that is known here: what nobody has looked at is a mistake', () => {
    expect(() => refused(request('lambda:Invoke', '{}'))).toThrow('nobody has said here what lambda names');
    expect(refused(request('sns:MakeCoffee', ''), all('sns:*'))).toEqual(['there is no action sns:MakeCoffee']);
  });
});

describe('a statement says nothing', () => {
  const faults = (statement: Partial<Statement>) => deadParts(data, { Sid: 'It', ...all('s3:GetObject'), ...statement });

  test('with an action that there is not', () => {
    expect(faults({ Action: 'ec2:AuthoriseSecurityGroupIngress' })).toEqual([
      'It: there is no action ec2:AuthoriseSecurityGroupIngress',
    ]);
  });

  test('with an ARN that the action does not take', () => {
    const arn = `arn:aws:autoscaling:us-east-1:${mockAccountId}:autoScalingGroup:*`;
    expect(faults({ Action: 'autoscaling:DescribeAutoScalingGroups', Resource: arn })).toEqual([
      'It: autoscaling:DescribeAutoScalingGroups takes none of its resources',
      `It: no action takes ${arn}`,
    ]);
    expect(faults({ Action: 'apigateway:GET', Resource: 'arn:aws:apigateway:us-east-1::/v2/vpclinks*' })).toHaveLength(2);
  });

  test('with a condition on what the request does not carry', () => {
    const tagged = { StringEquals: { 'aws:ResourceTag/Project': 'llm' } };
    expect(faults({ Action: 'ec2:DeleteVpc', Condition: tagged })).toEqual([]);
    expect(faults({ Action: 'ecr:GetAuthorizationToken', Condition: tagged })).toEqual([
      'It: ecr:GetAuthorizationToken carries no aws:ResourceTag/Project',
    ]);
    expect(
      faults({ Action: 'iam:CreateInstanceProfile', Condition: { StringEquals: { 'iam:PermissionsBoundary': 'a' } } }),
    ).toHaveLength(1);
  });
});

describe('the tables', () => {
  test('have every command of hosts and builds, and none besides', async () => {
    expect(await commandsInScripts()).toEqual(Object.keys(commandDuties).toSorted());
  });

  test('have every call of the commands, and none besides', async () => {
    expect(await commandMethods()).toEqual([...Object.keys(looks), ...Object.keys(deeds)].toSorted());
  });

  test('name actions that there are', () => {
    const calls = [...Object.values(looks).flat(), ...Object.values(deeds).flat(), ...refusedToDeploy, ...refusedToPlan];
    const account = new Account([]);
    const misread = calls.flatMap((call) =>
      refusals([], { policies: [] }, data, account).concat(deadParts(data, all(call.action))),
    );
    expect([...misread, ...unknownDuties(data)]).toEqual([]);
  });
});
