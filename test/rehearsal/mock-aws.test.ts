import { clientOptions } from './leftovers.ts';
import { startMockAws, type MockAws } from './mock-aws.ts';
import { makeGroup } from './mock-group.ts';
import { APIGatewayClient, CreateRestApiCommand, GetRestApiCommand } from '@aws-sdk/client-api-gateway';
import {
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  DescribeLifecycleHooksCommand,
  DescribePoliciesCommand,
  PutLifecycleHookCommand,
  PutScalingPolicyCommand,
  StartInstanceRefreshCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { CloudWatchLogsClient, CreateLogGroupCommand, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateVpcCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { CreateBucketCommand, GetObjectCommand, PutBucketPolicyCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

let aws: MockAws;
let options: ReturnType<typeof clientOptions>;

beforeAll(async () => {
  aws = await startMockAws();
  options = clientOptions(aws);
});
beforeEach(() => aws.reset());
afterAll(() => aws.stop());

const failure = (promise: Promise<unknown>): Promise<{ name: string; message: string; status: number | undefined }> =>
  promise.then(
    () => expect.unreachable('it did not fail'),
    (error: Error & { $metadata?: { httpStatusCode?: number } }) => ({
      name: error.name,
      message: error.message,
      status: error.$metadata?.httpStatusCode,
    }),
  );

test('an answer comes in one piece: clients for Go take one whose body comes later for broken, and ask for a lock again', async () => {
  const { hostname, port } = new URL(aws.url);
  const isWhole = async () => {
    const socket = connect(Number(port), hostname);
    socket.end(`GET /sluice/identity HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    const [first] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return /\r\n\r\n"[0-9a-f-]{36}"$/.test(first.toString());
  };
  const answers = [];
  for (let index = 0; index < 50; index++) answers.push(await isWhole());
  expect(answers).toEqual(Array.from({ length: 50 }, () => true));
});

describe('what moto forgets comes back', () => {
  test('of an Auto Scaling group: warm-up, lifetime, maintenance policy', async () => {
    const client = await makeGroup(options, ['g5.xlarge'], 0, {
      DefaultInstanceWarmup: 300,
      MaxInstanceLifetime: 86_400,
      InstanceMaintenancePolicy: { MinHealthyPercentage: 100, MaxHealthyPercentage: 200 },
    });
    const { AutoScalingGroups: groups } = await client.send(new DescribeAutoScalingGroupsCommand({}));
    expect(groups![0]).toMatchObject({
      DefaultInstanceWarmup: 300,
      MaxInstanceLifetime: 86_400,
      InstanceMaintenancePolicy: { MinHealthyPercentage: 100, MaxHealthyPercentage: 200 },
    });
  });

  test('of a group with several types, after a change that does not name them', async () => {
    const client = await makeGroup(options, ['g5.xlarge', 'g4dn.xlarge'], 0);
    await client.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: 'fleet', MinSize: 1 }));
    const { AutoScalingGroups: groups } = await client.send(new DescribeAutoScalingGroupsCommand({}));
    const { LaunchTemplate: template } = groups![0]!.MixedInstancesPolicy!;
    expect(template!.Overrides!.map(({ InstanceType }) => InstanceType)).toEqual(['g5.xlarge', 'g4dn.xlarge']);
    expect(groups![0]!.LaunchTemplate).toBeUndefined();
    expect(groups![0]!.Instances).toHaveLength(1);
  });

  test('the description of a security group rule, whatever its other side is', async () => {
    const ec2 = new EC2Client(options);
    const { Vpc: vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
    const { GroupId: id } = await ec2.send(
      new CreateSecurityGroupCommand({ GroupName: 'a', Description: 'a', VpcId: vpc!.VpcId! }),
    );
    const rule = { IpProtocol: 'tcp', FromPort: 1, ToPort: 1, UserIdGroupPairs: [{ GroupId: id!, Description: 'from itself' }] };
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: id!, IpPermissions: [rule] }));
    const { SecurityGroupRules: rules } = await ec2.send(
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [id!] }] }),
    );
    expect(rules!.map(({ Description }) => Description)).toContain('from itself');
  });

  test('a scaling policy is enabled and predicts nothing unasked; a hook has no role', async () => {
    const client = await makeGroup(options, ['g5.xlarge'], 0);
    const name = { AutoScalingGroupName: 'fleet' };
    await client.send(
      new PutScalingPolicyCommand({
        ...name,
        PolicyName: 'out',
        PolicyType: 'StepScaling',
        AdjustmentType: 'ChangeInCapacity',
        StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
      }),
    );
    await client.send(
      new PutLifecycleHookCommand({
        ...name,
        LifecycleHookName: 'ready',
        LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
      }),
    );
    const { ScalingPolicies: policies } = await client.send(new DescribePoliciesCommand(name));
    expect(policies![0]!.Enabled).toBe(true);
    expect(policies![0]!.PredictiveScalingConfiguration).toBeUndefined();
    const { LifecycleHooks: hooks } = await client.send(new DescribeLifecycleHooksCommand(name));
    expect(hooks![0]!.RoleARN).toBeUndefined();
  });

  test('the tags of a launch template stay out of its versions', async () => {
    await makeGroup(options, ['g5.xlarge'], 0);
    const { LaunchTemplateVersions: versions } = await new EC2Client(options).send(
      new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateName: 'hosts' }),
    );
    expect(versions![0]!.LaunchTemplateData!.TagSpecifications ?? []).toEqual([]);
  });

  test('binary media types of a REST API, and its policy with escaped quotes', async () => {
    const client = new APIGatewayClient(options);
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    const made = await client.send(new CreateRestApiCommand({ name: 'api', binaryMediaTypes: ['audio/wav'], policy }));
    const { binaryMediaTypes, policy: told } = await client.send(new GetRestApiCommand({ restApiId: made.id! }));
    expect(binaryMediaTypes).toEqual(['audio/wav']);
    expect(told).toContain('\\"Version\\"');
  });

  test('the class of a log group', async () => {
    const client = new CloudWatchLogsClient(options);
    await client.send(new CreateLogGroupCommand({ logGroupName: 'rare', logGroupClass: 'INFREQUENT_ACCESS' }));
    const { logGroups: groups } = await client.send(new DescribeLogGroupsCommand({}));
    expect(groups![0]!.logGroupClass).toBe('INFREQUENT_ACCESS');
  });
});

describe('what moto lacks', () => {
  test('an instance refresh ends at once with success', async () => {
    const client = await makeGroup(options, ['g5.xlarge']);
    const { InstanceRefreshId: id } = await client.send(new StartInstanceRefreshCommand({ AutoScalingGroupName: 'fleet' }));
    const { InstanceRefreshes: refreshes } = await client.send(
      new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: 'fleet', InstanceRefreshIds: [id!] }),
    );
    expect(refreshes![0]).toMatchObject({ InstanceRefreshId: id, Status: 'Successful', PercentageComplete: 100 });
  });

  test('objects of a bucket that refuses plain HTTP can be read and written', async () => {
    const client = new S3Client(options);
    await client.send(new CreateBucketCommand({ Bucket: 'state' }));
    const Statement = [
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: ['arn:aws:s3:::state', 'arn:aws:s3:::state/*'],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ];
    await client.send(
      new PutBucketPolicyCommand({ Bucket: 'state', Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }),
    );
    await client.send(new PutObjectCommand({ Bucket: 'state', Key: 'a', Body: 'text' }));
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'state', Key: 'a' }));
    expect(await Body!.transformToString()).toBe('text');
  });

  test('public parameters of GPU images have an image id, others are not found', async () => {
    const client = new SSMClient(options);
    const name = '/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id';
    const { Parameter: found } = await client.send(new GetParameterCommand({ Name: name }));
    expect(found!.Value).toMatch(/^ami-/);
    expect((await failure(client.send(new GetParameterCommand({ Name: '/llm/none' })))).name).toBe('ParameterNotFound');
  });

  test('GPU types are offered in zones', async () => {
    const { InstanceTypeOfferings: offers } = await new EC2Client(options).send(
      new DescribeInstanceTypeOfferingsCommand({
        LocationType: 'availability-zone',
        Filters: [{ Name: 'instance-type', Values: ['g5.xlarge'] }],
      }),
    );
    expect(offers!.map(({ Location }) => Location)).toContain('us-east-1a');
  });

  test('the quota of GPU instances is 8 vCPUs until it is set', async () => {
    const client = new ServiceQuotasClient(options);
    const ask = async () =>
      (await client.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: 'L-DB2E81BA' }))).Quota!.Value;
    expect(await ask()).toBe(8);
    await aws.setFaults({ quotas: { 'L-DB2E81BA': 0 } });
    expect(await ask()).toBe(0);
  });
});
