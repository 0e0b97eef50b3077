import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cents, forecastOf, handPlan } from '../../../test/cost/harness.ts';
import type { Forecast } from '../forecast.ts';
import { micro } from '../money.ts';
import { range } from '../range.ts';
import type { UsageInput } from '../usage/profile.ts';
import { tasksOn } from './ecs.ts';
import { capacityUnits } from './elb.ts';

// What plans of real HCL do not reach: defaults, fallbacks and parts without a rule. us-east-1, 730 hours.

type Resources = Parameters<typeof handPlan>[0];
const priced = (resources: Resources, usage: UsageInput = {}): Forecast => forecastOf(handPlan(resources), usage);
const first = (result: Forecast): Forecast['resources'][number] => result.resources[0]!;

describe('Auto Scaling groups', () => {
  const template = { 'aws_launch_template.t': { instance_type: 'm5.large' } };

  test('the only template of the module is taken when the reference is hidden', () => {
    // 2 × 730 × 0.096 = 140.16; 2 × 8 × 0.08 = 1.28
    const result = priced({ 'aws_autoscaling_group.g': { min_size: 2, max_size: 2 }, ...template });
    expect(cents(result, 'aws_autoscaling_group.g')).toEqual(['$140.16', '$1.28']);
    expect(first(result).warnings).toEqual(['the image decides the root volume: 8 GB gp3 assumed']);
  });

  test('two templates and no reference: nothing is guessed', () => {
    const result = priced({
      'aws_autoscaling_group.g': { min_size: 2, max_size: 2 },
      ...template,
      'aws_launch_template.u': { instance_type: 't3.micro' },
    });
    expect([first(result).status, first(result).reasons]).toEqual([
      'not-priced',
      ['not priced: its instances: no launch template in this plan names an instance type'],
    ]);
  });

  test('overrides win over the template', () => {
    const policy = { launch_template: [{ override: [{ instance_type: 't3.large' }] }] };
    // 730 × 0.0832
    expect(
      cents(
        priced({ 'aws_autoscaling_group.g': { min_size: 1, max_size: 1, mixed_instances_policy: [policy] }, ...template }),
        'aws_autoscaling_group.g',
      )[0],
    ).toBe('$60.74');
  });

  test('a launch configuration monitors in detail unless told otherwise', () => {
    const group = { 'aws_autoscaling_group.g': { min_size: 1, max_size: 1 } };
    // 7 × 0.30
    expect(
      cents(priced({ ...group, 'aws_launch_configuration.c': { instance_type: 't3.micro' } }), 'aws_autoscaling_group.g'),
    ).toContain('$2.10');
    expect(
      cents(
        priced({ ...group, 'aws_launch_configuration.c': { instance_type: 't3.micro', enable_monitoring: false } }),
        'aws_autoscaling_group.g',
      ),
    ).not.toContain('$2.10');
  });

  test('typical is the desired number, held between the bounds', () => {
    const lines = first(
      priced({ 'aws_autoscaling_group.g': { min_size: 1, desired_capacity: 9, max_size: 4 }, ...template }),
    ).lines;
    expect(lines[0]?.quantity).toEqual(range(730, 2920, 2920));
  });

  test('schedules and warm pools are said not to be in it', () => {
    const warnings = first(
      priced({
        'aws_autoscaling_group.g': { min_size: 1, max_size: 1, warm_pool: [{}] },
        ...template,
        'aws_autoscaling_schedule.s': {},
      }),
    ).warnings;
    expect(warnings.join('; ')).toMatch(/scheduled actions are not modelled.*warm pool is not counted/);
  });
});

test.each(['dedicated', 'host'])('tenancy %s is dearer than the shared one and not priced as if it were', (tenancy) => {
  const reasons = [`not priced: what tenancy ${tenancy} costs above the shared one`];
  const shared = { instance_type: 'm5.large', root_block_device: [{ volume_size: 8 }] };
  expect(first(priced({ 'aws_instance.i': { ...shared, tenancy } })).reasons).toEqual(reasons);
  const group = { 'aws_autoscaling_group.g': { min_size: 1, max_size: 1 } };
  const template = { instance_type: 'm5.large', placement: [{ tenancy }] };
  expect(first(priced({ ...group, 'aws_launch_template.t': template })).reasons).toEqual(reasons);
  expect(first(priced({ 'aws_instance.i': { ...shared, tenancy: 'default' } })).status).toBe('priced');
});

describe('ECS services', () => {
  const definition = { requires_compatibilities: ['FARGATE'], cpu: '256', memory: '512' };

  test('capacity providers: base first, the rest by weight', () => {
    const strategy = [
      { provider: 'FARGATE', base: micro(1), weight: micro(1) },
      { provider: 'FARGATE_SPOT', base: 0n, weight: micro(3) },
    ];
    // 9 tasks: 1 base, 8 by 1:3
    expect([tasksOn('FARGATE', strategy, range(9)), tasksOn('FARGATE_SPOT', strategy, range(9))]).toEqual([range(3), range(6)]);
    expect(tasksOn('FARGATE', strategy, range(0, 1, 1))).toEqual(range(0, 1, 1));
  });

  test('an unknown number of tasks is one, and said', () => {
    const result = priced({ 'aws_ecs_service.s': { launch_type: 'FARGATE' }, 'aws_ecs_task_definition.d': definition });
    expect(first(result).warnings).toEqual(['the plan does not tell how many tasks run: 1 assumed']);
    const told = { launch_type: 'FARGATE', desired_count: 1 };
    expect(first(priced({ 'aws_ecs_service.s': told, 'aws_ecs_task_definition.d': definition })).warnings).toEqual([]);
  });

  test('no task is lost or invented by a strategy', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 50 }),
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        (count, base, left, right) => {
          const strategy = [
            { provider: 'FARGATE', base: micro(base), weight: micro(left) },
            { provider: 'FARGATE_SPOT', base: 0n, weight: micro(right) },
          ];
          const sum =
            tasksOn('FARGATE', strategy, range(count)).typical + tasksOn('FARGATE_SPOT', strategy, range(count)).typical;
          expect(Number(sum)).toBeCloseTo(count * 1e6, -1);
        },
      ),
    );
  });

  test('the scaling target bounds the tasks', () => {
    const result = priced({
      'aws_ecs_service.s': {
        name: 'web',
        launch_type: 'FARGATE',
        desired_count: 2,
        network_configuration: [{ assign_public_ip: true }],
      },
      'aws_ecs_task_definition.d': definition,
      'aws_appautoscaling_target.t': { resource_id: 'service/main/web', min_capacity: 1, max_capacity: 6 },
    });
    expect(first(result).lines[0]?.basis).toBe('0.25 vCPU × 1..6 tasks × 730 h');
    // 0.25 vCPU × 730 h × 1, 2, 6; an address for each task
    expect(first(result).lines.map((line) => line.quantity)).toEqual([
      range(182.5, 365, 1095),
      range(365, 730, 2190),
      range(730, 1460, 4380),
    ]);
  });

  test('on EC2 the cost sits in the instances', () => {
    const result = priced({
      'aws_ecs_service.s': { launch_type: 'EC2' },
      'aws_ecs_task_definition.d': { cpu: '256', memory: '512' },
    });
    expect([first(result).status, first(result).warnings]).toEqual([
      'free',
      ['runs on EC2 or external capacity: the cost sits in the instances'],
    ]);
  });

  test('on EC2 also where the definition could run on Fargate', () => {
    const both = { ...definition, requires_compatibilities: ['EC2', 'FARGATE'] };
    expect(first(priced({ 'aws_ecs_service.s': { launch_type: 'EC2' }, 'aws_ecs_task_definition.d': both })).lines).toEqual([]);
  });

  test('a definition outside the plan is not priced, with or without a launch type', () => {
    expect(first(priced({ 'aws_ecs_service.s': { launch_type: 'FARGATE' } })).status).toBe('not-priced');
    expect(first(priced({ 'aws_ecs_service.s': { desired_count: 3 } })).status).toBe('not-priced');
  });

  test('Windows tasks have prices of their own and are not taken for Linux', () => {
    const windows = { ...definition, runtime_platform: [{ operating_system_family: 'WINDOWS_SERVER_2022_CORE' }] };
    const result = priced({ 'aws_ecs_service.s': { launch_type: 'FARGATE' }, 'aws_ecs_task_definition.d': windows });
    expect([first(result).status, first(result).lines]).toEqual(['not-priced', []]);
  });
});

describe('EKS', () => {
  test('a node group without anything: one t3.medium with 20 GB', () => {
    // 2 × 730 × 0.0416 = 60.736; 2 × 20 × 0.08
    const result = priced({ 'aws_eks_node_group.n': { scaling_config: [{ min_size: 2, desired_size: 2, max_size: 2 }] } });
    expect(cents(result, 'aws_eks_node_group.n')).toEqual(['$60.74', '$3.20']);
  });

  test('several types bound the range', () => {
    const lines = first(
      priced({
        'aws_eks_node_group.n': {
          instance_types: ['m5.large', 't3.medium'],
          scaling_config: [{ min_size: 1, desired_size: 1, max_size: 1 }],
        },
      }),
    ).lines;
    // 730 × 0.0416; 730 × 0.096; 730 × 0.096
    expect([lines[0]?.monthly.min, lines[0]?.monthly.typical, lines[0]?.monthly.max]).toEqual([
      303_680_000_000n,
      700_800_000_000n,
      700_800_000_000n,
    ]);
  });

  test('a version that upgrades itself pays no extended support', () => {
    const standard = { version: '1.31', upgrade_policy: [{ support_type: 'STANDARD' }] };
    expect(first(priced({ 'aws_eks_cluster.c': standard })).lines).toHaveLength(1);
    expect(first(priced({ 'aws_eks_cluster.c': { version: '9.99' } })).warnings.join()).toContain(
      'does not know Kubernetes 9.99',
    );
  });
});

test('a version older than the support calendar pays extended support', () => {
  // 730 × 0.10; 730 × 0.50
  expect(cents(priced({ 'aws_eks_cluster.c': { version: '1.27' } }), 'aws_eks_cluster.c')).toEqual(['$73.00', '$365.00']);
});

describe('values that are not known before apply', () => {
  test.each([
    ['aws_autoscaling_group.g', { desired_capacity: 2 }],
    ['aws_eks_node_group.g', { scaling_config: [{}] }],
  ])('%s: a size that nobody knows is no zero', (address, values) => {
    const result = priced({ [address]: values, 'aws_launch_template.t': { instance_type: 'm5.large' } });
    expect([first(result).status, first(result).reasons]).toEqual([
      'not-priced',
      ['not priced: its instances: how many is not known before apply'],
    ]);
    const told = priced(
      { [address]: values, 'aws_launch_template.t': { instance_type: 'm5.large' } },
      {
        resources: { [address]: { instances: 2 } },
      },
    );
    // 2 × 730 × 0.096
    expect(cents(told, address)[0]).toBe('$140.16');
  });

  test('a volume of unknown size is said to be a guess', () => {
    expect(first(priced({ 'aws_ebs_volume.v': { type: 'gp3', snapshot_id: 'snap-1' } })).warnings).toEqual([
      'the size of volume is not in the plan: 8 GB assumed',
    ]);
    expect(first(priced({ 'aws_ebs_volume.v': { type: 'gp3', size: 8 } })).warnings).toEqual([]);
  });

  test('a web ACL without a known rule says that none is counted', () => {
    expect(first(priced({ 'aws_wafv2_web_acl.a': { scope: 'REGIONAL' } })).warnings).toEqual([
      'the plan shows none of its rules: none counted',
    ]);
  });
});

describe('addresses of load balancers', () => {
  const addresses = (values: object): unknown =>
    first(priced({ 'aws_lb.b': { load_balancer_type: 'network', ...values } })).lines.find(
      (line) => line.priceId === 'ipv4.inuse',
    )?.quantity;

  test('subnets may stand in mappings; an Elastic IP of a mapping is billed as aws_eip, once', () => {
    const mapping = [{ subnet_id: 'a', allocation_id: 'eip-1' }, { subnet_id: 'b' }, { subnet_id: 'c' }];
    expect(addresses({ subnet_mapping: mapping })).toEqual(range(1460));
    expect(addresses({ subnet_mapping: [{ subnet_id: 'a', allocation_id: 'eip-1' }] })).toBeUndefined();
  });

  test('a dual-stack balancer without public IPv4 has none', () => {
    expect(addresses({ subnets: ['a', 'b'], ip_address_type: 'dualstack-without-public-ipv4' })).toBeUndefined();
  });
});

describe('load', () => {
  test('a capacity unit is the dimension that needs most', () => {
    const none = { connectionsPerSecond: 0, activeConnections: 0, gigabytesPerHour: 0, rulesPerSecond: 0 };
    expect(capacityUnits({ ...none, connectionsPerSecond: 50, activeConnections: 3000 }, 'application')).toBe(2);
    expect(capacityUnits({ ...none, activeConnections: 9000, gigabytesPerHour: 1 }, 'application')).toBe(3);
    expect(capacityUnits({ ...none, rulesPerSecond: 4000 }, 'application')).toBe(4);
    expect(capacityUnits({ ...none, rulesPerSecond: 4000 }, 'network')).toBe(0);
  });

  test('an HTTP API bills each started 512 KB', () => {
    const result = priced(
      { 'aws_apigatewayv2_api.a': { protocol_type: 'HTTP' } },
      { traffic: { requests: 1_000_000, responseKB: 513 } },
    );
    // 2 increments × 1M × 1.00/M
    expect(cents(result, 'aws_apigatewayv2_api.a')).toEqual(['$2.00']);
  });

  test('traffic is shared by the resources that serve it', () => {
    const result = priced(
      { 'aws_wafv2_web_acl.a': { scope: 'REGIONAL', rule: [] }, 'aws_wafv2_web_acl.b': { scope: 'CLOUDFRONT', rule: [] } },
      { traffic: { requests: 4_000_000 } },
    );
    // 2M each × 0.60/M
    expect([cents(result, 'aws_wafv2_web_acl.a')[2], cents(result, 'aws_wafv2_web_acl.b')[2]]).toEqual(['$1.20', '$1.20']);
  });

  test('what launches pull through a single NAT gateway is billed there and between zones', () => {
    const result = priced({ 'aws_nat_gateway.n': {} }, { launches: { perMonth: 120, downloadGB: 18 } });
    // 2160 GB × 0.045 = 97.20; 2160 × 2 × 0.01 = 43.20
    expect([cents(result, 'aws_nat_gateway.n')[1], cents(result, 'data-transfer')[1]]).toEqual(['$97.20', '$43.20']);
  });
});

describe('logs', () => {
  test('endless retention is priced with a year, and said', () => {
    const endless = priced({ 'aws_cloudwatch_log_group.l': {} }, { logs: { ingestGB: 100 } });
    // 100 × 0.50; 100 × 0.15 × 12 × 0.03
    expect(cents(endless, 'aws_cloudwatch_log_group.l')).toEqual(['$50.00', '$5.40']);
    expect(first(endless).warnings).toEqual(['its logs never expire: 12 months of storage priced']);
    // 100 × 0.25; 100 × 0.15 × 0.5 × 0.03 = 0.225
    const cheap = priced(
      { 'aws_cloudwatch_log_group.l': { retention_in_days: 15, log_group_class: 'INFREQUENT_ACCESS' } },
      { logs: { ingestGB: 100 } },
    );
    expect(cents(cheap, 'aws_cloudwatch_log_group.l')).toEqual(['$25.00', '$0.23']);
  });
});

describe('data stores', () => {
  test('gp3 IOPS of RDS: 3,000 are included, 12,000 from 400 GB on', () => {
    const database = { engine: 'postgres', instance_class: 'db.t4g.micro', storage_type: 'gp3' };
    const iops = (values: object): number =>
      first(priced({ 'aws_db_instance.d': { ...database, ...values } })).lines.filter((line) => line.priceId === 'rds.gp3.iops')
        .length;
    expect([
      iops({ allocated_storage: 399, iops: 12_000 }),
      iops({ allocated_storage: 400, iops: 12_000 }),
      iops({ allocated_storage: 399, iops: 3000 }),
    ]).toEqual([1, 0, 0]);
  });

  test('gp3 IOPS of RDS: Oracle steps up at 200 GB, SQL Server never', () => {
    const steps = (engine: string, allocated_storage: number): number | undefined => {
      const values = { engine, instance_class: 'db.m5.large', storage_type: 'gp3', iops: 13_000, allocated_storage };
      const line = first(priced({ 'aws_db_instance.d': values })).lines.find((entry) => entry.priceId === 'rds.gp3.iops');
      return line?.quantity === null ? undefined : Number(line?.quantity.typical) / 1e6;
    };
    expect([steps('oracle-ee', 199), steps('oracle-ee', 200), steps('sqlserver-se', 4000)]).toEqual([10_000, 1000, 10_000]);
  });

  test('shards and replicas multiply nodes; a member of a group is counted there', () => {
    const result = priced({
      'aws_elasticache_replication_group.g': {
        engine: 'redis',
        node_type: 'cache.t4g.micro',
        num_node_groups: 2,
        replicas_per_node_group: 1,
      },
      'aws_elasticache_cluster.m': { replication_group_id: 'g', node_type: 'cache.t4g.micro' },
    });
    // 2 × 2 × 730 × 0.016
    expect([cents(result, 'aws_elasticache_replication_group.g'), cents(result, 'aws_elasticache_cluster.m')]).toEqual([
      ['$46.72'],
      [],
    ]);
  });

  test('provisioned DynamoDB counts its indexes', () => {
    const table = {
      billing_mode: 'PROVISIONED',
      write_capacity: 5,
      read_capacity: 5,
      global_secondary_index: [{ write_capacity: 1, read_capacity: 2 }],
    };
    // 6 × 730 × 0.00065 = 2.847; 7 × 730 × 0.00013 = 0.6643
    expect(cents(priced({ 'aws_dynamodb_table.t': table }), 'aws_dynamodb_table.t').slice(0, 2)).toEqual(['$2.85', '$0.66']);
  });
});

describe('what AWS takes when nothing is written', () => {
  test('a function without a memory size has 128 MB', () => {
    const usage = { resources: { aws_lambda_function: { requests: 1_000_000, durationMs: 100 } } };
    // 1M × 0.1 s × 0.125 GB × 0.0000166667 = 0.2083
    expect(cents(priced({ 'aws_lambda_function.f': {} }, usage), 'aws_lambda_function.f')).toEqual(['$0.20', '$0.21']);
  });

  test('a parameter is free unless Advanced; Intelligent-Tiering counts as Advanced, and says so', () => {
    const parameter = (values: object): unknown[] => {
      const result = priced({ 'aws_ssm_parameter.p': { ...values } });
      return [first(result).status, ...cents(result, 'aws_ssm_parameter.p'), first(result).warnings.length];
    };
    expect([parameter({}), parameter({ tier: 'Advanced' }), parameter({ tier: 'Intelligent-Tiering' })]).toEqual([
      ['free', 0],
      ['priced', '$0.05', 0],
      ['priced', '$0.05', 1],
    ]);
  });

  test('the endpoint of a health check lies outside AWS, the dearer case; its paid options are not priced', () => {
    const check = (values: object): unknown[] => {
      const result = priced({ 'aws_route53_health_check.h': { ...values } });
      return [first(result).status, ...cents(result, 'aws_route53_health_check.h')];
    };
    expect([check({ type: 'HTTP' }), check({ type: 'HTTP', request_interval: 10 })]).toEqual([
      ['priced', '$0.75'],
      ['not-priced'],
    ]);
  });
});

test.each([
  ['aws_lb', { load_balancer_type: 'gateway' }, 'load balancers of type gateway'],
  ['aws_vpc_endpoint', { vpc_endpoint_type: 'GatewayLoadBalancer' }, 'endpoints of type GatewayLoadBalancer'],
  ['aws_apigatewayv2_api', { protocol_type: 'WEBSOCKET' }, 'WebSocket messages and connection minutes'],
  [
    'aws_wafv2_web_acl',
    { rule: [{ statement: [{ managed_rule_group_statement: [{ name: 'AWSManagedRulesBotControlRuleSet' }] }] }] },
    'the fee of AWSManagedRulesBotControlRuleSet',
  ],
  ['aws_ecs_task_set', {}, 'tasks of a task set'],
  ['aws_api_gateway_stage', { cache_cluster_enabled: true }, 'its cache: the size is not known before apply'],
  ['aws_flow_log', { log_destination_type: 's3' }, 'delivery of vended logs to s3'],
  ['aws_rds_cluster', {}, 'Aurora storage and I/O'],
  ['aws_elasticache_serverless_cache', {}, 'serverless cache data and processing units'],
  [
    'aws_codebuild_project',
    { environment: [{ compute_type: 'BUILD_GENERAL1_2XLARGE', type: 'LINUX_CONTAINER' }] },
    'build minutes of BUILD_GENERAL1_2XLARGE',
  ],
])('%s: a part without a rule is named', (type, values, part) => {
  const resource = first(priced({ [`${type}.x`]: values }));
  expect([resource.status, resource.reasons]).toEqual(['not-priced', [`not priced: ${part}`]]);
});
