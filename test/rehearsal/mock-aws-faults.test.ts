import { clientOptions } from './leftovers.ts';
import { startMockAws, type MockAws } from './mock-aws.ts';
import { makeGroup } from './mock-group.ts';
import { DescribeAutoScalingGroupsCommand, DescribeScalingActivitiesCommand } from '@aws-sdk/client-auto-scaling';
import { CloudWatchLogsClient, DescribeLogGroupsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  BatchGetBuildsCommand,
  CodeBuildClient,
  CreateProjectCommand,
  DeleteProjectCommand,
  ListProjectsCommand,
  StartBuildCommand,
} from '@aws-sdk/client-codebuild';
import { CreateVpcCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateLoadBalancerCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
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
    const storage = new S3Client(options);
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

  test('a project is deleted by its ARN, too', async () => {
    const { client } = await build();
    await client.send(new DeleteProjectCommand({ name: 'arn:aws:codebuild:us-east-1:123456789012:project/llm-dev-gpu-weights' }));
    expect((await client.send(new ListProjectsCommand({}))).projects).toEqual([]);
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
    const client = await makeGroup(options, ['g5.xlarge', 'g4dn.xlarge']);
    const { AutoScalingGroups: groups } = await client.send(new DescribeAutoScalingGroupsCommand({}));
    expect(groups![0]!.Instances!.map(({ InstanceType }) => InstanceType)).toEqual(['g4dn.xlarge']);
    const { Activities: activities } = await client.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: 'fleet' }));
    expect(activities!.map(({ StatusCode }) => StatusCode)).toEqual(['Successful', 'Failed']);
    expect(activities![1]!.StatusMessage).toMatch(/^We currently do not have sufficient g5\.xlarge capacity/);
  });

  test('a group whose types all lack capacity has no instance', async () => {
    await aws.setFaults({ capacity: { 'g5.xlarge': 'VcpuLimitExceeded' } });
    const client = await makeGroup(options, ['g5.xlarge']);
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
    const bucket = await failure(new S3Client(options).send(new CreateBucketCommand({ Bucket: 'one' })));
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

  test('who clears a delay lets go of what it holds up', async () => {
    await aws.setFaults({ delay: { 'ec2:CreateVpc': 60_000 } });
    const call = new EC2Client(options).send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
    await aws.untilCalled('ec2:CreateVpc', 5000);
    await aws.clearFaults();
    await expect(call).resolves.toMatchObject({ Vpc: { CidrBlock: '10.0.0.0/16' } });
  });

  test('an answer that is lost is that of something done, and only so many are', async () => {
    await aws.setFaults({ lose: { 'ec2:CreateVpc': 1 } });
    // The client asks again by itself.
    await new EC2Client(options).send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
    const { Vpcs = [] } = await new EC2Client(options).send(new DescribeVpcsCommand({}));
    expect(Vpcs.filter(({ CidrBlock }) => CidrBlock === '10.9.0.0/16')).toHaveLength(2);
    expect((await aws.calls())['ec2:CreateVpc']).toBe(2);
  });

  test('one that there is not is refused by name', async () => {
    await expect(aws.setFaults({ quota: {} } as never)).rejects.toThrow(
      'no such fault: quota; there are capacity, deny, delay, lose, quotas, builds',
    );
  });
});
