import type { Variables } from './generated-plans.ts';
import { resourcesOf, type PlanJson } from './plan.ts';

/** Property 1: what the service cannot do without, whatever the variables. */
const always = [
  'aws_vpc',
  'aws_subnet',
  'aws_internet_gateway',
  'aws_vpc_endpoint',
  'aws_flow_log',
  'aws_security_group',
  'aws_vpc_security_group_ingress_rule',
  'aws_launch_template',
  'aws_autoscaling_group',
  'aws_autoscaling_policy',
  'aws_iam_role',
  'aws_iam_instance_profile',
  'aws_lb',
  'aws_lb_target_group',
  'aws_lb_listener',
  'aws_apigatewayv2_vpc_link',
  'aws_api_gateway_rest_api',
  'aws_api_gateway_deployment',
  'aws_api_gateway_stage',
  'aws_api_gateway_method_settings',
  'aws_wafv2_web_acl',
  'aws_wafv2_web_acl_association',
  'aws_wafv2_web_acl_logging_configuration',
  'aws_cloudwatch_dashboard',
  'aws_cloudwatch_log_group',
  'aws_cloudwatch_metric_alarm',
  'aws_cloudwatch_composite_alarm',
] as const;

const isSet = (value: unknown): boolean => value !== undefined && value !== null && value !== '' && value !== false;

/** Types that are there exactly when the variables ask for them. */
const conditional: Record<string, (variables: Variables) => boolean> = {
  aws_nat_gateway: ({ egress_mode: mode }) => mode === 'nat',
  aws_secretsmanager_secret: ({ api_key_required: isRequired }) => isSet(isRequired),
  aws_secretsmanager_secret_version: ({ api_key_required: isRequired }) => isSet(isRequired),
  aws_cloudfront_distribution: ({ enable_demo: isEnabled }) => isEnabled !== false,
  aws_s3_bucket: ({ enable_demo: isEnabled }) => isEnabled !== false,
  aws_api_gateway_domain_name: ({ domain_name: name }) => isSet(name),
  aws_route53_record: ({ hosted_zone_id: zone }) => isSet(zone),
  aws_sns_topic: ({ sns_topic_arn: topic }) => !isSet(topic),
  aws_sns_topic_subscription: ({ alarm_email: address }) => isSet(address),
};

/** Outputs that the design document names. */
const outputs = [
  'vpc_id',
  'public_subnet_ids',
  'private_subnet_ids',
  'alb_security_group_id',
  'ec2_security_group_id',
  'alb_dns_name',
  'alb_arn',
  'target_group_arn',
  'asg_name',
  'asg_arn',
  'api_endpoint',
  'api_id',
  'vpc_link_id',
  'demo_url',
  'cloudfront_distribution_id',
  'dashboard_url',
  'log_group_name',
] as const;

/** What is missing from a plan of the topology, or there without having been asked for. */
export function incompleteness(plan: PlanJson, variables: Variables): string[] {
  const types = new Set(resourcesOf(plan).map(({ type }) => type));
  const groups = resourcesOf(plan, 'aws_autoscaling_group').filter(({ moduleAddress }) =>
    moduleAddress.startsWith('module.standby'),
  );
  const endpoints = resourcesOf(plan, 'aws_vpc_endpoint').filter(({ name }) => name === 'interface');
  return [
    ...always.filter((type) => !types.has(type)).map((type) => `there is no ${type}`),
    ...Object.entries(conditional)
      .filter(([type, isWanted]) => isWanted(variables) !== types.has(type))
      .map(([type, isWanted]) => (isWanted(variables) ? `there is no ${type}` : `there is ${type}, for which nobody asked`)),
    ...outputs.filter((name) => plan.output_changes?.[name] === undefined).map((name) => `there is no output ${name}`),
    ...((variables['enable_standby_responder'] !== false) === groups.length > 0
      ? []
      : ['the standby responder is not as asked for']),
    ...((variables['egress_mode'] !== 'nat') === endpoints.length > 0 ? [] : ['the interface endpoints are not as asked for']),
  ];
}
