import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { uselessAlarms } from './alarms.ts';
import { notAsAsked } from './as-asked.ts';
import { weaknesses } from './hardening.ts';
import { gpuHosts } from './host-files.ts';
import { wrongNeeds } from './host-needs.ts';
import { wrongHosts } from './hosts.ts';
import { unheardMetrics } from './metrics.ts';
import type { PlanJson } from './plan.ts';
import { at, ofType, planToSpoil, spoiled, variables, without, type Json } from './spoil.ts';
import { wrongTimeouts } from './timeouts.ts';
import { wrongWiring } from './wiring.ts';

// The judges of what the parts are to each other, as can-fail.test.ts has those of the six properties.

let plan: PlanJson;

beforeAll(async () => {
  plan = await planToSpoil('mocked');
}, 10 * 60_000);

const metrics = (spoilt: PlanJson) => unheardMetrics(spoilt, 'us-east-1');
const asked = (spoilt: PlanJson) => notAsAsked(spoilt, variables);
const hosts = (spoilt: PlanJson) => wrongHosts(spoilt, variables);
const needs = (spoilt: PlanJson) => wrongNeeds(spoilt, variables);

/** Another text in the files of the hosts. Fails when the one of before is not in them. */
const onHosts = (before: string, after: string): PlanJson =>
  spoiled(plan, at(gpuHosts), (values) => {
    const text = gunzipSync(Buffer.from(values['user_data'], 'base64')).toString();
    expect(text).toContain(before);
    values['user_data'] = gzipSync(text.replace(before, after)).toString('base64');
  });

const alarm = (name: string) => at(`module.gpu_fleet.aws_cloudwatch_metric_alarm.${name}`);
const watch = (name: string) => at(`module.monitoring.aws_cloudwatch_metric_alarm.this["${name}"]`);
const group = at('module.gpu_fleet.aws_autoscaling_group.this');
const balancer = at('module.load_balancer.aws_lb.this');
const policy = at('module.gpu_fleet.aws_iam_role_policy.host');

test('the plan that is spoiled here is good before', () => {
  expect([...metrics(plan), ...uselessAlarms(plan), ...wrongWiring(plan), ...wrongTimeouts(plan)]).toEqual([]);
  expect([...asked(plan), ...needs(plan), ...hosts(plan), ...weaknesses(plan)]).toEqual([]);
});

describe('a metric that nobody sends', () => {
  test.each<[string, () => PlanJson, number]>([
    [
      'an alarm on other dimensions',
      () => spoiled(plan, watch('high-latency-p99'), (values) => delete values['dimensions'].Environment),
      1,
    ],
    [
      'an alarm on another namespace',
      () => spoiled(plan, watch('5xx-rate'), (values) => (values['namespace'] = 'AWS/ApiGatewayV2')),
      1,
    ],
    ['a host whose gateway writes under another name', () => onHosts('namespace: LLMInference', 'namespace: LLM'), 8],
    ['a gateway that does not name its group', () => onHosts(', autoScalingGroup: \\"${LLM_ASG_NAME}\\"', ''), 8],
    ['an agent that sums nothing up', () => onHosts('[[\\"AutoScalingGroupName\\"]]', '[]'), 4],
    ['an agent with another name', () => onHosts('\\"rename\\": \\"GPUUtilization\\"', '\\"rename\\": \\"Utilization\\"'), 4],
    [
      'a group that does not tell it',
      () => spoiled(plan, group, (values) => (values['enabled_metrics'] = ['GroupInServiceInstances'])),
      1,
    ],
    [
      'a firewall without metrics',
      () =>
        spoiled(
          plan,
          ofType('aws_wafv2_web_acl'),
          (values) => (values['visibility_config'][0].cloudwatch_metrics_enabled = false),
        ),
      1,
    ],
  ])('%s', (_, spoil, least) => expect(metrics(spoil()).length).toBeGreaterThanOrEqual(least));
});

describe('an alarm that is of no use', () => {
  const withAction = (name: string, reference: string) => {
    const copy = structuredClone(plan);
    const fleet = (copy.configuration!.root_module as Json).module_calls.gpu_fleet.module;
    fleet.resources.find((resource: Json) => resource.name === name).expressions.alarm_actions = { references: [reference] };
    return uselessAlarms(copy);
  };

  test('it adds hosts where it should take some away, or does nothing', () => {
    expect(withAction('gpu_low', 'aws_autoscaling_policy.out.arn')).toHaveLength(2);
    expect(withAction('gpu_low', 'aws_sns_topic.this.arn')).toHaveLength(2);
  });

  test.each<[string, PlanJson | (() => PlanJson)]>([
    [
      'a policy of the wrong sign',
      () => spoiled(plan, at('module.gpu_fleet.aws_autoscaling_policy.in'), (values) => (values['scaling_adjustment'] = 1)),
    ],
    [
      'a policy that sets a size',
      () =>
        spoiled(
          plan,
          at('module.gpu_fleet.aws_autoscaling_policy.in'),
          (values) => (values['adjustment_type'] = 'ExactCapacity'),
        ),
    ],
    ['the sum of all hosts', () => spoiled(plan, alarm('gpu_high'), (values) => (values['statistic'] = 'Sum'))],
    ['silence', () => spoiled(plan, alarm('gpu_low'), (values) => (values['treat_missing_data'] = 'breaching'))],
    ['nobody is told', () => spoiled(plan, watch('no-healthy-host'), (values) => (values['alarm_actions'] = []))],
    ['nobody hears that it is over', () => spoiled(plan, watch('5xx-rate'), (values) => (values['ok_actions'] = []))],
    ['one minute of three', () => spoiled(plan, watch('5xx-rate'), (values) => (values['datapoints_to_alarm'] = 1))],
    [
      'a rule of alarms that are not there',
      () =>
        spoiled(
          plan,
          ofType('aws_cloudwatch_composite_alarm'),
          (values) => (values['alarm_rule'] = 'ALARM("x") AND ALARM("llm-dev-gpu-all-instances")'),
        ),
    ],
  ])('%s', (_, spoil) => expect(uselessAlarms(typeof spoil === 'function' ? spoil() : spoil)).toHaveLength(1));
});

describe('parts that are put together wrongly', () => {
  const call = (name: string, input: string, reference: string) => {
    const copy = structuredClone(plan);
    (copy.configuration!.root_module as Json).module_calls[name].expressions[input] = { references: [reference] };
    return wrongWiring(copy);
  };

  test.each([
    ['gpu_fleet', 'security_group_id', 'aws_security_group.this["alb"].id'],
    ['standby', 'target_group_arn', 'module.load_balancer.listener_arn'],
    ['api', 'security_group_id', 'aws_security_group.this["gpu"].id'],
    ['gpu_fleet', 'keys_secret_arn', 'var.x'],
  ])('%s has the %s of %s', (name, input, reference) => expect(call(name, input, reference)).toHaveLength(1));

  test('private subnets that use the public table, and a host that does not wait for its keys', () => {
    const copy = structuredClone(plan);
    const { networking, gpu_fleet: fleet } = (copy.configuration!.root_module as Json).module_calls;
    const isPrivate = ({ type, name }: Json) => type === 'aws_route_table_association' && name === 'private';
    networking.module.resources.find(isPrivate).expressions.route_table_id = { references: ['aws_route_table.public.id'] };
    fleet.depends_on = ['module.networking'];
    expect(wrongWiring(copy)).toHaveLength(3);
  });

  test('a rule for a port on which nobody listens', () => {
    const rule = at('aws_vpc_security_group_egress_rule.this["alb_to_gpu"]');
    expect(wrongWiring(spoiled(plan, rule, (values) => (values['from_port'] = 8001)))).toHaveLength(1);
  });
});

describe('times in the wrong order', () => {
  test.each<[string, () => PlanJson]>([
    ['the load balancer ends before the engine', () => spoiled(plan, balancer, (values) => (values['idle_timeout'] = 20))],
    [
      'the load balancer outlives the connections of the gateway',
      () => spoiled(plan, balancer, (values) => (values['idle_timeout'] = 130)),
    ],
    ['the gateway closes connections first', () => onHosts('keepAliveTimeoutMs: 130000', 'keepAliveTimeoutMs: 65000')],
    ['the gateway takes longer to end than it may', () => onHosts('shutdownTimeoutMs: 55000', 'shutdownTimeoutMs: 65000')],
    ['Docker kills the gateway', () => onHosts('docker stop -t 60 gateway', 'docker stop -t 10 gateway')],
    ['systemd kills Docker', () => onHosts('TimeoutStopSec=75', 'TimeoutStopSec=30')],
    [
      'a hook gives a host up between two heartbeats',
      () => spoiled(plan, group, (values) => (values['initial_lifecycle_hook'][0].heartbeat_timeout = 60)),
    ],
    ['a host has no time to be found healthy', () => spoiled(plan, group, (values) => (values['health_check_grace_period'] = 0))],
    ['keys are read each hour', () => onHosts('OnUnitInactiveSec=60', 'OnUnitInactiveSec=3600')],
    [
      'the load balancer cuts off answers',
      () =>
        spoiled(plan, at('module.load_balancer.aws_lb_target_group.this'), (values) => (values['deregistration_delay'] = '30')),
    ],
  ])('%s', (_, spoil) => expect(wrongTimeouts(spoil()).length).toBeGreaterThan(0));

  test('the API buffers as long as a stream lasts', () => {
    const body = (values: Record<string, Json>) =>
      (values['body'] = values['body'].replaceAll('"timeoutInMillis":900000', '"timeoutInMillis":29000'));
    expect(wrongTimeouts(spoiled(plan, ofType('aws_api_gateway_rest_api'), body)).length).toBeGreaterThan(0);
  });
});

describe('what was asked for and did not arrive', () => {
  test.each([
    ['request_timeout_ms', 5000],
    ['rate_limit_per_ip', 50],
    ['max_model_len', 2048],
    ['max_instances', 9],
    ['api_key_required', false],
    ['alb_server_name', 'llm.example.com'],
    ['permissions_boundary_arn', 'arn:aws:iam::123456789012:policy/llm/boundary'],
    ['retention_days', 90],
    ['budget_usd_month', 100],
    ['deletion_protection', true],
    ['fallback_instance_types', []],
  ])('%s', (name, value) => expect(notAsAsked(plan, { ...variables, [name]: value }).length).toBeGreaterThan(0));

  test('an image of another, and an old version of the template', () => {
    const digest = '1'.repeat(64);
    expect(asked(onHosts(`gateway@sha256:${'0'.repeat(64)}`, `gateway@sha256:${digest}`))).toHaveLength(1);
    const version = (values: Record<string, Json>) =>
      (values['mixed_instances_policy'][0].launch_template[0].launch_template_specification[0].version = '1');
    expect(asked(spoiled(plan, group, version))).toHaveLength(1);
  });
});

describe('hosts that are put together wrongly', () => {
  test.each([
    ['callers choose their address', 'clientAddressHeader: x-client-ip, ', ''],
    ['every path is a 404', ', pathPrefix: \\"/${LLM_ENVIRONMENT}\\"', ''],
    ['figures of a file that nobody writes', 'gpuProbe: { path: /run/llm/gpu.json }', 'gpuProbe: { path: /run/gpu.json }'],
    ['keys of a file that nobody writes', 'keysFile: /etc/llm/keys.yaml', 'keysFile: /etc/keys.yaml'],
    ['another port than the engine has', 'http://engine:8001/v1', 'http://engine:8000/v1'],
    ["the hub's name is unknown", 'aliases: [\\"${LLM_MODEL_NAME}\\"]', 'aliases: []'],
    ['what is done once is done again', 'RemainAfterExit=yes\\n', ''],
    ['a script that is not there', 'ExecStart=/opt/llm/bin/llm-stage', 'ExecStart=/opt/llm/bin/llm-stag'],
    ['nothing starts after a reboot', '[Install]\\nWantedBy=multi-user.target', ''],
  ])('%s', (_, before, after) => expect(hosts(onHosts(before, after))).toHaveLength(1));
});

describe('what hosts call and may not', () => {
  const statements = (edit: (all: Json[]) => Json[]) =>
    needs(
      spoiled(plan, policy, (values) => {
        const document = JSON.parse(values['policy']);
        values['policy'] = JSON.stringify({ ...document, Statement: edit(document.Statement) });
      }),
    );
  const sid = (name: string) => (statement: Json) => statement.Sid === name;

  test.each(['SayReady', 'PullImages', 'WriteLogs', 'PutMetrics', 'ReadKeyHashes'])('without %s', (name) =>
    expect(statements((all) => all.filter((statement) => !sid(name)(statement))).length).toBeGreaterThan(0),
  );

  test('a place that they may not read, a whole bucket, and a permission for nothing', () => {
    const change = (name: string, apply: (statement: Json) => void) =>
      statements((all) => {
        apply(all.find(sid(name)));
        return all;
      });
    expect(change('ReadArtifacts', (statement) => statement.Resource.pop())).toHaveLength(1);
    expect(change('ListArtifacts', (statement) => delete statement.Condition)).toHaveLength(2);
    expect(change('ReadArtifacts', (statement) => (statement.Resource = ['arn:aws:s3:::x-artifacts/*']))).toHaveLength(1);
    expect(change('SayReady', (statement) => statement.Action.push('autoscaling:SetDesiredCapacity'))).toHaveLength(1);
  });

  test('a new command, and a service without an endpoint where there is no other way', () => {
    expect(
      needs(onHosts('aws secretsmanager get-secret-value', 'aws ec2 describe-tags; aws secretsmanager get-secret-value')),
    ).toHaveLength(1);
    expect(wrongNeeds(plan, { ...variables, egress_mode: 'endpoints' }).length).toBeGreaterThan(5);
  });
});

describe('what is left open', () => {
  const template = at(gpuHosts);
  test.each<[string, () => PlanJson]>([
    [
      'volumes that stay',
      () => spoiled(plan, template, (values) => (values['block_device_mappings'][0].ebs[0].delete_on_termination = 'false')),
    ],
    [
      'tags for everybody',
      () => spoiled(plan, template, (values) => (values['metadata_options'][0].instance_metadata_tags = 'enabled')),
    ],
    ['access lists', () => without(plan, ofType('aws_s3_bucket_ownership_controls'))],
    [
      'a role for two services',
      () =>
        spoiled(
          plan,
          at('module.gpu_fleet.aws_iam_role.host'),
          (values) =>
            (values['assume_role_policy'] = values['assume_role_policy'].replace(
              '"ec2.amazonaws.com"',
              '["ec2.amazonaws.com","lambda.amazonaws.com"]',
            )),
        ),
    ],
    [
      'a managed policy that allows all',
      () =>
        spoiled(
          plan,
          at('module.gpu_fleet.aws_iam_role_policy_attachment.session_manager'),
          (values) => (values['policy_arn'] = 'arn:aws:iam::aws:policy/AdministratorAccess'),
        ),
    ],
    [
      'a distribution that writes',
      () =>
        spoiled(plan, ofType('aws_cloudfront_distribution'), (values) =>
          values['default_cache_behavior'][0].allowed_methods.push('PUT'),
        ),
    ],
    [
      'headers that the bucket may replace',
      () =>
        spoiled(
          plan,
          ofType('aws_cloudfront_response_headers_policy'),
          (values) => (values['security_headers_config'][0].content_security_policy[0].override = false),
        ),
    ],
    [
      'HTTPS for a day',
      () =>
        spoiled(
          plan,
          ofType('aws_cloudfront_response_headers_policy'),
          (values) => (values['security_headers_config'][0].strict_transport_security[0].access_control_max_age_sec = 86_400),
        ),
    ],
    [
      'old ciphers',
      () =>
        spoiled(plan, ofType('aws_lb_listener'), (values) =>
          Object.assign(values, { certificate_arn: 'x', protocol: 'HTTPS', ssl_policy: 'ELBSecurityPolicy-2016-08' }),
        ),
    ],
  ])('%s', (_, spoil) => expect(weaknesses(spoil())).toHaveLength(1));
});
