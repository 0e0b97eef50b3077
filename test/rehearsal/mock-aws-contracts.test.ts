import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { APIGatewayClient, CreateRestApiCommand, PutRestApiCommand } from '@aws-sdk/client-api-gateway';
import { PutLifecycleHookCommand, UpdateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { CloudWatchLogsClient, PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateLaunchTemplateCommand,
  CreateSecurityGroupCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { CreatePolicyCommand, CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  GetObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateWebACLCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readEnvironment } from '../../src/config/environment.ts';
import { clientOptions } from './leftovers.ts';
import { startMockAws, type MockAws } from './mock-aws.ts';
import { makeGroup } from './mock-group.ts';
import { findMoto } from './moto-installation.ts';
import { expectNoViolations } from './violations.ts';

let aws: MockAws;
let options: ReturnType<typeof clientOptions>;

beforeAll(async () => {
  aws = await startMockAws();
  options = clientOptions(aws);
});
beforeEach(() => aws.forgetViolations());
afterAll(() => aws.stop());

/** What is told of a request, whatever the mock answers to it. */
async function toldOf(request: Promise<unknown>): Promise<string[]> {
  await request.catch(() => undefined);
  return (await aws.violations()).map(({ service, operation, path, rule }) => `${service} ${operation} ${path}: ${rule}`);
}

/** A request that no client would send. */
const raw = (service: string, body: string) =>
  fetch(aws.url, {
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=a`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body,
  });

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

describe('rules of the models', () => {
  test('a member that is missing', async () => {
    const told = await toldOf(new ElasticLoadBalancingV2Client(options).send(new CreateLoadBalancerCommand({ Name: undefined })));
    expect(told).toEqual(['elbv2 CreateLoadBalancer Name: is required']);
  });

  test('a text that is too long, by the query protocol', async () => {
    const request = new CreateRoleCommand({ RoleName: 'r'.repeat(65), AssumeRolePolicyDocument: trust });
    expect(await toldOf(new IAMClient(options).send(request))).toEqual(['iam CreateRole RoleName: must be at most 64 long']);
  });

  test('a character that a pattern has not, in JSON', async () => {
    const request = new CreateWebACLCommand({
      Name: 'a b',
      Scope: 'REGIONAL',
      DefaultAction: { Allow: {} },
      VisibilityConfig: { SampledRequestsEnabled: false, CloudWatchMetricsEnabled: false, MetricName: 'm' },
    });
    expect(await toldOf(new WAFV2Client(options).send(request))).toEqual(['wafv2 CreateWebACL Name: must match ^[\\w\\-]+$']);
  });

  test('a value that an enumeration has not, in XML', async () => {
    const s3 = new S3Client(options);
    await s3.send(new CreateBucketCommand({ Bucket: 'first' }));
    const VersioningConfiguration = { Status: 'On' as 'Enabled' };
    expect(await toldOf(s3.send(new PutBucketVersioningCommand({ Bucket: 'first', VersioningConfiguration })))).toEqual([
      's3 PutBucketVersioning VersioningConfiguration.Status: must be one of Enabled, Suspended',
    ]);
  });

  test('a number out of its range', async () => {
    const told = await toldOf(
      raw('autoscaling', 'Action=PutWarmPool&Version=2011-01-01&AutoScalingGroupName=a&MaxGroupPreparedCapacity=-2'),
    );
    expect(told).toEqual(['autoscaling PutWarmPool MaxGroupPreparedCapacity: must be at least -1']);
  });

  test('an operation that there is not, so that no request goes unchecked', async () => {
    expect((await toldOf(raw('iam', 'Action=MakeRole&Version=2010-05-08')))[0]).toContain('iam has no operation MakeRole');
    expect((await toldOf(raw('nothing', 'Action=A')))[1]).toContain('nothing ? : cannot be read');
  });

  test('values that are sensitive are not shown', async () => {
    await toldOf(
      new SecretsManagerClient(options).send(new CreateSecretCommand({ Name: 'a', SecretString: 's'.repeat(70_000) })),
    );
    expect((await aws.violations()).map(({ path, value }) => [path, value])).toEqual([['SecretString', '"(not shown)"']]);
  });
});

describe('rules that AWS documents', () => {
  test('characters of a security group and its rules', async () => {
    const ec2 = new EC2Client(options);
    const group = new CreateSecurityGroupCommand({ GroupName: 'sg-a', Description: 'API Gateway’s', VpcId: 'vpc-1' });
    expect((await toldOf(ec2.send(group))).map((line) => line.split(':')[0])).toEqual([
      'ec2 CreateSecurityGroup GroupName',
      'ec2 CreateSecurityGroup Description',
    ]);
    await aws.forgetViolations();
    const IpPermissions = [
      { IpProtocol: 'tcp', FromPort: 1, ToPort: 1, IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'it’s' }] },
    ];
    const rule = new AuthorizeSecurityGroupIngressCommand({ GroupId: 'sg-1', IpPermissions });
    expect((await toldOf(ec2.send(rule)))[0]).toContain('IpPermissions[0].IpRanges[0].Description');
  });

  test('names, values that depend on each other, and attributes of load balancers', async () => {
    const client = new ElasticLoadBalancingV2Client(options);
    const group = { Name: 'tg-', HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 5 };
    expect(await toldOf(client.send(new CreateTargetGroupCommand(group)))).toEqual([
      'elbv2 CreateTargetGroup Name: a target group’s name takes 32 letters, digits and hyphens, not at its ends'.replace(
        '’',
        "'",
      ),
      'elbv2 CreateTargetGroup HealthCheckTimeoutSeconds: must be less than the interval of 5 seconds',
    ]);
    await aws.forgetViolations();
    const Attributes = [{ Key: 'deregistration_delay.timeout_seconds', Value: '3601' }];
    const told = await toldOf(client.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: 'arn:aws:a', Attributes })));
    expect(told[0]).toContain('Attributes{deregistration_delay.timeout_seconds}');
  });

  test('user data, volumes and interfaces of a launch template', async () => {
    const LaunchTemplateData = {
      UserData: Buffer.alloc(16_385).toString('base64'),
      NetworkInterfaces: [{ Groups: ['sg-1'] }],
      BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { VolumeType: 'gp3' as const, Iops: 3000, Throughput: 1000 } }],
    };
    const request = new CreateLaunchTemplateCommand({ LaunchTemplateName: 'others', LaunchTemplateData });
    expect((await toldOf(new EC2Client(options).send(request))).map((line) => line.split(' ')[2]!.split(':')[0])).toEqual([
      'LaunchTemplateData.UserData',
      'LaunchTemplateData.NetworkInterfaces[0].DeviceIndex',
      'LaunchTemplateData.BlockDeviceMappings[0].Ebs.Throughput',
    ]);
  });

  test('the wait of a lifecycle hook, sizes of a group, and days of a log', async () => {
    const client = await makeGroup(options, ['g5.xlarge'], 0);
    expect(
      await toldOf(client.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: 'fleet', MinSize: 2, MaxSize: 1 }))),
    ).toEqual(['autoscaling UpdateAutoScalingGroup DesiredCapacity: must be from 2 to 1']);
    await aws.forgetViolations();
    const hook = { AutoScalingGroupName: 'fleet', LifecycleHookName: 'ready', HeartbeatTimeout: 20 };
    const request = new PutLifecycleHookCommand({ ...hook, LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING' });
    expect(await toldOf(client.send(request))).toEqual([
      'autoscaling PutLifecycleHook HeartbeatTimeout: a hook waits 30 to 7200 seconds',
    ]);
    await aws.forgetViolations();
    const days = new PutRetentionPolicyCommand({ logGroupName: 'a', retentionInDays: 31 });
    expect((await toldOf(new CloudWatchLogsClient(options).send(days)))[0]).toContain('retentionInDays: days are one of 1, 3');
  });

  test('tags, wherever they stand', async () => {
    const Tags = [{ Key: 'aws:mine', Value: 'a, b' }];
    const request = new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: trust, Tags });
    expect((await toldOf(new IAMClient(options).send(request))).map((line) => line.split(':')[0])).toContain(
      'iam CreateRole Tags',
    );
    await aws.forgetViolations();
    const twice = [
      { Key: 'Team', Value: 'a' },
      { Key: 'team', Value: 'a' },
    ];
    const again = new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument: trust, Tags: twice });
    expect((await toldOf(new IAMClient(options).send(again)))[0]).toContain('IAM takes a key once, in whatever case');
    await aws.forgetViolations();
    const Tagging = Array.from({ length: 11 }, (_, at) => `k${at}=v`).join('&');
    const upload = new S3Client(options).send(new PutObjectCommand({ Bucket: 'none', Key: 'a', Body: 'a', Tagging }));
    expect(await toldOf(upload)).toEqual(['s3 PutObject Tagging: an object has at most 10 tags']);
  });

  test('policies: their length and what is no statement', async () => {
    const Statement = [{ Sid: 'a b', Effect: 'Allow', Action: 's3', Resource: 'bucket' }];
    const request = new CreatePolicyCommand({
      PolicyName: 'p',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
    });
    const told = await toldOf(new IAMClient(options).send(request));
    expect(told.map((line) => line.replace(/^.*\]/, ''))).toEqual([
      ': s3 is no action',
      ': bucket is no ARN',
      '.Sid: takes letters and digits, and is given once',
    ]);
    await aws.forgetViolations();
    const long = [
      {
        Effect: 'Allow',
        Action: 's3:*',
        Resource: Array.from({ length: 200 }, (_, at) => `arn:aws:s3:::bucket-of-a-long-name-${at}`),
      },
    ];
    const longer = new CreatePolicyCommand({ PolicyName: 'p', PolicyDocument: JSON.stringify({ Statement: long }) });
    expect((await toldOf(new IAMClient(options).send(longer)))[0]).toContain('at most 6144 characters');
    await aws.forgetViolations();
    const ofTopic = {
      Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sns:*', Resource: 'arn:aws:sns:us-east-1:123456789012:a' }],
    };
    const value = encodeURIComponent(JSON.stringify(ofTopic));
    const topic = raw(
      'sns',
      `Action=SetTopicAttributes&Version=2010-03-31&TopicArn=a&AttributeName=Policy&AttributeValue=${value}`,
    );
    expect(await toldOf(topic)).toEqual(['sns SetTopicAttributes AttributeValue: is no action of a topic']);
  });

  test('an OpenAPI document that would be imported with warnings', async () => {
    const client = new APIGatewayClient(options);
    const { id } = await client.send(new CreateRestApiCommand({ name: 'api' }));
    const integration = {
      type: 'http_proxy',
      httpMethod: 'GET',
      uri: 'http://example.com',
      timeoutInMillis: 29_001,
      requestParameters: { 'integration.request.header.A': 'unquoted' },
    };
    const body = {
      openapi: '3.0.1',
      info: { title: 'a', version: '1' },
      paths: {
        '/a': { get: { responses: { 200: { description: 'a' } }, 'x-amazon-apigateway-integration': integration }, post: {} },
      },
      'x-amazon-apigateway-gateway-responses': { TEAPOT: { statusCode: 999 } },
    };
    const told = await toldOf(client.send(new PutRestApiCommand({ restApiId: id!, body: Buffer.from(JSON.stringify(body)) })));
    expect(told.map((line) => line.replace('apigateway PutRestApi body.', ''))).toEqual([
      'paths./a.get.x-amazon-apigateway-integration.timeoutInMillis: must be from 50 to 29000 ms',
      'paths./a.get.x-amazon-apigateway-integration.requestParameters{integration.request.header.A}: maps a part of the request from another, from the context, or from a text in single quotes',
      'paths./a.post.responses: is required',
      'paths./a.post: has no integration, so nothing can be deployed',
      'x-amazon-apigateway-gateway-responses.TEAPOT: there is no such gateway response',
      'x-amazon-apigateway-gateway-responses.TEAPOT.statusCode: is no status',
    ]);
  });

  test('each stands at a member that its operation has', async () => {
    const python = (await findMoto(readEnvironment(process.env).tofu.cacheDirectory))!;
    const script = fileURLToPath(new URL('mock-aws/contracts/misplaced.py', import.meta.url));
    expect((await promisify(execFile)(python, ['-B', script])).stdout).toBe('');
  });
});

describe('what is right', () => {
  test('is not told, by any protocol', async () => {
    await new IAMClient(options).send(
      new CreateRoleCommand({ RoleName: 'r'.repeat(64), AssumeRolePolicyDocument: trust, Description: 'some' }),
    );
    const s3 = new S3Client(options);
    await s3.send(new CreateBucketCommand({ Bucket: 'some' }));
    await s3.send(new PutObjectCommand({ Bucket: 'some', Key: 'a b/c', Body: Buffer.from([1, 2, 255]) }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'some', Key: 'a b/c' }));
    expect([...(await Body!.transformToByteArray())]).toEqual([1, 2, 255]);
    await new CloudWatchLogsClient(options)
      .send(new PutRetentionPolicyCommand({ logGroupName: 'a', retentionInDays: 30 }))
      .catch(() => undefined);
    await new APIGatewayClient(options).send(new CreateRestApiCommand({ name: 'api' }));
    await expectNoViolations(aws);
  });

  test('is told apart in a line from what is not', async () => {
    await toldOf(
      new CloudWatchLogsClient(options).send(new PutRetentionPolicyCommand({ logGroupName: 'a', retentionInDays: 2 })),
    );
    await expect(expectNoViolations(aws)).rejects.toThrow('logs PutRetentionPolicy: retentionInDays = 2: days are one of');
  });
});
