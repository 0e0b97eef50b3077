import { mockAccountId } from '../../rehearsal/mock-aws.ts';
import type { Need } from './evaluate.ts';

type Call = Omit<Need, 'for'>;

const here = `us-east-1:${mockAccountId}`;
const prefix = 'llm-dev-gpu';
const stateBucket = `arn:aws:s3:::llm-state-${mockAccountId}-us-east-1`;
const artifactsBucket = `arn:aws:s3:::${prefix}-artifacts-${mockAccountId}-us-east-1`;
const table = `arn:aws:dynamodb:${here}:table/llm-state-lock`;

const call = (action: string, resource = '*', context: Need['context'] = {}): Call => ({
  action,
  resource,
  context: { 'aws:requestedregion': 'us-east-1', ...context },
});

const api = (place: string): Call => call('apigateway:GET', `arn:aws:apigateway:us-east-1::/${place}`);
const ec2 = (operation: string): Call => call(`ec2:${operation}`);
const project = (operation: string): Call => call(`codebuild:${operation}`, `arn:aws:codebuild:${here}:project/${prefix}-image`);
const logGroup = `arn:aws:logs:${here}:log-group:/llm/${prefix}/gateway:log-stream:any`;
const fleet = `arn:aws:autoscaling:${here}:autoScalingGroup:11111111-2222:autoScalingGroupName/${prefix}-fleet`;
const repository = `arn:aws:ecr:${here}:repository/${prefix}/gateway`;

/** Of whoever deploys: buckets may lie under it. */
const ownKey = `arn:aws:kms:${here}:key/any`;

/** What preflight, status and plans ask, which whoever plans may, too. By the method of AWS's client that is called for it. */
export const looks: Record<string, Call[]> = {
  batchGetImage: [call('ecr:BatchGetImage', repository)],
  batchGetProjects: [project('BatchGetProjects')],
  describeAddresses: [ec2('DescribeAddresses')],
  describeAutoScalingGroups: [call('autoscaling:DescribeAutoScalingGroups')],
  describeAvailabilityZones: [ec2('DescribeAvailabilityZones')],
  describeCertificate: [call('acm:DescribeCertificate', `arn:aws:acm:${here}:certificate/any`)],
  describeImages: [ec2('DescribeImages'), call('ecr:DescribeImages', repository)],
  describeInstanceTypeOfferings: [ec2('DescribeInstanceTypeOfferings')],
  describeInstanceTypes: [ec2('DescribeInstanceTypes')],
  describeInstances: [ec2('DescribeInstances')],
  describeLoadBalancerAttributes: [call('elasticloadbalancing:DescribeLoadBalancerAttributes')],
  describeLoadBalancers: [call('elasticloadbalancing:DescribeLoadBalancers')],
  describeLogGroups: [call('logs:DescribeLogGroups')],
  describeNatGateways: [ec2('DescribeNatGateways')],
  describeRegions: [ec2('DescribeRegions')],
  describeScalingActivities: [call('autoscaling:DescribeScalingActivities')],
  describeSubnets: [ec2('DescribeSubnets')],
  describeTable: [call('dynamodb:DescribeTable', table)],
  describeTargetGroups: [call('elasticloadbalancing:DescribeTargetGroups')],
  describeTargetHealth: [call('elasticloadbalancing:DescribeTargetHealth')],
  describeVpcs: [ec2('DescribeVpcs')],
  getAWSDefaultServiceQuota: [call('servicequotas:GetAWSDefaultServiceQuota')],
  getAccount: [api('account')],
  getBucketEncryption: [call('s3:GetEncryptionConfiguration', stateBucket)],
  getBucketLocation: [call('s3:GetBucketLocation', stateBucket)],
  getBucketVersioning: [call('s3:GetBucketVersioning', stateBucket)],
  getCallerIdentity: [],
  getIntegration: [api('restapis/any/resources/any/methods/POST/integration')],
  getItem: [call('dynamodb:GetItem', table, { 'dynamodb:leadingkeys': `llm-state-${mockAccountId}-us-east-1/gpu/dev.tfstate` })],
  getObject: [
    // Of a bucket under a key of one's own, and no other way.
    call('kms:Decrypt', ownKey, { 'kms:viaservice': 's3.us-east-1.amazonaws.com' }),
    ...['bootstrap.tfstate', 'artifacts/dev.tfstate', 'gpu/dev.tfstate', 'gpu/dev.tfstate.tflock'].map((key) =>
      call('s3:GetObject', `${stateBucket}/${key}`),
    ),
    ...['weights', 'engine', 'gateway'].map((kind) => call('s3:GetObject', `${artifactsBucket}/staged/${kind}.json`)),
    // Else AWS says of what is not there that it is forbidden.
    call('s3:ListBucket', stateBucket),
    call('s3:ListBucket', artifactsBucket),
  ],
  getParameter: [call('ssm:GetParameter', 'arn:aws:ssm:us-east-1::parameter/aws/service/any')],
  getResources: [api('restapis/any/resources')],
  getRestApis: [api('restapis')],
  getRole: [call('iam:GetRole', `arn:aws:iam::${mockAccountId}:role/aws-service-role/any`)],
  getServiceQuota: [call('servicequotas:GetServiceQuota', `arn:aws:servicequotas:${here}:ec2/L-DB2E81BA`)],
  getStage: [api('restapis/any/stages/dev')],
  getStages: [api('restapis/any/stages')],
  getVpcLink: [api('vpclinks/any')],
  getVpcLinks: [api('vpclinks')],
  getWebACLForResource: [call('wafv2:GetWebACLForResource', 'arn:aws:apigateway:us-east-1::/restapis/any/stages/dev')],
  headBucket: [call('s3:ListBucket', stateBucket), call('s3:ListBucket', artifactsBucket)],
  headObject: [call('s3:GetObject', `${artifactsBucket}/weights/any/manifest.sha256`), call('s3:ListBucket', artifactsBucket)],
  listBuildsForProject: [project('ListBuildsForProject')],
  listObjectsV2: [call('s3:ListBucket', artifactsBucket, { 's3:prefix': '' })],
  listOpenIDConnectProviders: [call('iam:ListOpenIDConnectProviders')],
  listSecrets: [call('secretsmanager:ListSecrets')],
  listWebACLs: [call('wafv2:ListWebACLs')],
  simulatePrincipalPolicy: [call('iam:SimulatePrincipalPolicy', `arn:aws:iam::${mockAccountId}:role/llm-deploy/llm-plan`)],
};

/** What only whoever deploys may: staging, logs, and what the doctor stops. */
export const deeds: Record<string, Call[]> = {
  batchGetBuilds: [project('BatchGetBuilds')],
  filterLogEvents: [call('logs:FilterLogEvents', logGroup)],
  getLogEvents: [call('logs:GetLogEvents', logGroup.replace('gateway', 'build-stage'))],
  modifyLoadBalancerAttributes: [
    call(
      'elasticloadbalancing:ModifyLoadBalancerAttributes',
      `arn:aws:elasticloadbalancing:${here}:loadbalancer/app/${prefix}-alb/any`,
    ),
  ],
  putObject: [
    call('s3:PutObject', `${artifactsBucket}/source/gateway.zip`),
    ...['Decrypt', 'GenerateDataKey'].map((action) =>
      call(`kms:${action}`, ownKey, { 'kms:viaservice': 's3.us-east-1.amazonaws.com' }),
    ),
  ],
  startBuild: [project('StartBuild')],
  updateAutoScalingGroup: [call('autoscaling:UpdateAutoScalingGroup', fleet)],
};

const prod = { 'aws:resourcetag/project': 'llm', 'aws:resourcetag/environment': 'prod' };
const prodRole = `arn:aws:iam::${mockAccountId}:role/llm/llm-prod-gpu-host`;

/** What the role that deploys dev must be refused. */
export const refusedToDeploy: readonly Call[] = [
  call('s3:PutObject', `${stateBucket}/gpu/prod.tfstate`),
  call('s3:GetObject', `${stateBucket}/gpu/prod.tfstate`),
  call('s3:PutObject', `${stateBucket}/bootstrap.tfstate`),
  call('s3:DeleteBucket', stateBucket),
  ...['tfstate', 'tfstate-md5'].map((end) =>
    call('dynamodb:PutItem', table, { 'dynamodb:leadingkeys': `llm-state-${mockAccountId}-us-east-1/gpu/prod.${end}` }),
  ),
  call('iam:CreateRole', prodRole, {
    'iam:permissionsboundary': `arn:aws:iam::${mockAccountId}:policy/llm-deploy/llm-boundary-prod`,
  }),
  call('iam:CreateRole', prodRole.replace('prod', 'dev')),
  call('iam:CreateRole', prodRole.replace('prod', 'dev'), {
    'iam:permissionsboundary': `arn:aws:iam::${mockAccountId}:policy/llm-deploy/llm-boundary-prod`,
  }),
  call('iam:PutRolePolicy', `arn:aws:iam::${mockAccountId}:role/llm-deploy/llm-deploy-dev`),
  call('iam:CreatePolicyVersion', `arn:aws:iam::${mockAccountId}:policy/llm-deploy/llm-boundary-dev`),
  call('iam:DeleteRolePermissionsBoundary', prodRole.replace('prod', 'dev')),
  call('iam:PassRole', prodRole, { 'iam:passedtoservice': 'ec2.amazonaws.com' }),
  call('iam:PassRole', `arn:aws:iam::${mockAccountId}:role/admin`, { 'iam:passedtoservice': 'ec2.amazonaws.com' }),
  call('logs:GetLogEvents', `arn:aws:logs:${here}:log-group:/somebody/else:log-stream:any`),
  call('secretsmanager:GetSecretValue', `arn:aws:secretsmanager:${here}:secret:llm-prod-gpu-keys-any`),
  call('ssm:GetParameter', `arn:aws:ssm:${here}:parameter/anything`),
  call('kms:Decrypt', ownKey),
  call('apigateway:PATCH', 'arn:aws:apigateway:us-east-1::/account'),
  call('apigateway:SetWebACL', 'arn:aws:apigateway:us-east-1::/restapis/any/stages/prod', prod),
  call('apigateway:DELETE', 'arn:aws:apigateway:us-east-1::/restapis/any', prod),
  call('cloudfront:DeleteDistribution', `arn:aws:cloudfront::${mockAccountId}:distribution/any`, prod),
  call('ec2:DeleteVpc', `arn:aws:ec2:${here}:vpc/any`, prod),
  call('ec2:DeleteTags', `arn:aws:ec2:${here}:vpc/any`, prod),
  call('autoscaling:DeleteAutoScalingGroup', fleet.replace('dev', 'prod')),
];

/** What the role that plans must be refused. */
export const refusedToPlan: readonly Call[] = [
  call('logs:GetLogEvents', logGroup),
  call('logs:FilterLogEvents', logGroup),
  call('logs:StartQuery', logGroup),
  call('ec2:GetConsoleOutput', `arn:aws:ec2:${here}:instance/any`),
  call('apigateway:GET', 'arn:aws:apigateway:us-east-1::/apikeys'),
  call('wafv2:GetSampledRequests', `arn:aws:wafv2:${here}:regional/webacl/any/any`),
  call('secretsmanager:GetSecretValue', `arn:aws:secretsmanager:${here}:secret:other`),
  call('ssm:GetParameter', `arn:aws:ssm:${here}:parameter/anything`),
  call('kms:Decrypt', ownKey),
  call('s3:GetObject', 'arn:aws:s3:::somebody-elses/any'),
  call('s3:PutObject', `${stateBucket}/gpu/dev.tfstate`),
  call('iam:CreateRole', `arn:aws:iam::${mockAccountId}:role/llm/any`),
  call('ec2:CreateVpc', `arn:aws:ec2:${here}:vpc/any`),
];
