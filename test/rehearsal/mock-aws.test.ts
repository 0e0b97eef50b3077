import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  DescribeLifecycleHooksCommand,
  DescribePoliciesCommand,
  DescribeScalingActivitiesCommand,
  PutLifecycleHookCommand,
  PutScalingPolicyCommand,
  StartInstanceRefreshCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { APIGatewayClient, CreateRestApiCommand, GetRestApiCommand } from '@aws-sdk/client-api-gateway';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DescribeLogGroupsCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { BatchGetBuildsCommand, CodeBuildClient, CreateProjectCommand, StartBuildCommand } from '@aws-sdk/client-codebuild';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateLaunchTemplateCommand,
  CreateSecurityGroupCommand,
  CreateVpcCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { CreateLoadBalancerCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { CreateBucketCommand, GetObjectCommand, PutBucketPolicyCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startMockAws, type MockAws } from './mock-aws.ts';

let aws: MockAws;
let options: {
  endpoint: string;
  region: string;
  maxAttempts: number;
  credentials: { accessKeyId: string; secretAccessKey: string };
};

beforeAll(async () => {
  aws = await startMockAws();
  options = {
    endpoint: aws.url,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
  };
});
beforeEach(() => aws.reset());
afterAll(() => aws.stop());

async function makeGroup(types: string[], instances = 1, more: object = {}): Promise<AutoScalingClient> {
  const ec2 = new EC2Client(options);
  const { LaunchTemplate: template } = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'hosts',
      LaunchTemplateData: { ImageId: 'ami-12c6146b' },
      TagSpecifications: [{ ResourceType: 'launch-template', Tags: [{ Key: 'Project', Value: 'llm' }] }],
    }),
  );
  const client = new AutoScalingClient(options);
  await client.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: 'fleet',
      MinSize: 0,
      MaxSize: 4,
      DesiredCapacity: instances,
      AvailabilityZones: ['us-east-1a'],
      MixedInstancesPolicy: {
        LaunchTemplate: {
          LaunchTemplateSpecification: { LaunchTemplateId: template!.LaunchTemplateId!, Version: '1' },
          Overrides: types.map((InstanceType) => ({ InstanceType })),
        },
      },
      ...more,
    }),
  );
  return client;
}

const failure = (promise: Promise<unknown>): Promise<{ name: string; message: string; status: number | undefined }> =>
  promise.then(
    () => expect.unreachable('it did not fail'),
    (error: Error & { $metadata?: { httpStatusCode?: number } }) => ({
      name: error.name,
      message: error.message,
      status: error.$metadata?.httpStatusCode,
    }),
  );

describe('what moto forgets comes back', () => {
  test('of an Auto Scaling group: warm-up, lifetime, maintenance policy', async () => {
    const client = await makeGroup(['g5.xlarge'], 0, {
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
    const client = await makeGroup(['g5.xlarge', 'g4dn.xlarge'], 0);
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
    const client = await makeGroup(['g5.xlarge'], 0);
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
    await makeGroup(['g5.xlarge'], 0);
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
    const client = await makeGroup(['g5.xlarge']);
    const { InstanceRefreshId: id } = await client.send(new StartInstanceRefreshCommand({ AutoScalingGroupName: 'fleet' }));
    const { InstanceRefreshes: refreshes } = await client.send(
      new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: 'fleet', InstanceRefreshIds: [id!] }),
    );
    expect(refreshes![0]).toMatchObject({ InstanceRefreshId: id, Status: 'Successful', PercentageComplete: 100 });
  });

  test('objects of a bucket that refuses plain HTTP can be read and written', async () => {
    const client = new S3Client({ ...options, forcePathStyle: true });
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

describe('builds', () => {
  async function build(): Promise<{ client: CodeBuildClient; id: string }> {
    const client = new CodeBuildClient(options);
    await client.send(
      new CreateProjectCommand({
        name: 'llm-dev-gpu-weights',
        source: { type: 'NO_SOURCE', buildspec: '{}' },
        artifacts: { type: 'NO_ARTIFACTS' },
        environment: { type: 'LINUX_CONTAINER', image: 'image', computeType: 'BUILD_GENERAL1_SMALL' },
        serviceRole: 'arn:aws:iam::123456789012:role/llm/build',
        logsConfig: { cloudWatchLogs: { status: 'ENABLED', groupName: '/llm/builds' } },
      }),
    );
    const started = await client.send(new StartBuildCommand({ projectName: 'llm-dev-gpu-weights' }));
    return { client, id: started.build!.id! };
  }

  test('a project needs no source; its build is under way until it succeeds and has written its objects', async () => {
    const storage = new S3Client({ ...options, forcePathStyle: true });
    await storage.send(new CreateBucketCommand({ Bucket: 'artifacts' }));
    await aws.setFaults({
      builds: {
        '*-weights': {
          polls: 1,
          exports: { DIGEST: 'sha256:1' },
          objects: [{ bucket: 'artifacts', key: 'staged.json', body: '{}' }],
        },
      },
    });
    const { client, id } = await build();
    const look = async () => (await client.send(new BatchGetBuildsCommand({ ids: [id] }))).builds![0]!;
    expect(await look()).toMatchObject({ buildStatus: 'IN_PROGRESS' });
    expect(await look()).toMatchObject({
      buildStatus: 'SUCCEEDED',
      exportedEnvironmentVariables: [{ name: 'DIGEST', value: 'sha256:1' }],
    });
    const { Body } = await storage.send(new GetObjectCommand({ Bucket: 'artifacts', Key: 'staged.json' }));
    expect(await Body!.transformToString()).toBe('{}');
  });

  test('one that fails names the phase and the reason, and its log can be read', async () => {
    await aws.setFaults({
      builds: {
        '*-weights': { status: 'FAILED', phases: [{ phaseType: 'BUILD', message: 'exit status 1' }], logs: ['no such model'] },
      },
    });
    const { client, id } = await build();
    const { builds } = await client.send(new BatchGetBuildsCommand({ ids: [id] }));
    expect(builds![0]!.buildStatus).toBe('FAILED');
    expect(builds![0]!.phases!.find(({ phaseType }) => phaseType === 'BUILD')).toMatchObject({
      phaseStatus: 'FAILED',
      contexts: [{ message: 'exit status 1' }],
    });
    const { groupName, streamName } = builds![0]!.logs!;
    const { events } = await new CloudWatchLogsClient(options).send(
      new GetLogEventsCommand({ logGroupName: groupName!, logStreamName: streamName! }),
    );
    expect(events!.map(({ message }) => message)).toEqual(['no such model']);
  });
});

describe('faults', () => {
  test('of several types the first with capacity is launched, and the activities tell of the others', async () => {
    await aws.setFaults({ capacity: { 'g5.xlarge': 'InsufficientInstanceCapacity' } });
    const client = await makeGroup(['g5.xlarge', 'g4dn.xlarge']);
    const { AutoScalingGroups: groups } = await client.send(new DescribeAutoScalingGroupsCommand({}));
    expect(groups![0]!.Instances!.map(({ InstanceType }) => InstanceType)).toEqual(['g4dn.xlarge']);
    const { Activities: activities } = await client.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: 'fleet' }));
    expect(activities!.map(({ StatusCode }) => StatusCode)).toEqual(['Successful', 'Failed']);
    expect(activities![1]!.StatusMessage).toMatch(/^We currently do not have sufficient g5\.xlarge capacity/);
  });

  test('a group whose types all lack capacity has no instance', async () => {
    await aws.setFaults({ capacity: { 'g5.xlarge': 'VcpuLimitExceeded' } });
    const client = await makeGroup(['g5.xlarge']);
    const { AutoScalingGroups: groups } = await client.send(new DescribeAutoScalingGroupsCommand({}));
    expect(groups![0]!.Instances).toEqual([]);
    const { Activities: activities } = await client.send(new DescribeScalingActivitiesCommand({}));
    expect(activities![0]!.StatusMessage).toContain('vCPU limit of 0');
  });

  test('a denied operation is refused in the words of each service, and the others go on', async () => {
    await aws.setFaults({ deny: ['elasticloadbalancing:CreateLoadBalancer', 'ec2:CreateVpc', 's3:CreateBucket', 'codebuild:*'] });
    const balancer = await failure(
      new ElasticLoadBalancingV2Client(options).send(new CreateLoadBalancerCommand({ Name: 'alb', Subnets: ['subnet-1'] })),
    );
    expect(balancer).toMatchObject({ name: 'AccessDenied', status: 403 });
    expect(balancer.message).toContain('is not authorized to perform: elasticloadbalancing:CreateLoadBalancer on resource: *');
    const network = await failure(new EC2Client(options).send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' })));
    expect(network).toMatchObject({ name: 'UnauthorizedOperation', status: 403 });
    const bucket = await failure(
      new S3Client({ ...options, forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: 'one' })),
    );
    expect(bucket).toMatchObject({ name: 'AccessDenied', status: 403 });
    const builds = await failure(new CodeBuildClient(options).send(new BatchGetBuildsCommand({ ids: ['a:b'] })));
    expect(builds).toMatchObject({ name: 'AccessDeniedException', status: 403 });
    const { logGroups: groups } = await new CloudWatchLogsClient(options).send(new DescribeLogGroupsCommand({}));
    expect(groups).toEqual([]);
  });

  test('a slow operation takes its time, and is counted when it begins', async () => {
    await aws.setFaults({ delay: { 'ec2:CreateVpc': 1000 } });
    const started = performance.now();
    const call = new EC2Client(options).send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
    await aws.untilCalled('ec2:CreateVpc', 5000);
    expect(performance.now() - started).toBeLessThan(1000);
    await call;
    expect(performance.now() - started).toBeGreaterThan(990);
  });

  test('one that there is not is refused by name', async () => {
    await expect(aws.setFaults({ quota: {} } as never)).rejects.toThrow(
      'no such fault: quota; there are capacity, deny, delay, quotas, builds',
    );
  });
});
