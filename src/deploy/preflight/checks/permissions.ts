import type { IAM } from '@aws-sdk/client-iam';
import { pass, warn, type Check } from '../check.ts';

/** One action of each step of a deployment: who may do these may, as policies go, do the rest. */
const actions = [
  's3:PutObject',
  's3:CreateBucket',
  'dynamodb:PutItem',
  'ec2:CreateVpc',
  'ec2:CreateSubnet',
  'ec2:CreateSecurityGroup',
  'ec2:CreateNatGateway',
  'ec2:CreateVpcEndpoint',
  'ec2:CreateLaunchTemplate',
  'ec2:RunInstances',
  'ec2:CreateFlowLogs',
  'elasticloadbalancing:CreateLoadBalancer',
  'elasticloadbalancing:CreateTargetGroup',
  'autoscaling:CreateAutoScalingGroup',
  'autoscaling:PutScalingPolicy',
  'apigateway:POST',
  'wafv2:CreateWebACL',
  'wafv2:AssociateWebACL',
  'logs:CreateLogGroup',
  'cloudwatch:PutMetricAlarm',
  'cloudwatch:PutDashboard',
  'sns:CreateTopic',
  'events:PutRule',
  'cloudfront:CreateDistribution',
  'secretsmanager:CreateSecret',
  'iam:CreateRole',
  'iam:PassRole',
  'iam:CreateServiceLinkedRole',
];

/** These credentials may do what a deployment does, as far as their policies say; an organisation's limits are not simulated. */
export const permissionsCheck: Check = {
  id: 'permissions',
  phase: 'account',
  async run({ aws, callerArn }) {
    if (callerArn.endsWith(':root')) return pass('the root user may do everything');
    const iam = await aws.client('iam');
    const { EvaluationResults = [] } = await iam.simulatePrincipalPolicy({
      PolicySourceArn: await principalOf(iam, callerArn),
      ActionNames: actions,
    });
    const denied = EvaluationResults.filter(({ EvalDecision }) => EvalDecision !== 'allowed').map(
      ({ EvalActionName }) => EvalActionName,
    );
    if (EvaluationResults.length === 0) return { status: 'unknown', detail: 'AWS simulated nothing' };
    if (denied.length === 0) return pass(`${actions.length} actions of a deployment are allowed`);
    // Policies often limit resources, which the simulation of "*" cannot meet: no proof, hence no failure.
    return warn(
      `not allowed on every resource: ${denied.slice(0, 6).join(', ')}${denied.length > 6 ? ` and ${denied.length - 6} more` : ''}`,
      'allowed for the names of this deployment alone? Then all is well; else use the deploy role that sluice bootstrap makes',
    );
  },
};

/** `arn:aws:sts::…:assumed-role/<name>/<session>` -> the role, whose path only IAM knows. */
async function principalOf(iam: IAM, arn: string): Promise<string> {
  const role = /:assumed-role\/([^/]+)\//.exec(arn)?.[1];
  return role === undefined ? arn : ((await iam.getRole({ RoleName: role })).Role?.Arn ?? arn);
}
