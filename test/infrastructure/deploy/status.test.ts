import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { statusCommand } from '../../../src/cli/status.ts';
import { environmentOf, json, screen, startAccount, type Account } from './account.ts';

let account: Account;
let endpoint: Server;
let health = { status: 200, body: '{"status":"healthy"}' };
beforeAll(async () => {
  account = await startAccount();
  endpoint = createServer((_, response) => void response.writeHead(health.status).end(health.body)).listen(0, '127.0.0.1');
  await once(endpoint, 'listening');
});
afterAll(async () => {
  endpoint.close();
  await account.stop();
});
beforeEach(async () => {
  health = { status: 200, body: '{"status":"healthy"}' };
  await account.reset();
});

async function run(...words: string[]) {
  const io = screen();
  await statusCommand({ environment: environmentOf(account), io }).parseAsync(['gpu', '--env', 'dev', ...words], {
    from: 'user',
  });
  return io;
}

async function putState(state: unknown) {
  const s3 = await account.aws.client('s3');
  await s3.createBucket({ Bucket: account.names.stateBucket });
  await s3.putObject({ Bucket: account.names.stateBucket, Key: 'gpu/dev.tfstate', Body: JSON.stringify(state) });
}

const stateWithOutputs = () => ({
  version: 4,
  outputs: {
    api_endpoint: { value: `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/dev`, type: 'string' },
    demo_url: { value: 'https://d111111abcdef8.cloudfront.net', type: 'string' },
  },
});

/** A network, a load balancer's target group, and a group of hosts in it. */
async function makeFleet(type = 'g5.xlarge') {
  const { aws, names } = account;
  const ec2 = await aws.client('ec2');
  const { Vpc } = await ec2.createVpc({ CidrBlock: '10.0.0.0/16' });
  const { Subnet } = await ec2.createSubnet({ VpcId: Vpc!.VpcId!, CidrBlock: '10.0.0.0/24', AvailabilityZone: 'us-east-1a' });
  const balancers = await aws.client('elastic-load-balancing-v2');
  const { TargetGroups } = await balancers.createTargetGroup({
    Name: names.targetGroup,
    Protocol: 'HTTP',
    Port: 8000,
    VpcId: Vpc!.VpcId!,
  });
  await ec2.createLaunchTemplate({
    LaunchTemplateName: names.fleet,
    LaunchTemplateData: { ImageId: 'ami-12c6146b', InstanceType: type as 'g5.xlarge' },
  });
  for (const name of [names.fleet, names.standby]) {
    await (
      await aws.client('auto-scaling')
    ).createAutoScalingGroup({
      AutoScalingGroupName: name,
      MinSize: 1,
      MaxSize: 2,
      DesiredCapacity: 1,
      VPCZoneIdentifier: Subnet!.SubnetId!,
      TargetGroupARNs: [TargetGroups![0]!.TargetGroupArn!],
      LaunchTemplate: { LaunchTemplateName: names.fleet },
    });
  }
}

async function makeApi(linkStatus: string, message = '') {
  const { id } = await (await account.aws.client('api-gateway')).createRestApi({ name: 'llm-dev-gpu' });
  const links = [{ vpcLinkId: 'x', name: 'llm-dev-gpu-1a2b3c4d', vpcLinkStatus: linkStatus, vpcLinkStatusMessage: message }];
  account.answers.set('apigateway:GET /v2/vpclinks?maxResults=100', () => json({ items: links }));
  return id!;
}

test('where nothing is deployed it says so, with the command that deploys', async () => {
  const io = await run();
  expect(io.text()).toBe('gpu dev in us-east-1\n\nnothing is deployed: sluice deploy gpu --env dev\n');
  expect(io.status()).toBe(1);
});

test('a healthy deployment is one screen: endpoint, link, hosts with their targets, what scaled', async () => {
  await putState(stateWithOutputs());
  await makeFleet();
  await makeApi('AVAILABLE');
  const io = await run();
  expect(io.text()).toMatch(/^health {4}200 healthy, after \d+ ms$/m);
  expect(io.text()).toMatch(/^link {6}AVAILABLE$/m);
  expect(io.text()).toMatch(/^demo {6}https:\/\/d111111abcdef8.cloudfront.net$/m);
  expect(io.text()).toMatch(
    /^fleet {5}1 of 1 in service, 1 to 2\n {10}i-[0-9a-f]+ {2}g5.xlarge {2}us-east-1a {2}InService {2}\w+/m,
  );
  expect(io.text()).toMatch(/^activity {2}\d{4}-\d\d-\d\d \d\d:\d\d Successful: Launching a new EC2 instance/m);
  expect(io.text()).toMatch(/^standby {3}1 of 1 in service/m);
  expect(
    io
      .text()
      .split('\n')
      .filter((line) => line.length > 80),
  ).toEqual([]);
  expect(io.status()).toBe(0);
});

test('hosts that do not come show the reason that AWS gives, and targets that fail theirs', async () => {
  await account.mock.setFaults({ capacity: { 'g5.xlarge': 'InsufficientInstanceCapacity' } });
  await putState(stateWithOutputs());
  await makeFleet();
  health = { status: 503, body: '{"error":{"message":"no host serves the model"}}' };
  const io = await run();
  expect(io.text()).toContain('503 no host serves the model');
  expect(io.text()).toMatch(/^fleet {5}0 of 1 in service/m);
  expect(io.text().replaceAll(/\s+/g, ' ')).toContain(
    'Failed: We currently do not have sufficient g5.xlarge capacity in the Availability Zone',
  );
  expect(io.status()).toBe(1);
});

test('a target that fails its check is shown with the reason, and the standby’s failing is as it should be', async () => {
  await putState(stateWithOutputs());
  await makeFleet();
  const groups = await (await account.aws.client('auto-scaling')).describeAutoScalingGroups({});
  const items = groups.AutoScalingGroups!.map(
    ({
      Instances,
    }) => `<member><Target><Id>${Instances![0]!.InstanceId}</Id><Port>8000</Port></Target><TargetHealth><State>unhealthy</State>
      <Reason>Target.ResponseCodeMismatch</Reason><Description>Health checks failed with these codes: [503]</Description></TargetHealth></member>`,
  );
  account.answers.set('elasticloadbalancing:DescribeTargetHealth', () => ({
    body: `<DescribeTargetHealthResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DescribeTargetHealthResult><TargetHealthDescriptions>
      ${items.join('')}</TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>`,
  }));
  const text = (await run()).text();
  expect(text).toContain('InService  unhealthy: Health checks failed with these codes: [503]');
  expect(text).toContain('InService  unhealthy, as it should be');
});

test.each([
  ['INACTIVE', '', 'no traffic for 60 days; the next request wakes it'],
  ['FAILED', 'VPC link failed: subnet in an unsupported zone', 'FAILED: VPC link failed: subnet'],
])('a link that is %s is explained', async (status, message, told) => {
  await putState(stateWithOutputs());
  await makeApi(status, message);
  expect((await run()).text().replaceAll(/\s+/g, ' ')).toContain(told);
});

test('without a state everything is found by its name, and that is said', async () => {
  await makeFleet();
  const io = await run();
  expect(io.text()).toMatch(/^state {5}there is none at gpu\/dev.tfstate/m);
  expect(io.text()).toMatch(/^fleet /m);
  expect(io.status()).toBe(1);
});

test('a state that is encrypted hides its outputs, and nothing else', async () => {
  await putState({ serial: 1, encrypted_data: 'AAAA', encryption_version: 'v0' });
  await makeFleet();
  const text = (await run()).text();
  expect(text).toMatch(/^fleet /m);
});

test('what may not be asked is told beside what may', async () => {
  await putState(stateWithOutputs());
  await makeFleet();
  await account.mock.setFaults({ deny: ['autoscaling:*'] });
  const io = await run();
  expect(io.text()).toMatch(/^health {4}200/m);
  expect(io.text().replaceAll(/\s+/g, ' ')).toContain(
    'unknown hosts: AWS refuses: autoscaling:DescribeAutoScalingGroups is not allowed',
  );
});

test('as JSON it is all there', async () => {
  await putState(stateWithOutputs());
  await makeFleet();
  const told = JSON.parse((await run('--json')).text()) as Record<string, unknown>;
  expect(told).toMatchObject({
    health: { status: 200, told: 'healthy' },
    fleet: { desired: 1, inService: 1 },
    api: null,
    problems: [],
  });
});
