import { mockAccountId, type AwsRequest } from '../../rehearsal/mock-aws.ts';
import type { Account } from './account.ts';
import { needsOf } from './calls.ts';
import type { Need } from './evaluate.ts';
import { Parameters } from './parameters.ts';

/** What AWS demands of the caller beside the operation, whichever of the tools calls. */
interface Dependent {
  operation: RegExp;
  needs: (given: Parameters, account: Account, request: AwsRequest) => Omit<Need, 'for'>[];
  /** Where AWS says so. */
  source: string;
}

const inRegion = { 'aws:requestedregion': 'us-east-1' };

const plain = (action: string, resource = '*'): Omit<Need, 'for'> => ({ action, resource, context: inRegion });

const passes = (role: string | undefined, service: string): Omit<Need, 'for'>[] =>
  role === undefined || role === ''
    ? []
    : [{ action: 'iam:PassRole', resource: role, context: { ...inRegion, 'iam:passedtoservice': `${service}.amazonaws.com` } }];

const serviceRole = (name: string, service = name): Omit<Need, 'for'> => ({
  action: 'iam:CreateServiceLinkedRole',
  resource: `arn:aws:iam::${mockAccountId}:role/aws-service-role/${service}.amazonaws.com/AWSServiceRoleForAny`,
  context: { ...inRegion, 'iam:awsservicename': `${name}.amazonaws.com` },
});

/** Images are not the account's. */
const ec2 = (kind: string): string => `arn:aws:ec2:us-east-1:${kind === 'image' ? '' : mockAccountId}:${kind}/any`;

const roleOf = (account: Account, arnOrName: string): string | undefined => account.roles.get(arnOrName.replace(/.*\//, ''))?.arn;

/** A host of a group is launched in the name of who makes the group, as far as it may be. */
const launches = (_: Parameters, account: Account): Omit<Need, 'for'>[] => [
  ...['image', 'instance', 'network-interface', 'security-group', 'subnet', 'volume', 'launch-template'].map((kind) =>
    plain('ec2:RunInstances', ec2(kind)),
  ),
  ...['instance', 'volume', 'network-interface'].map((kind) => plain('ec2:CreateTags', ec2(kind))),
  plain(
    'ssm:GetParameters',
    'arn:aws:ssm:us-east-1::parameter/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
  ),
  plain('ssm:GetParameters', 'arn:aws:ssm:us-east-1::parameter/aws/service/deeplearning/ami/x86_64/any/latest/ami-id'),
  ...[...account.profiles.values()].flatMap((role) => passes(account.roles.get(role)?.arn, 'ec2')),
];

const dependents: readonly Dependent[] = [
  {
    operation: /^autoscaling:(Create|Update)AutoScalingGroup$/,
    needs: launches,
    source:
      'Amazon EC2 Auto Scaling: Launch template support (RunInstances, CreateTags, PassRole); AWS Systems Manager parameters instead of AMI IDs',
  },
  {
    operation: /^autoscaling:CreateAutoScalingGroup$/,
    needs: () => [serviceRole('autoscaling'), serviceRole('spot')],
    source: 'Amazon EC2 Auto Scaling: service-linked roles; Amazon EC2: service-linked role for Spot Instance requests',
  },
  {
    operation: /^elasticloadbalancing:Create(LoadBalancer|TargetGroup|Listener)$/,
    needs: (given, _, { operation }) => {
      const kind = { CreateTargetGroup: 'targetgroup/', CreateListener: 'listener/app/' }[operation.split(':')[1] ?? ''];
      const name = given.text('Name') || (given.text('LoadBalancerArn').split('/')[2] ?? '');
      return [
        plain(
          'elasticloadbalancing:AddTags',
          `arn:aws:elasticloadbalancing:us-east-1:${mockAccountId}:${kind ?? 'loadbalancer/app/'}${name}/any`,
        ),
        serviceRole('elasticloadbalancing'),
      ];
    },
    source: 'Service Authorization Reference, Elastic Load Balancing V2; Application Load Balancers: service-linked role',
  },
  {
    operation: /^ec2:(Create|Allocate)/,
    needs: (given) => given.like(/^TagSpecification\.\d+\.ResourceType$/).map((kind) => plain('ec2:CreateTags', ec2(kind))),
    source: 'Amazon EC2: Grant permission to tag resources during creation',
  },
  {
    operation: /^ec2:CreateFlowLogs$/,
    needs: (given) => [
      ...passes(given.text('DeliverLogsPermissionArn'), 'vpc-flow-logs'),
      plain('logs:CreateLogDelivery'),
      plain('logs:DeleteLogDelivery'),
    ],
    source: 'Amazon VPC: IAM role for publishing flow logs to CloudWatch Logs; Identity-based policies for flow logs',
  },
  {
    operation: /^ec2:CreateVpcEndpoint$/,
    needs: () => [
      plain('route53:AssociateVPCWithHostedZone', 'arn:aws:route53:::hostedzone/any'),
      plain('ec2:DescribeVpcs'),
      plain('ec2:DescribeSubnets'),
      plain('ec2:DescribeSecurityGroups'),
    ],
    source: 'Service Authorization Reference, Amazon EC2, CreateVpcEndpoint',
  },
  {
    operation: /^apigateway:CreateVpcLink$/,
    needs: () => [serviceRole('ops.apigateway')],
    source: 'Amazon API Gateway: Using service-linked roles',
  },
  {
    operation: /^apigateway:CreateDomainName$/,
    needs: (given) => [serviceRole('ops.apigateway'), plain('acm:DescribeCertificate', given.text('regionalCertificateArn'))],
    source: 'Amazon API Gateway: Using service-linked roles; Get certificates ready in AWS Certificate Manager',
  },
  {
    operation: /^apigateway:Create(RestApi|Stage|VpcLink|DomainName)$/,
    needs: () => [
      plain('apigateway:PUT', 'arn:aws:apigateway:us-east-1::/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fany'),
    ],
    source: 'Amazon API Gateway: Tagging your resources',
  },
  {
    operation: /^wafv2:(Associate|Disassociate)WebACL$/,
    needs: (given) => [
      plain('apigateway:SetWebACL', given.text('ResourceArn')),
      plain(`wafv2:DisassociateWebACL`, given.text('ResourceArn')),
    ],
    source: 'AWS WAF API: AssociateWebACL, DisassociateWebACL (IAM permissions for a REST API’s stage)',
  },
  {
    operation: /^wafv2:CreateWebACL$/,
    needs: (given) => [
      plain('wafv2:TagResource', `arn:aws:wafv2:us-east-1:${mockAccountId}:regional/webacl/${given.text('Name')}/any`),
    ],
    source: 'Service Authorization Reference, AWS WAF V2',
  },
  {
    operation: /^wafv2:(Put|Delete)LoggingConfiguration$/,
    needs: () => [
      ...['CreateLogDelivery', 'DeleteLogDelivery', 'PutResourcePolicy', 'DescribeResourcePolicies', 'DescribeLogGroups'].map(
        (action) => plain(`logs:${action}`),
      ),
      serviceRole('wafv2'),
    ],
    source: 'AWS WAF: Permissions to publish logs to Amazon CloudWatch Logs',
  },
  {
    operation: /^cloudfront:CreateDistributionWithTags$/,
    needs: () => [plain('cloudfront:TagResource', `arn:aws:cloudfront::${mockAccountId}:distribution/any`)],
    source: 'Service Authorization Reference, Amazon CloudFront',
  },
  {
    operation: /^codebuild:(Create|Update)Project$/,
    needs: (given) => passes(given.text('serviceRole'), 'codebuild'),
    source: 'AWS CodeBuild: Allow users to interact with CodeBuild (iam:PassRole)',
  },
  {
    operation: /^iam:AddRoleToInstanceProfile$/,
    needs: (given, account) => passes(roleOf(account, given.text('RoleName')), 'ec2'),
    source: 'Service Authorization Reference, AWS IAM, AddRoleToInstanceProfile',
  },
  {
    operation: /^events:PutTargets$/,
    needs: (given) => given.under('Targets', 'RoleArn').flatMap((role) => passes(role, 'events')),
    source: 'Amazon EventBridge: Permissions for targets',
  },
];

/** Who makes something with tags must be allowed to tag it: each service's page in the Service Authorization Reference, `TagResource` and its like. */
const tagsOnCreation: Record<string, string> = {
  'autoscaling:CreateAutoScalingGroup': 'autoscaling:CreateOrUpdateTags',
  'budgets:CreateBudget': 'budgets:TagResource',
  'cloudwatch:PutCompositeAlarm': 'cloudwatch:TagResource',
  'cloudwatch:PutMetricAlarm': 'cloudwatch:TagResource',
  'ecr:CreateRepository': 'ecr:TagResource',
  'events:PutRule': 'events:TagResource',
  'iam:CreateInstanceProfile': 'iam:TagInstanceProfile',
  'iam:CreateRole': 'iam:TagRole',
  'logs:CreateLogGroup': 'logs:TagResource',
  'secretsmanager:CreateSecret': 'secretsmanager:TagResource',
  'sns:CreateTopic': 'sns:TagResource',
};

function taggings(request: AwsRequest, account: Account): Omit<Need, 'for'>[] {
  const action = tagsOnCreation[request.operation];
  return action === undefined ? [] : needsOf(request, account).map((need) => ({ ...need, action }));
}

/** States and locks lie under a key of their own (Amazon S3: Using server-side encryption with AWS KMS keys; DynamoDB encryption at rest: usage notes). */
function keyOfStates({ service, method, path }: AwsRequest, { stateKey }: Account): Omit<Need, 'for'>[] {
  if (service === 's3' && /^\/[\w-]+-state-[\w-]+\/[^?]/.test(path) && method !== 'DELETE')
    return (method === 'PUT' ? ['GenerateDataKey', 'Decrypt'] : ['Decrypt']).map((action) => plain(`kms:${action}`, stateKey));
  return service === 'dynamodb' ? [plain('kms:Decrypt', stateKey)] : [];
}

/** What a request needs beside its own name. */
export const dependentNeeds = (request: AwsRequest, account: Account): Need[] =>
  [
    ...dependents
      .filter(({ operation }) => operation.test(request.operation))
      .flatMap(({ needs }) => needs(new Parameters(request), account, request)),
    ...taggings(request, account),
    ...keyOfStates(request, account),
  ].map((need) => ({ ...need, for: request.operation }));
