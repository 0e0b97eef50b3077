import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { APIGatewayClient, GetRestApisCommand } from '@aws-sdk/client-api-gateway';
import { ApiGatewayV2Client, GetVpcLinksCommand } from '@aws-sdk/client-apigatewayv2';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CodeBuildClient, ListProjectsCommand } from '@aws-sdk/client-codebuild';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeNatGatewaysCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient, ListOpenIDConnectProvidersCommand, ListPoliciesCommand, ListRolesCommand } from '@aws-sdk/client-iam';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListWebACLsCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import type { MockAws } from './mock-aws.ts';

/** What clients of the SDK are given to speak to the mock, which knows them by their key: they are nobody whom a policy judges. */
export function clientOptions(aws: MockAws) {
  return {
    endpoint: aws.url,
    region: aws.variables['AWS_REGION'] ?? 'us-east-1',
    credentials: { accessKeyId: 'operator', secretAccessKey: 'testing' },
    forcePathStyle: true,
    maxAttempts: 2,
  };
}

type Ids = Promise<(string | undefined)[]>;

const isGone = (state: string | undefined): boolean => state === 'deleted' || state === 'terminated';

/** Ids of what lies in the network and on it. */
function networkLists(options: ReturnType<typeof clientOptions>): Record<string, () => Ids> {
  const ec2 = new EC2Client(options);
  return {
    vpc: async () => (await ec2.send(new DescribeVpcsCommand({}))).Vpcs?.map(({ VpcId }) => VpcId) ?? [],
    'security group': async () =>
      (await ec2.send(new DescribeSecurityGroupsCommand({}))).SecurityGroups?.map(({ GroupId }) => GroupId) ?? [],
    'VPC endpoint': async () =>
      ((await ec2.send(new DescribeVpcEndpointsCommand({}))).VpcEndpoints ?? [])
        .filter(({ State }) => !isGone(State))
        .map(({ VpcEndpointId }) => VpcEndpointId),
    'NAT gateway': async () =>
      ((await ec2.send(new DescribeNatGatewaysCommand({}))).NatGateways ?? [])
        .filter(({ State }) => !isGone(State))
        .map(({ NatGatewayId }) => NatGatewayId),
    address: async () =>
      (await ec2.send(new DescribeAddressesCommand({}))).Addresses?.map(({ AllocationId }) => AllocationId) ?? [],
    instance: async () =>
      ((await ec2.send(new DescribeInstancesCommand({}))).Reservations ?? [])
        .flatMap(({ Instances }) => Instances ?? [])
        .filter(({ State }) => !isGone(State?.Name))
        .map(({ InstanceId }) => InstanceId),
    'launch template': async () =>
      (await ec2.send(new DescribeLaunchTemplatesCommand({}))).LaunchTemplates?.map(
        ({ LaunchTemplateName }) => LaunchTemplateName,
      ) ?? [],
  };
}

/** Names of what serves requests. */
function serviceLists(options: ReturnType<typeof clientOptions>): Record<string, () => Ids> {
  const balancers = new ElasticLoadBalancingV2Client(options);
  return {
    'load balancer': async () =>
      (await balancers.send(new DescribeLoadBalancersCommand({}))).LoadBalancers?.map(
        ({ LoadBalancerName }) => LoadBalancerName,
      ) ?? [],
    'target group': async () =>
      (await balancers.send(new DescribeTargetGroupsCommand({}))).TargetGroups?.map(({ TargetGroupName }) => TargetGroupName) ??
      [],
    'Auto Scaling group': async () =>
      (await new AutoScalingClient(options).send(new DescribeAutoScalingGroupsCommand({}))).AutoScalingGroups?.map(
        ({ AutoScalingGroupName }) => AutoScalingGroupName,
      ) ?? [],
    'REST API': async () =>
      (await new APIGatewayClient(options).send(new GetRestApisCommand({}))).items?.map(({ name }) => name) ?? [],
    'VPC link': async () =>
      (await new ApiGatewayV2Client(options).send(new GetVpcLinksCommand({}))).Items?.map(({ Name }) => Name) ?? [],
    'web ACL': async () =>
      (await new WAFV2Client(options).send(new ListWebACLsCommand({ Scope: 'REGIONAL' }))).WebACLs?.map(({ Name }) => Name) ?? [],
    'build project': async () => (await new CodeBuildClient(options).send(new ListProjectsCommand({}))).projects ?? [],
  };
}

/** Names of what stores, and of who may do something. */
function storeLists(options: ReturnType<typeof clientOptions>): Record<string, () => Ids> {
  const iam = new IAMClient(options);
  return {
    bucket: async () => (await new S3Client(options).send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name) ?? [],
    table: async () => (await new DynamoDBClient(options).send(new ListTablesCommand({}))).TableNames ?? [],
    'log group': async () =>
      (await new CloudWatchLogsClient(options).send(new DescribeLogGroupsCommand({}))).logGroups?.map(
        ({ logGroupName }) => logGroupName,
      ) ?? [],
    repository: async () =>
      (await new ECRClient(options).send(new DescribeRepositoriesCommand({}))).repositories?.map(
        ({ repositoryName }) => repositoryName,
      ) ?? [],
    secret: async () =>
      (await new SecretsManagerClient(options).send(new ListSecretsCommand({}))).SecretList?.map(({ Name }) => Name) ?? [],
    role: async () => (await iam.send(new ListRolesCommand({}))).Roles?.map(({ RoleName }) => RoleName) ?? [],
    policy: async () =>
      (await iam.send(new ListPoliciesCommand({ Scope: 'Local' }))).Policies?.map(({ PolicyName }) => PolicyName) ?? [],
    'identity provider': async () =>
      (await iam.send(new ListOpenIDConnectProvidersCommand({}))).OpenIDConnectProviderList?.map(({ Arn }) => Arn) ?? [],
  };
}

/** Everything of the kinds that we make which the mock holds now, as `vpc vpc-0123`. */
export async function inventory(aws: MockAws): Promise<Set<string>> {
  const options = clientOptions(aws);
  const lists = { ...networkLists(options), ...serviceLists(options), ...storeLists(options) };
  const found = new Set<string>();
  for (const [kind, list] of Object.entries(lists)) for (const id of await list()) found.add(`${kind} ${id ?? '?'}`);
  return found;
}
