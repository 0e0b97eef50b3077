import { gatewayConfigOf, gpuHosts, hostFilesOf, standbyHosts } from './host-files.ts';
import type { Variables } from './generated-plans.ts';
import { blocks, resourcesOf, type PlanJson } from './plan.ts';

type Wanted = [what: string, found: unknown, wanted: unknown];

/** Without what only AWS knows: a plan of the mock shows what a plan can. */
const valuesAt = (plan: PlanJson, address: string): Record<string, unknown> =>
  resourcesOf(plan).find((resource) => resource.address === address)?.values ?? {};

/** The origin in the API's preflight answers, without its quotes. */
function originOf(plan: PlanJson): string {
  const body = String(valuesAt(plan, 'module.api.aws_api_gateway_rest_api.this')['body']);
  return /"method\.response\.header\.Access-Control-Allow-Origin":"'([^']*)'"/.exec(body)?.[1] ?? '';
}

function onHosts(plan: PlanJson, asked: Variables): Wanted[] {
  const host = hostFilesOf(plan, gpuHosts);
  const group = valuesAt(plan, 'module.gpu_fleet.aws_autoscaling_group.this');
  const [hook] = blocks(group, 'initial_lifecycle_hook');
  const artifacts = asked['artifacts'] as Record<string, string>;
  const logGroup = (name: string) => valuesAt(plan, `module.monitoring.aws_cloudwatch_log_group.this["${name}"]`)['name'];
  const wanted: Record<string, unknown> = {
    LLM_ENVIRONMENT: asked['environment'],
    LLM_REGION: asked['aws_region'] ?? 'us-east-1',
    LLM_ASG_NAME: group['name'],
    LLM_LIFECYCLE_HOOK: hook?.['name'],
    LLM_GATEWAY_IMAGE: artifacts['gateway_image'],
    LLM_ENGINE_IMAGE: artifacts['engine_image'],
    LLM_WEIGHTS_URI: `s3://${artifacts['bucket']}/${artifacts['weights_key']}`,
    LLM_WEIGHTS_SHA256: artifacts['weights_sha256'],
    LLM_COMPILE_CACHE_URI: `s3://${artifacts['bucket']}/compile-cache/${artifacts['engine_image']?.split(':')[1]}`,
    LLM_GATEWAY_LOG_GROUP: logGroup('gateway'),
    LLM_ENGINE_LOG_GROUP: logGroup('engine'),
    LLM_HOST_LOG_GROUP: logGroup('host'),
    LLM_REQUEST_TIMEOUT_MS: String(asked['request_timeout_ms'] ?? 30_000),
    LLM_RATE_LIMIT_PER_IP: String(asked['rate_limit_per_ip'] ?? 100),
    LLM_MAX_MODEL_LEN: String(asked['max_model_len'] ?? 4096),
    LLM_CORS_ORIGIN: originOf(plan),
  };
  const hasKeys = asked['api_key_required'] === true;
  return [
    ...Object.entries(wanted).map(([name, value]): Wanted => [`${name} of the hosts`, host.variables[name], value]),
    ['whether hosts are told of a secret', host.variables['LLM_KEYS_SECRET_ARN'] !== '', hasKeys],
    ['whether the gateway asks for keys', 'keysFile' in gatewayConfigOf(host), hasKeys],
  ];
}

function onStandby(plan: PlanJson, asked: Variables): Wanted[] {
  if (asked['enable_standby_responder'] === false) return [];
  const { variables } = hostFilesOf(plan, standbyHosts);
  const artifacts = asked['artifacts'] as Record<string, string>;
  const group = valuesAt(plan, 'module.standby[0].aws_autoscaling_group.this');
  return [
    ['the image of the standby responder', variables['LLM_GATEWAY_IMAGE'], artifacts['gateway_image']],
    ['the origin of the standby responder', variables['LLM_CORS_ORIGIN'], originOf(plan)],
    [
      'the log group of the standby responder',
      variables['LLM_GATEWAY_LOG_GROUP'],
      valuesAt(plan, 'module.monitoring.aws_cloudwatch_log_group.this["host"]')['name'],
    ],
    ['how many standby responders there are', group['min_size'], asked['environment'] === 'prod' ? 2 : 1],
  ];
}

/** Both forms in which the groups name their template: with a mixed instances policy and without. */
const versionsOf = (group: Record<string, unknown>): string[] =>
  [
    ...blocks(group, 'launch_template'),
    ...blocks(group, 'mixed_instances_policy')
      .flatMap((policy) => blocks(policy, 'launch_template'))
      .flatMap((template) => blocks(template, 'launch_template_specification')),
  ].map(({ version }) => String(version));

function aroundThem(plan: PlanJson, asked: Variables): Wanted[] {
  const group = valuesAt(plan, 'module.gpu_fleet.aws_autoscaling_group.this');
  const overrides = blocks(group, 'mixed_instances_policy')
    .flatMap((policy) => blocks(policy, 'launch_template'))
    .flatMap((template) => blocks(template, 'override'))
    .map(({ instance_type: type }) => type);
  const types = new Set([
    asked['instance_type'] ?? 'g5.xlarge',
    ...((asked['fallback_instance_types'] ?? ['g4dn.xlarge']) as string[]),
  ]);
  const body = String(valuesAt(plan, 'module.api.aws_api_gateway_rest_api.this')['body']);
  const name = asked['alb_server_name'] as string | undefined;
  const alarm = (key: string) => valuesAt(plan, `module.monitoring.aws_cloudwatch_metric_alarm.${key}`)['threshold'];
  const budget = asked['budget_usd_month'] ?? null;
  const rule = JSON.stringify(blocks(valuesAt(plan, 'module.api.aws_wafv2_web_acl.this'), 'rule'));
  return [
    ...(asked['warm_pool'] === undefined || asked['warm_pool'] === null
      ? [['the types in their order', overrides.join(' '), [...types].join(' ')] as Wanted]
      : []),
    ['the name that the API checks', /"uri":"https:\/\/([^:]+):443/.exec(body)?.[1], name === '' ? undefined : name],
    ['the limit of the firewall', rule.includes(`"limit":${String(asked['rate_limit_per_ip'] ?? 100)},`), true],
    ['the size at which the fleet is full', alarm('this["all-instances"]'), asked['max_instances'] ?? 4],
    ['the budget', alarm('run_rate[0]') ?? null, budget],
    [
      'whether the load balancer is protected',
      valuesAt(plan, 'module.load_balancer.aws_lb.this')['enable_deletion_protection'],
      asked['deletion_protection'] ?? asked['environment'] === 'prod',
    ],
  ];
}

/** The same of every role, log group and group of hosts. */
function everywhere(plan: PlanJson, asked: Variables): Wanted[] {
  const boundary = asked['permissions_boundary_arn'] === '' ? null : (asked['permissions_boundary_arn'] ?? null);
  const days = asked['retention_days'] ?? 30;
  const [template] = resourcesOf(plan, 'aws_launch_template');
  return [
    ...resourcesOf(plan, 'aws_iam_role').map(({ address, values }): Wanted => [
      `the boundary of ${address}`,
      values['permissions_boundary'] ?? null,
      boundary,
    ]),
    ...resourcesOf(plan, 'aws_cloudwatch_log_group').map(({ address, values }): Wanted => [
      `the days of ${address}`,
      values['retention_in_days'],
      days,
    ]),
    ...resourcesOf(plan, 'aws_autoscaling_group').map(({ address, values }): Wanted => [
      `the template's version of ${address}`,
      versionsOf(values).join(' '),
      String(template?.values['latest_version']),
    ]),
  ];
}

/** Variables that do not arrive where they are meant for. The plan must be a mocked one, which knows user data and the API's document. */
export function notAsAsked(plan: PlanJson, asked: Variables): string[] {
  return [...onHosts(plan, asked), ...onStandby(plan, asked), ...aroundThem(plan, asked), ...everywhere(plan, asked)]
    .filter(([, found, wanted]) => found !== wanted)
    .map(([what, found, wanted]) => `${what}: ${JSON.stringify(found)} and not ${JSON.stringify(wanted)}`);
}
