import { beforeAll, describe, expect, test } from 'vitest';
import { bundledBook } from '../../../src/cost/prices/bundled.ts';
import { incompleteness } from './completeness.ts';
import { costDifferences } from './cost.ts';
import { missingWidgets } from './dashboard.ts';
import { wrongSizes } from './fleet-sizes.ts';
import { storedSecrets, weaknesses } from './hardening.ts';
import { openIngress } from './ingress.ts';
import { withoutEnvironment } from './names.ts';
import { countStatements, widePermissions } from './permissions.ts';
import { misplaced } from './placement.ts';
import type { PlanJson } from './plan.ts';
import { placesOf, secretLooking, unzip } from './secrets.ts';
import { added, at, ofType, planToSpoil, spoiled, variables, without, type Change, type Json } from './spoil.ts';
import { wrongSpread, wrongSubnetOutputs } from './zones.ts';

// A judge that finds nothing in a good plan may be one that finds nothing at all. Here plans are spoiled in the ways that matter.

const zones = variables['availability_zones'] as string[];

let real: PlanJson;
let mocked: PlanJson;

beforeAll(async () => {
  [real, mocked] = await Promise.all([planToSpoil('real'), planToSpoil('mocked')]);
}, 10 * 60_000);

test('the plans that are spoiled here are good before', () => {
  expect(incompleteness(real, variables)).toEqual([]);
  expect(withoutEnvironment(real, 'llm', 'dev')).toEqual([]);
  expect(wrongSizes(real, variables)).toEqual([]);
  expect([...wrongSpread(real, zones, ['public', 'private']), ...wrongSubnetOutputs(real, zones)]).toEqual([]);
  expect(misplaced(real)).toEqual([]);
  expect([...openIngress(real), ...openIngress(mocked)]).toEqual([]);
  expect(missingWidgets(mocked)).toEqual([]);
  expect([...widePermissions(mocked), ...weaknesses(real), ...storedSecrets(real), ...secretLooking(real)]).toEqual([]);
  expect(costDifferences(real, bundledBook())).toEqual([]);
  expect(countStatements(mocked)).toBeGreaterThan(10);
});

describe('Property 1 finds', () => {
  test.each([
    'aws_vpc',
    'aws_wafv2_web_acl',
    'aws_wafv2_web_acl_association',
    'aws_launch_template',
    'aws_lb',
    'aws_api_gateway_rest_api',
    'aws_cloudwatch_dashboard',
  ])('that %s is missing', (type) =>
    expect(incompleteness(without(real, ofType(type)), variables)).toContain(`there is no ${type}`),
  );

  test('what was asked for and is not there, and what is there and was not asked for', () => {
    expect(incompleteness(real, { ...variables, api_key_required: false })).toContain(
      'there is aws_secretsmanager_secret, for which nobody asked',
    );
    expect(incompleteness(real, { ...variables, hosted_zone_id: 'Z1' })).toContain('there is no aws_route53_record');
    expect(incompleteness(real, { ...variables, egress_mode: 'endpoints' })).toContain(
      'the interface endpoints are not as asked for',
    );
    expect(incompleteness(real, { ...variables, enable_standby_responder: false })).toContain(
      'the standby responder is not as asked for',
    );
  });

  test('a missing output', () => {
    const { vpc_id: _gone, ...rest } = real.output_changes!;
    expect(incompleteness({ ...real, output_changes: rest }, variables)).toEqual(['there is no output vpc_id']);
  });
});

describe('Property 2 finds', () => {
  test('a name without the environment', () => {
    const plan = spoiled(real, at('module.load_balancer.aws_lb.this'), (values) => (values['name'] = 'llm-gpu-alb'));
    expect(withoutEnvironment(plan, 'llm', 'dev')).toEqual([
      'module.load_balancer.aws_lb.this has the name llm-gpu-alb, without llm-dev-gpu',
    ]);
  });

  test('every resource with a name or tags of another environment', () =>
    expect(withoutEnvironment(real, 'llm', 'prod').length).toBeGreaterThan(100));

  test('a missing default tag, a wrong Name, and instances and volumes that do not carry the environment', () => {
    const judge = (plan: PlanJson) => withoutEnvironment(plan, 'llm', 'dev').length;
    expect(judge(spoiled(real, ofType('aws_vpc'), (values) => delete values['tags_all']['Environment']))).toBe(1);
    expect(judge(spoiled(real, ofType('aws_vpc'), (values) => (values['tags']['Name'] = 'network')))).toBe(1);
    const group = at('module.gpu_fleet.aws_autoscaling_group.this');
    expect(
      judge(spoiled(real, group, (values) => (values['tag'] = values['tag'].filter((tag: Json) => tag.key !== 'Environment')))),
    ).toBe(1);
    const template = at('module.gpu_fleet.aws_launch_template.this');
    expect(judge(spoiled(real, template, (values) => delete values['tag_specifications'][0].tags.Environment))).toBe(1);
  });
});

describe('Property 3 finds', () => {
  const fleet = at('module.gpu_fleet.aws_autoscaling_group.this');
  const address = 'module.gpu_fleet.aws_autoscaling_group.this';

  test('a group that may shrink to nothing', () =>
    expect(
      wrongSizes(
        spoiled(real, fleet, (values) => (values['min_size'] = 0)),
        variables,
      ),
    ).toContain(`${address} may shrink to 0`));

  test('a group without a least size, of another size, and one that is gone', () => {
    expect(
      wrongSizes(
        spoiled(real, fleet, (values) => delete values['min_size']),
        variables,
      ),
    ).toContain(`${address} may shrink to undefined`);
    expect(wrongSizes(real, { min_instances: 3 })).toEqual([`${address} has min_size 2 and not 3`]);
    expect(wrongSizes(real, { min_instances: 2, max_instances: 9 })).toEqual([`${address} has max_size 4 and not 9`]);
    expect(wrongSizes(without(real, fleet), variables)).toEqual(['module.gpu_fleet has 0 Auto Scaling groups']);
  });

  test('a schedule', () =>
    expect(wrongSizes(added(real, 'aws_autoscaling_schedule', { min_size: 0 }), variables)).toEqual([
      'aws_autoscaling_schedule.added changes sizes by the clock',
    ]));
});

describe('Property 4 finds', () => {
  const judge = (plan: PlanJson) => wrongSpread(plan, zones, ['public', 'private']);
  const third = 'module.networking.aws_subnet.private["us-east-1c"]';

  test('a zone without a subnet', () =>
    expect(judge(without(real, at(third)))).toEqual([
      'private subnets lie in [us-east-1a us-east-1b] and not in [us-east-1a us-east-1b us-east-1c]',
    ]));

  test('two subnets in one zone, ranges that overlap, and one outside of the VPC', () => {
    expect(judge(spoiled(real, at(third), (values) => (values['availability_zone'] = 'us-east-1a')))).toHaveLength(1);
    expect(judge(spoiled(real, at(third), (values) => (values['cidr_block'] = '10.0.0.0/19'))).length).toBeGreaterThan(0);
    expect(judge(spoiled(real, at(third), (values) => (values['cidr_block'] = '10.1.0.0/19')))).toEqual([
      `${third} lies outside of the VPC: 10.1.0.0/19`,
    ]);
  });

  test('a private subnet without a route table, and an output without a zone', () => {
    const table = at('module.networking.aws_route_table_association.private["us-east-1b"]');
    expect(judge(without(real, table))).toEqual(['private subnets of [us-east-1a us-east-1c] have a route table']);
    expect(wrongSubnetOutputs(real, [...zones, 'us-east-1d'])).toHaveLength(2);
  });
});

test('hosts in public subnets and a load balancer in private ones are found', () => {
  const plan = structuredClone(real);
  const calls = plan.configuration!.root_module!.module_calls!;
  for (const part of ['gpu_fleet', 'load_balancer']) {
    const tier = part === 'gpu_fleet' ? 'public_subnet_ids' : 'private_subnet_ids';
    calls[part]!.expressions!['subnet_ids'] = { references: [`module.networking.${tier}`, 'module.networking'] };
  }
  expect(misplaced(plan)).toEqual([
    'load_balancer is given [module.networking.private_subnet_ids] and not public_subnet_ids',
    'gpu_fleet is given [module.networking.public_subnet_ids] and not private_subnet_ids',
  ]);
});

describe('Property 5 finds', () => {
  const rule = at('aws_vpc_security_group_ingress_rule.this["gpu_from_alb"]');
  const name = 'aws_vpc_security_group_ingress_rule.this["gpu_from_alb"]';

  test('port 8000 open to the internet', () => {
    const plan = spoiled(real, rule, (values) => (values['cidr_ipv4'] = '0.0.0.0/0'));
    expect(openIngress(plan)).toEqual([`${name} admits 0.0.0.0/0 to tcp 8000-8000`]);
  });

  test('IPv6, half of the internet, another network, and a range of ports that has 443 in it', () => {
    const admitting = (change: Record<string, unknown>) =>
      openIngress(spoiled(real, rule, (values) => Object.assign(values, change)));
    expect(admitting({ cidr_ipv6: '::/0' })).toHaveLength(1);
    expect(admitting({ cidr_ipv4: '0.0.0.0/1', from_port: 443, to_port: 443 })).toHaveLength(1);
    expect(admitting({ cidr_ipv4: '192.168.0.0/16' })).toHaveLength(1);
    expect(admitting({ cidr_ipv4: '0.0.0.0/0', from_port: 443, to_port: 8000 })).toHaveLength(1);
    expect(admitting({ ip_protocol: '-1' })).toHaveLength(1);
  });

  test('no fault in HTTPS from anywhere or in the VPC’s own addresses', () => {
    const admitting = (change: Record<string, unknown>) =>
      openIngress(spoiled(real, rule, (values) => Object.assign(values, change)));
    expect(admitting({ cidr_ipv4: '0.0.0.0/0', from_port: 443, to_port: 443 })).toEqual([]);
    expect(admitting({ cidr_ipv4: '10.0.32.0/19' })).toEqual([]);
  });

  test('the older forms of a rule, and one that names nobody', () => {
    const open = { type: 'ingress', from_port: 22, to_port: 22, protocol: 'tcp', cidr_blocks: ['0.0.0.0/0'] };
    expect(openIngress(added(real, 'aws_security_group_rule', open))).toHaveLength(1);
    expect(openIngress(added(real, 'aws_security_group', { ingress: [open] }))).toHaveLength(1);
    expect(openIngress(added(real, 'aws_default_security_group', { ingress: [open] }))).toHaveLength(1);
    expect(
      openIngress(added(real, 'aws_vpc_security_group_ingress_rule', { from_port: 80, to_port: 80, ip_protocol: 'tcp' })),
    ).toHaveLength(1);
  });
});

describe('Property 6 finds', () => {
  const edited = (edit: (widgets: Json[]) => Json[]) =>
    missingWidgets(
      spoiled(mocked, ofType('aws_cloudwatch_dashboard'), (values) => {
        const body = JSON.parse(values['dashboard_body']);
        values['dashboard_body'] = JSON.stringify({ ...body, widgets: edit(body.widgets) });
      }),
    );
  const name = 'module.monitoring.aws_cloudwatch_dashboard.this';

  test.each([
    'RequestLatencyP50',
    'RequestLatencyP95',
    'RequestLatencyP99',
    'RequestsPerSecond',
    'GPUUtilization',
    'ActiveInstances',
    'EstimatedCost',
  ])('that the widget %s is missing', (title) =>
    expect(edited((widgets) => widgets.filter(({ properties }) => properties.title !== title))).toEqual([
      `${name} has no widget ${title}`,
    ]),
  );

  test('a widget that has the title and no line of it, one over another, and an expression that names nothing', () => {
    const change = (title: string, apply: (widget: Json) => void) =>
      edited((widgets) => {
        apply(widgets.find(({ properties }) => properties.title === title));
        return widgets;
      });
    expect(change('GPUUtilization', ({ properties }) => (properties.metrics = []))).toEqual([
      `${name} has no widget GPUUtilization`,
    ]);
    expect(change('GPUUtilization', (widget) => (widget.x = 0))).toHaveLength(1);
    expect(change('EstimatedCost', ({ properties }) => properties.metrics.pop())).toEqual([
      'EstimatedCost: the expression names requests, which is not in the widget',
      'EstimatedCost: the expression names requests, which is not in the widget',
    ]);
  });

  test('a body that the plan does not tell, and no dashboard', () => {
    expect(missingWidgets(real)).toEqual([`${name} has a body that is not known before an apply`]);
    expect(missingWidgets(without(mocked, ofType('aws_cloudwatch_dashboard')))).toEqual(['module.monitoring has 0 dashboards']);
  });
});

describe('the policy check finds', () => {
  const host = at('module.gpu_fleet.aws_iam_role_policy.host');
  const allowing = (statement: Record<string, unknown>) =>
    widePermissions(
      spoiled(mocked, host, (values) => (values['policy'] = JSON.stringify({ Statement: [{ Effect: 'Allow', ...statement }] }))),
    );

  test.each([
    { Action: 's3:GetObject', Resource: '*' },
    { Action: ['secretsmanager:GetSecretValue'], Resource: ['*'] },
    { Action: 's3:Get*', Resource: '*' },
    { Action: 'kms:Decrypt', Resource: '*' },
    { Action: 'iam:PassRole', Resource: '*' },
    { Action: 'cloudwatch:PutMetricData', Resource: '*' },
    { Action: 'ec2:RunInstances', Resource: '*' },
    { Action: '*', Resource: 'arn:aws:s3:::x' },
    { NotAction: 'iam:*', Resource: '*' },
    { Action: 's3:GetObject', NotResource: 'arn:aws:s3:::x' },
  ])('that a host is allowed %j', (statement) => expect(allowing(statement)).toHaveLength(1));

  test('no fault in what names its resource, or has none and is bounded', () => {
    expect(allowing({ Action: 's3:GetObject', Resource: 'arn:aws:s3:::x/*' })).toEqual([]);
    expect(allowing({ Action: 'ecr:GetAuthorizationToken', Resource: '*' })).toEqual([]);
    expect(
      allowing({
        Action: 'cloudwatch:PutMetricData',
        Resource: '*',
        Condition: { StringEquals: { 'cloudwatch:namespace': 'X' } },
      }),
    ).toEqual([]);
  });

  test('a bucket that lets everybody in, and a policy that cannot be read', () => {
    const policy = JSON.stringify({
      Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::x/*' }],
    });
    expect(
      widePermissions(spoiled(mocked, ofType('aws_s3_bucket_policy'), (values) => (values['policy'] = policy))),
    ).toHaveLength(1);
    expect(widePermissions(real)).toContain('module.gpu_fleet.aws_iam_role_policy.host has a policy that is not known');
  });

  const template = at('module.gpu_fleet.aws_launch_template.this');
  test.each<[string, (change: Change) => boolean, (values: Record<string, Json>) => void]>([
    ['IMDSv1', template, (values) => (values['metadata_options'][0].http_tokens = 'optional')],
    ['credentials for containers', template, (values) => (values['metadata_options'][0].http_put_response_hop_limit = 2)],
    ['a volume that is not encrypted', template, (values) => (values['block_device_mappings'][0].ebs[0].encrypted = 'false')],
    ['hosts with public addresses', template, (values) => (values['network_interfaces'][0].associate_public_ip_address = 'true')],
    ['a public load balancer', ofType('aws_lb'), (values) => (values['internal'] = false)],
    [
      'a bucket that may become public',
      ofType('aws_s3_bucket_public_access_block'),
      (values) => (values['block_public_policy'] = false),
    ],
    [
      'logs that are kept for ever',
      at('module.networking.aws_cloudwatch_log_group.flow'),
      (values) => (values['retention_in_days'] = null),
    ],
  ])('%s', (_, pick, spoil) => expect(weaknesses(spoiled(real, pick, spoil))).toHaveLength(1));

  test('a bucket without encryption', () =>
    expect(weaknesses(without(real, ofType('aws_s3_bucket_server_side_encryption_configuration')))).toHaveLength(1));
});

describe('the check for secrets finds', () => {
  test('an attribute that would write a secret into the state', () => {
    const plan = structuredClone(real);
    const version = plan.configuration!.root_module!.resources!.find(({ type }) => type === 'aws_secretsmanager_secret_version')!;
    version.expressions!['secret_string'] = { references: ['var.api_keys'] };
    expect(storedSecrets(plan)).toEqual([
      'aws_secretsmanager_secret_version.api_keys sets secret_string and not secret_string_wo',
    ]);
  });

  test.each([
    ['AKIAIOSFODNN7EXAMPLE', 'an AWS access key'],
    ['-----BEGIN RSA PRIVATE KEY-----', 'a private key'],
    [`sk-${'a'.repeat(24)}`, 'an API key'],
    ['postgres://app:hunter2@db/x', 'a password in a URL'],
  ])('%s in a tag', (secret, whose) => {
    const plan = spoiled(real, ofType('aws_vpc'), (values) => (values['tags']['Note'] = secret));
    expect(secretLooking(plan)).toEqual([`module.networking.aws_vpc.this holds what looks like ${whose}`]);
  });

  test('a secret inside of packed user data', async () => {
    const { gzipSync } = await import('node:zlib');
    const packed = gzipSync(`#!/bin/sh\nexport TOKEN=hf_${'a'.repeat(30)}\n`).toString('base64');
    const plan = spoiled(mocked, at('module.gpu_fleet.aws_launch_template.this'), (values) => (values['user_data'] = packed));
    expect(secretLooking(plan)).toEqual(['module.gpu_fleet.aws_launch_template.this holds what looks like a Hugging Face token']);
  });

  test('a secret in a plan file, plain or as base64 inside of something longer', () => {
    // A stored entry named "a", which says "xy SENTINEL-17 z" in base64.
    const content = Buffer.from(Buffer.from('xy SENTINEL-17 z').toString('base64'));
    const local = Buffer.alloc(31);
    local.write('PK\u0003\u0004', 'latin1');
    local.writeUInt16LE(1, 26);
    local.write('a', 30);
    const central = Buffer.alloc(47);
    central.writeUInt32LE(0x02014b50);
    central.writeUInt32LE(content.length, 20);
    central.writeUInt16LE(1, 28);
    central.write('a', 46);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50);
    end.writeUInt16LE(1, 10);
    end.writeUInt32LE(local.length + content.length, 16);
    const archive = Buffer.concat([local, content, central, end]);
    expect([...unzip(archive).keys()]).toEqual(['a']);
    expect(placesOf('SENTINEL-17', archive, '{"b":"SENTINEL-17"}')).toEqual(['a', 'the JSON']);
    expect(placesOf('OTHERWISE-18', archive, '{}')).toEqual([]);
  });
});

test('an estimate that is two percent off is found', () => {
  const plan = structuredClone(real);
  const estimate = plan.output_changes!['estimated_monthly_cost']!.after as Record<string, number>;
  estimate['typical'] = estimate['typical']! * 1.02;
  expect(costDifferences(plan, bundledBook())).toHaveLength(1);
});
