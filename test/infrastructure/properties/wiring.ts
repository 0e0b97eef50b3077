import { blocks, resourcesOf, type PlanJson } from './plan.ts';

interface Module {
  resources?: { type: string; name: string; expressions?: Record<string, unknown>; depends_on?: string[] }[];
  module_calls?: Record<string, { expressions?: Record<string, unknown>; depends_on?: string[]; module?: Module }>;
}

/** Everything that an expression refers to, in whatever block. */
function referencesIn(expression: unknown): string[] {
  if (typeof expression !== 'object' || expression === null) return [];
  return Object.entries(expression).flatMap(([key, value]) => (key === 'references' ? (value as string[]) : referencesIn(value)));
}

/**
 * What each part must be given. Read in the configuration: in a mocked plan all resources of a type have the same ids, so that public subnets and
 * private ones, or two security groups, cannot be told apart by values.
 */
const given: readonly [part: string, what: string, from: string][] = [
  // Subnets are placement.ts's.
  ['module.load_balancer', 'security_group_id', 'aws_security_group.this["alb"].id'],
  ['module.api', 'security_group_id', 'aws_security_group.this["vpclink"].id'],
  ['module.api', 'alb_arn', 'module.load_balancer.alb_arn'],
  ['module.gpu_fleet', 'security_group_id', 'aws_security_group.this["gpu"].id'],
  ['module.gpu_fleet', 'target_group_arn', 'module.load_balancer.target_group_arn'],
  ['module.gpu_fleet', 'keys_secret_arn', 'aws_secretsmanager_secret.api_keys[0].arn'],
  ['module.standby', 'security_group_id', 'aws_security_group.this["gpu"].id'],
  ['module.standby', 'target_group_arn', 'module.load_balancer.target_group_arn'],
  // Routes: out by NAT from private subnets, by the internet gateway from public ones alone.
  ['module.networking.aws_nat_gateway.this', 'subnet_id', 'aws_subnet.public'],
  ['module.networking.aws_route.internet', 'route_table_id', 'aws_route_table.public.id'],
  ['module.networking.aws_route.internet', 'gateway_id', 'aws_internet_gateway.this.id'],
  ['module.networking.aws_route.nat', 'route_table_id', 'aws_route_table.private'],
  ['module.networking.aws_route.nat', 'nat_gateway_id', 'aws_nat_gateway.this'],
  ['module.networking.aws_route_table_association.private', 'route_table_id', 'aws_route_table.private'],
  ['module.networking.aws_route_table_association.public', 'route_table_id', 'aws_route_table.public.id'],
  ['module.networking.aws_route_table_association.database', 'route_table_id', 'aws_route_table.database[0].id'],
  ['module.networking.aws_vpc_endpoint.s3', 'route_table_ids', 'aws_route_table.private'],
  ['module.networking.aws_vpc_endpoint.interface', 'subnet_ids', 'aws_subnet.private'],
  ['module.networking.aws_vpc_endpoint.interface', 'security_group_ids', 'aws_security_group.vpce.id'],
  ['module.networking.aws_flow_log.this', 'iam_role_arn', 'aws_iam_role.flow.arn'],
  ['module.networking.aws_flow_log.this', 'log_destination', 'aws_cloudwatch_log_group.flow.arn'],
  // Who is who inside of the parts.
  ['module.load_balancer.aws_lb.this', 'security_groups', 'var.security_group_id'],
  ['module.load_balancer.aws_lb_listener.this', 'default_action', 'aws_lb_target_group.this.arn'],
  ['module.api.aws_apigatewayv2_vpc_link.this', 'subnet_ids', 'var.subnet_ids'],
  ['module.api.aws_api_gateway_stage.this', 'access_log_settings', 'aws_cloudwatch_log_group.access.arn'],
  ['module.api.aws_wafv2_web_acl_logging_configuration.this', 'log_destination_configs', 'aws_cloudwatch_log_group.waf.arn'],
  ['module.api.aws_wafv2_web_acl_association.this', 'resource_arn', 'aws_api_gateway_stage.this.arn'],
  ['module.gpu_fleet.aws_launch_template.this', 'network_interfaces', 'var.security_group_id'],
  ['module.gpu_fleet.aws_launch_template.this', 'iam_instance_profile', 'aws_iam_instance_profile.host.arn'],
  ['module.gpu_fleet.aws_autoscaling_group.this', 'target_group_arns', 'var.target_group_arn'],
  ['module.standby.aws_launch_template.this', 'network_interfaces', 'var.security_group_id'],
  ['module.standby.aws_launch_template.this', 'iam_instance_profile', 'aws_iam_instance_profile.this.arn'],
  ['module.standby.aws_autoscaling_group.this', 'target_group_arns', 'var.target_group_arn'],
  ['module.standby.aws_autoscaling_group.this', 'launch_template', 'aws_launch_template.this.latest_version'],
  ['module.demo.aws_cloudfront_distribution.this', 'origin', 'aws_cloudfront_origin_access_control.this.id'],
  ['module.demo.aws_cloudfront_distribution.this', 'default_cache_behavior', 'aws_cloudfront_response_headers_policy.this.id'],
];

/** What must be in every zone: not in the first of a list alone. */
const everyZone: readonly [part: string, what: string][] = [
  ['module.networking.aws_vpc_endpoint.s3', 'route_table_ids'],
  ['module.networking.aws_vpc_endpoint.interface', 'subnet_ids'],
  ['module.api.aws_apigatewayv2_vpc_link.this', 'subnet_ids'],
  ['module.load_balancer.aws_lb.this', 'subnets'],
  ['module.gpu_fleet.aws_autoscaling_group.this', 'vpc_zone_identifier'],
  ['module.standby.aws_autoscaling_group.this', 'vpc_zone_identifier'],
];

/** What must be there before: a host that boots without it gives up, and AWS refuses what comes too early. */
const before: readonly [part: string, what: string][] = [
  ['module.gpu_fleet', 'module.networking'],
  ['module.gpu_fleet', 'aws_secretsmanager_secret_version.api_keys'],
  ['module.gpu_fleet', 'aws_vpc_security_group_egress_rule.this'],
  ['module.gpu_fleet.aws_autoscaling_group.this', 'aws_iam_role_policy.host'],
  ['module.standby', 'module.networking'],
  ['module.standby', 'aws_vpc_security_group_egress_rule.this'],
  ['module.standby.aws_autoscaling_group.this', 'aws_iam_role_policy.this'],
  ['module.networking.aws_nat_gateway.this', 'aws_internet_gateway.this'],
  ['module.networking.aws_flow_log.this', 'aws_iam_role_policy.flow'],
  ['module.api.aws_api_gateway_stage.this', 'aws_cloudwatch_log_group.execution'],
];

function partOf(root: Module | undefined, part: string): { expressions?: Record<string, unknown>; depends_on?: string[] } {
  const [, call = '', type, name] = part.split('.');
  const found = root?.module_calls?.[call];
  const resource = found?.module?.resources?.find((entry) => entry.type === type && entry.name === name);
  return (type === undefined ? found : resource) ?? {};
}

/** Hosts and the load balancer take what comes from where it is sent, on the port on which they listen. */
function wrongPorts(plan: PlanJson): string[] {
  const rules = (type: string) => resourcesOf(plan, type).map(({ index, values }) => ({ index, port: values['from_port'] }));
  const [listener] = resourcesOf(plan, 'aws_lb_listener');
  const [target] = resourcesOf(plan, 'aws_lb_target_group');
  const wanted: Record<string, unknown> = {
    alb_from_vpclink: listener?.values['port'],
    vpclink_to_alb: listener?.values['port'],
    gpu_from_alb: target?.values['port'],
    alb_to_gpu: target?.values['port'],
  };
  const found = [...rules('aws_vpc_security_group_ingress_rule'), ...rules('aws_vpc_security_group_egress_rule')];
  const [health] = target === undefined ? [] : blocks(target.values, 'health_check');
  return [
    ...Object.entries(wanted)
      .filter(([name, port]) => !found.some((rule) => rule.index === name && rule.port === port))
      .map(([name, port]) => `${name} does not admit port ${String(port)}`),
    ...(Number(health?.['port']) === target?.values['port'] ? [] : ['health is asked for at another port']),
  ];
}

/** Parts of the topology that are given, or wait for, something else than they need. */
export function wrongWiring(plan: PlanJson): string[] {
  const root = plan.configuration?.root_module as Module | undefined;
  const inputs = given
    .filter(([part, what, from]) => !referencesIn(partOf(root, part).expressions?.[what]).includes(from))
    .map(([part, what, from]) => `${part} has a ${what} that is not ${from}`);
  const order = before
    .filter(([part, what]) => partOf(root, part).depends_on?.includes(what) !== true)
    .map(([part, what]) => `${part} does not wait for ${what}`);
  const zones = everyZone
    .filter(([part, what]) => {
      const found = referencesIn(partOf(root, part).expressions?.[what]);
      return found.length === 0 || found.some((reference) => /\[\d+\]$/.test(reference));
    })
    .map(([part, what]) => `${part} has a ${what} of some zones only`);
  return [...inputs, ...zones, ...order, ...wrongPorts(plan)];
}
