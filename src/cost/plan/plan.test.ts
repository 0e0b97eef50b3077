import { describe, expect, test } from 'vitest';
import { fixturePlan } from '../../../test/cost/harness.ts';
import { createGraph } from './graph.ts';
import { parsePlan } from './plan.ts';
import { referencesOf } from './references.ts';

const change = (address: string, actions: string[], extra: object = {}): object => {
  const [type, name] = address
    .replace(/\[("[^"]*"|\d+)\]/g, '')
    .split('.')
    .slice(-2);
  return { address, type, name, change: { actions, before: { side: 'before' }, after: { side: 'after' } }, ...extra };
};
const plan = (changes: object[], configuration: object = {}): object => ({
  format_version: '1.2',
  resource_changes: changes,
  configuration,
});

describe('what is read', () => {
  test.each(['1.0', '1.2', '1.99'])('format %s is accepted', (format_version) => {
    expect(parsePlan({ format_version, surprise: true }).resource_changes).toEqual([]);
  });

  test('another major version is refused by name', () => {
    expect(() => parsePlan({ format_version: '2.0' })).toThrow('format 2.0 is not supported');
    expect(() => parsePlan([])).toThrow('not plan JSON');
  });

  test('a state, a failed plan and a deferred resource are refused: none of them would show the whole cost', () => {
    expect(() => parsePlan({ format_version: '1.0', values: { root_module: {} } })).toThrow('this is a state, not a plan');
    expect(() => parsePlan({ format_version: '1.2', errored: true })).toThrow('the plan failed halfway');
    const deferred = [{ reason: 'instance_count_unknown', resource_change: change('aws_eip.later', ['create']) }];
    expect(() => parsePlan({ format_version: '1.2', deferred_changes: deferred })).toThrow('aws_eip.later');
    expect(parsePlan({ format_version: '1.2', errored: false, deferred_changes: [] }).resource_changes).toEqual([]);
  });

  test('deposed objects, data sources, reads and forgotten resources cost nothing', () => {
    const parsed = parsePlan(
      plan([
        change('aws_eip.kept', ['no-op']),
        change('aws_eip.old', ['delete'], { deposed: 'byebye' }),
        change('data.aws_ami.x', ['read'], { mode: 'data' }),
        change('aws_eip.read', ['read']),
        change('aws_eip.forgotten', ['forget']),
      ]),
    );
    expect(createGraph(parsed, 'after').nodes.map((node) => node.address)).toEqual(['aws_eip.kept']);
  });

  test('each action has its side', () => {
    const parsed = parsePlan(
      plan([
        change('aws_eip.new', ['create'], { change: { actions: ['create'], before: null, after: {} } }),
        change('aws_eip.gone', ['delete'], { change: { actions: ['delete'], before: {}, after: null } }),
        change('aws_eip.swapped', ['delete', 'create']),
        change('aws_eip.moved', ['no-op'], { previous_address: 'aws_eip.before' }),
      ]),
    );
    expect(createGraph(parsed, 'after').nodes.map((node) => [node.address, node.action])).toEqual([
      ['aws_eip.new', 'create'],
      ['aws_eip.swapped', 'replace'],
      ['aws_eip.moved', 'no-op'],
    ]);
    expect(createGraph(parsed, 'before').nodes.map((node) => [node.address, node.values])).toEqual([
      ['aws_eip.gone', {}],
      ['aws_eip.swapped', { side: 'before' }],
      ['aws_eip.moved', { side: 'before' }],
    ]);
  });
});

describe('references', () => {
  test('the beginnings of a longer reference are dropped', () => {
    expect(referencesOf({ references: ['aws_subnet.a[0].id', 'aws_subnet.a[0]', 'aws_subnet.a', 'aws_subnet.ab'] })).toEqual([
      'aws_subnet.a[0].id',
      'aws_subnet.ab',
    ]);
  });

  test('the template of a group is found although its id is unknown', () => {
    const graph = createGraph(fixturePlan('golden'), 'after');
    const [group] = graph.ofType('aws_autoscaling_group').filter((node) => node.name === 'ranged');
    expect(graph.referenced(group!, ['mixed_instances_policy'], 'aws_launch_template').map((node) => node.address)).toEqual([
      'aws_launch_template.t3_large',
    ]);
  });

  test('subnets are found through two module outputs and a for expression', () => {
    const graph = createGraph(fixturePlan('gpu-prod'), 'after');
    const [balancer] = graph.ofType('aws_lb');
    const subnets = graph.referenced(balancer!, ['subnets'], 'aws_subnet').map((node) => node.address);
    expect(subnets).toEqual([
      'module.gpu.module.network.aws_subnet.public["us-east-1a"]',
      'module.gpu.module.network.aws_subnet.public["us-east-1b"]',
    ]);
  });

  test('and through a variable, from inside a module', () => {
    const graph = createGraph(fixturePlan('gpu-dev'), 'after');
    const groups = graph.ofType('aws_autoscaling_group');
    for (const group of groups) expect(graph.referenced(group, ['vpc_zone_identifier'], 'aws_subnet')).toHaveLength(2);
  });

  test('an index picks one instance', () => {
    const graph = createGraph(fixturePlan('seed-002'), 'after');
    const [gateway] = graph.ofType('aws_nat_gateway');
    expect(graph.referenced(gateway!, ['subnet_id'], 'aws_subnet').map((node) => node.address)).toEqual(['aws_subnet.public[0]']);
  });

  test('two instances of a module keep their own resources', () => {
    const template = { type: 'aws_launch_template', name: 't', expressions: {} };
    const group = {
      type: 'aws_autoscaling_group',
      name: 'g',
      expressions: { launch_template: [{ id: { references: ['aws_launch_template.t.id', 'aws_launch_template.t'] } }] },
    };
    const within = (key: string, resource: string): object =>
      change(`module.m["${key}"].${resource}`, ['create'], { module_address: `module.m["${key}"]` });
    const changes = ['a.b', 'c'].flatMap((key) => [within(key, 'aws_launch_template.t'), within(key, 'aws_autoscaling_group.g')]);
    const graph = createGraph(
      parsePlan(plan(changes, { root_module: { module_calls: { m: { module: { resources: [template, group] } } } } })),
      'after',
    );
    const found = graph
      .ofType('aws_autoscaling_group')
      .map((node) => graph.referenced(node, ['launch_template'], 'aws_launch_template').map((target) => target.address));
    expect(found).toEqual([['module.m["a.b"].aws_launch_template.t'], ['module.m["c"].aws_launch_template.t']]);
  });
});

describe('region', () => {
  const provider = (region: object, key = 'aws'): object => ({
    provider_config: { [key]: { name: 'aws', expressions: { region } } },
    root_module: { resources: [{ type: 'aws_eip', name: 'x', provider_config_key: key, expressions: {} }] },
  });
  const regionOf = (after: object, configuration: object, variables: object = {}): string | undefined =>
    createGraph(
      parsePlan({
        ...plan([{ ...change('aws_eip.x', ['create']), change: { actions: ['create'], after } }], configuration),
        variables,
      }),
      'after',
    ).nodes[0]?.region;

  test.each([
    ['its own argument', { region: 'eu-west-1', availability_zone: 'us-east-1a' }, 'eu-west-1'],
    ['its zone', { availability_zone: 'ap-southeast-1b' }, 'ap-southeast-1'],
    ['its ARN', { arn: 'arn:aws:sns:eu-north-1:123456789012:x' }, 'eu-north-1'],
    ['a provider constant', {}, 'us-west-2'],
  ])('from %s', (_, after, expected) => {
    expect(regionOf(after, provider({ constant_value: 'us-west-2' }))).toBe(expected);
  });

  test('from a root variable, and from an aliased provider', () => {
    expect(regionOf({}, provider({ references: ['var.region'] }), { region: { value: 'eu-west-1' } })).toBe('eu-west-1');
    expect(regionOf({}, provider({ constant_value: 'us-east-1' }, 'aws.global'))).toBe('us-east-1');
  });

  test('from nowhere: unknown', () => {
    expect(regionOf({}, {})).toBeUndefined();
  });
});
