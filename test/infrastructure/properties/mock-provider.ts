const account = '123456789012';
const region = 'us-east-1';
const arn = (service: string, rest: string): string => `arn:aws:${service}:${region}:${account}:${rest}`;

/** What AWS would compute, where the provider looks at the form of it. */
const defaults: Record<string, Record<string, string | number>> = {
  aws_lb: {
    arn: arn('elasticloadbalancing', 'loadbalancer/app/x/50dc6c495c0c9188'),
    arn_suffix: 'app/x/50dc6c495c0c9188',
    dns_name: 'x-1.us-east-1.elb.amazonaws.com',
  },
  aws_lb_target_group: {
    arn: arn('elasticloadbalancing', 'targetgroup/x/50dc6c495c0c9188'),
    arn_suffix: 'targetgroup/x/50dc6c495c0c9188',
  },
  aws_iam_instance_profile: { arn: `arn:aws:iam::${account}:instance-profile/x` },
  aws_iam_role: { arn: `arn:aws:iam::${account}:role/llm/x`, id: 'x' },
  aws_iam_policy: { arn: `arn:aws:iam::${account}:policy/llm/x` },
  aws_kms_key: { arn: arn('kms', 'key/11111111-2222-3333-4444-555555555555') },
  aws_launch_template: { id: 'lt-0123456789abcdef0', latest_version: 7 },
  aws_api_gateway_stage: {
    arn: `arn:aws:apigateway:${region}::/restapis/x/stages/v1`,
    invoke_url: 'https://abc123.execute-api.us-east-1.amazonaws.com/dev',
  },
  aws_wafv2_web_acl: { arn: arn('wafv2', 'regional/webacl/x/a1b2') },
  aws_secretsmanager_secret: { arn: arn('secretsmanager', 'secret:x-AbCdEf') },
  aws_cloudwatch_log_group: { arn: arn('logs', 'log-group:x') },
  aws_autoscaling_policy: { arn: arn('autoscaling', 'scalingPolicy:1:autoScalingGroupName/x:policyName/x') },
  aws_cloudfront_distribution: {
    arn: `arn:aws:cloudfront::${account}:distribution/E1`,
    domain_name: 'd111111abcdef8.cloudfront.net',
  },
  aws_sns_topic: { arn: arn('sns', 'x') },
  aws_s3_bucket: { id: 'x-1', arn: 'arn:aws:s3:::x-1', bucket_regional_domain_name: 'x-1.s3.us-east-1.amazonaws.com' },
  aws_ecr_repository: { repository_url: `${account}.dkr.ecr.${region}.amazonaws.com/x`, arn: arn('ecr', 'repository/x') },
};

/** The block that stands for the AWS provider in a test; blocks cannot be shared between test files. */
export const mockProvider = [
  'mock_provider "aws" {',
  ...Object.entries(defaults).map(
    ([type, values]) => `  mock_resource "${type}" {\n    defaults = ${JSON.stringify(values)}\n  }`,
  ),
  '}',
].join('\n');
