import { mockAccountId, type AwsRequest } from '../../rehearsal/mock-aws.ts';
import type { Account } from './account.ts';
import type { Context, Need } from './evaluate.ts';
import { Parameters } from './parameters.ts';
import { s3Needs } from './s3-calls.ts';

/** Makes the needs of one request. `*` as a resource: the action knows none, or asks for all. */
type Reader = (parameters: Parameters, operation: string, request: AwsRequest) => { resources: string[]; actions?: string[] };

const own = (service: string, rest: string, region = 'us-east-1'): string =>
  `arn:aws:${service}:${region}:${mockAccountId}:${rest}`;

/** ARNs that the request names itself, else what names make of it, else all. */
function named(given: readonly string[], make: (name: string) => string): string[] {
  return given.length === 0 ? ['*'] : given.map((one) => (one.startsWith('arn:') ? one : make(one)));
}

const budgetActions = (operation: string): string =>
  /^(Describe)/.test(operation) ? 'ViewBudget' : /Tag|Untag/.test(operation) ? operation : 'ModifyBudget';

const bodyId = (path: string, index: number): string => decodeURIComponent(path.split('?')[0]?.split('/')[index] ?? '');

const hostedZone = ({ path }: AwsRequest) => {
  const [, , kind = '', id = ''] = path.split('?')[0]?.split('/') ?? [];
  return kind === 'change' ? `arn:aws:route53:::change/${id}` : id === '' ? '*' : `arn:aws:route53:::hostedzone/${id}`;
};

/** By the service as IAM writes it. What a request names stands in each service's API reference. */
const readers: Record<string, Reader> = {
  ec2: () => ({ resources: [own('ec2', 'any/any')] }),
  sts: () => ({ resources: [], actions: [] }),
  apigateway: (_, __, { method, path, region }) => {
    const place = (path.split('?')[0] ?? '').replace(/^\/v2/, '');
    return { resources: [`arn:aws:apigateway:${region}::${place}`], actions: [method] };
  },
  autoscaling: (given) => ({
    resources: named(given.all('AutoScalingGroupName', 'Tags.member.1.ResourceId'), (name) =>
      own('autoscaling', `autoScalingGroup:11111111-2222:autoScalingGroupName/${name}`),
    ),
  }),
  elasticloadbalancing: (given, operation) => ({
    resources: given.has('ResourceArns.member.1')
      ? given.all('ResourceArns.member.1')
      : operation === 'RegisterTargets' || operation.includes('TargetGroup')
        ? named(given.all('TargetGroupArn', 'Name'), (name) =>
            own('elasticloadbalancing', `targetgroup/${name}/0123456789abcdef`),
          )
        : named(given.all('ListenerArn', 'LoadBalancerArn', 'Name'), (name) =>
            own('elasticloadbalancing', `loadbalancer/app/${name}/0123456789abcdef`),
          ),
  }),
  iam: (given, operation) => ({ resources: iamResources(given, operation) }),
  sns: (given) => ({
    resources: named(given.all('TopicArn', 'ResourceArn', 'Name'), (name) => own('sns', name)),
  }),
  cloudwatch: (given, operation) => ({
    resources: operation.includes('Dashboard')
      ? named(given.all('DashboardName', 'DashboardNames.member.1'), (name) => own('cloudwatch', `dashboard/${name}`, ''))
      : named(given.all('ResourceARN', 'AlarmName', 'AlarmNames.member.1'), (name) => own('cloudwatch', `alarm:${name}`)),
  }),
  logs: (given, operation) => ({
    resources: named(given.all('resourceArn', 'logGroupName', 'logGroupIdentifier'), (name) =>
      own('logs', /Tag/.test(operation) ? `log-group:${name}` : `log-group:${name}:log-stream:${given.text('logStreamName')}`),
    ),
  }),
  codebuild: (given) => ({
    resources: named(given.all('arn', 'name', 'projectName', 'names', 'ids'), (name) =>
      own('codebuild', `project/${name.replace(/:.*/, '')}`),
    ),
  }),
  ecr: (given) => ({
    resources: named(given.all('resourceArn', 'repositoryName', 'repositoryNames'), (name) => own('ecr', `repository/${name}`)),
  }),
  secretsmanager: (given) => ({
    resources: named(given.all('SecretId', 'Name'), (name) => own('secretsmanager', `secret:${name}-AbCdEf`)),
  }),
  // A web ACL and what it protects are both named.
  wafv2: (given) => ({
    resources: named(
      [
        ...['WebACLArn', 'ResourceArn', 'ResourceARN'].flatMap((name) => given.all(name)),
        ...given.under('LoggingConfiguration', 'ResourceArn'),
        ...given.all('Name'),
      ],
      (name) => own('wafv2', `regional/webacl/${name}/any`),
    ),
  }),
  budgets: (given, operation) => ({
    resources: named(
      [
        ...given.all('ResourceARN', 'BudgetName'),
        ...given.under('Budget', 'BudgetName'),
        ...given.under('NewBudget', 'BudgetName'),
      ],
      (name) => own('budgets', `budget/${name}`, ''),
    ),
    actions: [budgetActions(operation)],
  }),
  acm: (given) => ({ resources: named(given.all('CertificateArn'), (name) => own('acm', name)) }),
  dynamodb: (given) => ({ resources: named(given.all('TableName', 'ResourceArn'), (name) => own('dynamodb', `table/${name}`)) }),
  kms: (given) => ({ resources: named(given.all('KeyId'), (name) => own('kms', `key/${name}`)) }),
  events: (given) => ({ resources: named(given.all('ResourceARN', 'Rule', 'Name'), (name) => own('events', `rule/${name}`)) }),
  ssm: (given) => ({
    resources: named(given.all('Name', 'Names'), (name) =>
      name.startsWith('/aws/') ? `arn:aws:ssm:us-east-1::parameter${name}` : own('ssm', `parameter/${name.replace(/^\//, '')}`),
    ),
  }),
  servicequotas: () => ({ resources: ['*'] }),
  cloudfront: (_, operation, { path }) => ({
    resources: /Distribution|TagResource|Tags/.test(operation)
      ? [own('cloudfront', `distribution/${bodyId(path, 3)}`, '')]
      : ['*'],
    actions: [operation.replace('WithTags', '')],
  }),
  route53: (_, __, request) => ({ resources: [hostedZone(request)] }),
};

function iamResources(given: Parameters, operation: string): string[] {
  if (given.has('InstanceProfileName')) return [own('iam', `instance-profile/llm/${given.text('InstanceProfileName')}`, '')];
  if (given.has('RoleName')) return [`role:${given.text('RoleName')}`];
  if (operation === 'CreatePolicy') return [own('iam', `policy${given.text('Path')}${given.text('PolicyName')}`, '')];
  return named(given.all('PolicyArn', 'OpenIDConnectProviderArn', 'PolicySourceArn'), () => '*');
}

/** Keys of the context that the policies ask about. */
function contextOf(given: Parameters, request: AwsRequest, account: Account): Context {
  const boundary = given.text('PermissionsBoundary') || account.roles.get(given.text('RoleName'))?.boundary;
  return {
    // Services without regions are called in us-east-1.
    'aws:requestedregion': request.region,
    ...(request.service === 'iam' && boundary !== undefined ? { 'iam:permissionsboundary': boundary } : {}),
    ...(request.service === 'dynamodb' ? { 'dynamodb:leadingkeys': given.lockIds() } : {}),
  };
}

function s3Of(request: AwsRequest): Need[] {
  const { actions, resource, prefix } = s3Needs(request.method, new URL(request.path, 'http://mock'));
  const context = { 'aws:requestedregion': request.region, ...(prefix === null ? {} : { 's3:prefix': prefix }) };
  return actions.map((action) => ({ action: `s3:${action}`, resource, context }));
}

/** What a request needs by its own name. Throws for a service that nobody has looked at yet. */
export function needsOf(request: AwsRequest, account: Account): Need[] {
  if (request.service === 's3') return s3Of(request);
  const [service = '', operation = ''] = request.operation.split(':');
  const given = new Parameters(request);
  const reader = readers[service];
  if (reader === undefined) throw new Error(`${request.operation}: nobody has said here what ${service} names`);
  const { resources, actions = [operation] } = reader(given, operation, request);
  const context = contextOf(given, request, account);
  const arnOf = (resource: string): string => {
    if (!resource.startsWith('role:')) return resource;
    const name = resource.slice('role:'.length);
    return account.roles.get(name)?.arn ?? own('iam', `role/${name}`, '');
  };
  return actions.flatMap((action) => resources.map((one) => ({ action: `${service}:${action}`, resource: arnOf(one), context })));
}
