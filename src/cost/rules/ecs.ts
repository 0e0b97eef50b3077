import type { ResourceNode } from '../plan/graph.ts';
import { block, blocks, isTrue, numeric, text, texts, type Values } from '../plan/values.ts';
import { above, each, plus, range, times, type Range } from '../range.ts';
import { divide, micro, multiply, type Micro } from '../money.ts';
import { publicAddresses } from './instances.ts';
import { scaledLine, usageLine, type LineItem, type Rule, type RuleContext, type RuleOutcome } from './rule.ts';

/** Ephemeral storage that every Fargate task includes (Fargate price page). */
const includedEphemeralGB = 20;

/** `2048`, `"2048"` and `"2 vCPU"` are two vCPUs; memory likewise in MiB or `"4 GB"`. */
function sized(values: Values, key: 'cpu' | 'memory'): number | undefined {
  const written = text(values, key);
  const withUnit = /^(\d+(?:\.\d+)?)\s*(?:vcpu|gb)$/i.exec(written ?? '');
  if (withUnit !== null) return Number(withUnit[1]);
  const units = numeric(values, key);
  return units === undefined ? undefined : units / 1024;
}

/** The range of running tasks: the scaling target's bounds, else the desired count. */
function taskCount(node: ResourceNode, context: RuleContext): { tasks: Range; basis: string; warnings: string[] } {
  const given = context.usage(node, 'tasks');
  if (given !== undefined) return { tasks: given, basis: 'tasks of the usage file', warnings: [] };
  const written = numeric(node.values, 'desired_count');
  const desired = written ?? 1;
  const targets = context.graph.ofType('aws_appautoscaling_target');
  const target =
    targets.find((candidate) => context.graph.referenced(candidate, ['resource_id'], 'aws_ecs_service').includes(node)) ??
    targets.find((candidate) => text(candidate.values, 'resource_id')?.endsWith(`/${text(node.values, 'name') ?? ''}`) === true);
  if (target === undefined)
    return {
      tasks: range(desired),
      basis: `${desired} tasks`,
      warnings: written === undefined ? ['the plan does not tell how many tasks run: 1 assumed'] : [],
    };
  const least = numeric(target.values, 'min_capacity') ?? desired;
  const most = Math.max(least, numeric(target.values, 'max_capacity') ?? desired);
  return { tasks: range(least, Math.min(most, Math.max(least, desired)), most), basis: `${least}..${most} tasks`, warnings: [] };
}

interface Strategy {
  provider: string;
  base: Micro;
  weight: Micro;
}

function strategies(node: ResourceNode, context: RuleContext): Strategy[] {
  const own = blocks(node.values, 'capacity_provider_strategy');
  const defaults = (): Values[] => {
    const [cluster] = context.graph.referenced(node, ['cluster'], 'aws_ecs_cluster');
    const providers = context.graph.ofType('aws_ecs_cluster_capacity_providers');
    const holder = providers.find(
      (candidate) =>
        cluster !== undefined && context.graph.referenced(candidate, ['cluster_name'], 'aws_ecs_cluster').includes(cluster),
    );
    return blocks(holder?.values ?? {}, 'default_capacity_provider_strategy');
  };
  const written = own.length > 0 || text(node.values, 'launch_type') !== undefined ? own : defaults();
  return written.map((entry) => ({
    provider: text(entry, 'capacity_provider') ?? '',
    base: micro(numeric(entry, 'base') ?? 0),
    weight: micro(numeric(entry, 'weight') ?? 0),
  }));
}

/** Tasks that run on one capacity provider: its base first, then its weight of the rest. */
export function tasksOn(provider: string, all: readonly Strategy[], tasks: Range): Range {
  const totalBase = all.reduce((sum, entry) => sum + entry.base, 0n);
  const totalWeight = all.reduce((sum, entry) => sum + entry.weight, 0n);
  const own = all.filter((entry) => entry.provider === provider);
  return each((scenario) => {
    const total = tasks[scenario];
    const inBase = total < totalBase ? total : totalBase;
    const base = totalBase === 0n ? 0n : own.reduce((sum, entry) => sum + divide(multiply(inBase, entry.base), totalBase), 0n);
    const rest = total - inBase;
    return (
      base + (totalWeight === 0n ? 0n : own.reduce((sum, entry) => sum + divide(multiply(rest, entry.weight), totalWeight), 0n))
    );
  });
}

interface Tasks {
  tasks: Range;
  basis: string;
  isSpot: boolean;
}

function taskLines(definition: Values, { tasks, basis, isSpot }: Tasks, context: RuleContext): LineItem[] {
  const isArm = text(block(definition, 'runtime_platform'), 'cpu_architecture') === 'ARM64';
  const rate = isSpot ? (isArm ? 'fargate.spot.arm' : 'fargate.spot') : isArm ? 'fargate.arm' : 'fargate.x86';
  const label = `${isSpot ? 'Fargate Spot' : 'Fargate'}${isArm ? ' ARM' : ''}`;
  const vcpu = sized(definition, 'cpu') ?? 0;
  const memory = sized(definition, 'memory') ?? 0;
  const hours = times(tasks, context.workload.hoursOn);
  const priced = (component: string, priceId: string, unit: string, size: Range): LineItem =>
    scaledLine({
      component: `${label} ${component}`,
      category: 'compute',
      priceId,
      unit,
      quantity: times(size, hours),
      basis: `${component} × ${basis} × ${context.workload.profile.hours.onPerMonth} h`,
    });
  const lines = [
    priced(`${vcpu} vCPU`, `${rate}.vcpu`, 'vCPU-hour', range(vcpu)),
    priced(`${memory} GB`, `${rate}.gb`, 'GB-hour', range(memory)),
  ];
  const ephemeral = above(range(numeric(block(definition, 'ephemeral_storage'), 'size_in_gib') ?? 0), includedEphemeralGB);
  if (ephemeral.max > 0n) lines.push(priced('ephemeral storage above 20 GB', 'fargate.ephemeral.gb', 'GB-hour', ephemeral));
  return lines;
}

function applyService(node: ResourceNode, context: RuleContext): RuleOutcome {
  const [referenced] = context.graph.referenced(node, ['task_definition'], 'aws_ecs_task_definition');
  const siblings = context.graph.siblings(node, 'aws_ecs_task_definition');
  const definition = (referenced ?? (siblings.length === 1 ? siblings[0] : undefined))?.values;
  const all = strategies(node, context);
  const launchType = text(node.values, 'launch_type');
  const runsOnFargate = launchType === 'FARGATE' || all.some((entry) => entry.provider.startsWith('FARGATE'));
  const isOpen = launchType === undefined && all.length === 0;
  const wantsFargate = isOpen && texts(definition ?? {}, 'requires_compatibilities').includes('FARGATE');
  if (!runsOnFargate && !wantsFargate && !(isOpen && definition === undefined))
    return { lines: [], warnings: ['runs on EC2 or external capacity: the cost sits in the instances'] };
  if (definition === undefined) return { lines: [], unpriced: ['its tasks: the task definition is not in this plan'] };
  if (sized(definition, 'cpu') === undefined || sized(definition, 'memory') === undefined)
    return { lines: [], unpriced: ['its tasks: the definition does not say cpu and memory'] };
  if (text(block(definition, 'runtime_platform'), 'operating_system_family')?.startsWith('WINDOWS') === true)
    return { lines: [], unpriced: ['its tasks: Fargate on Windows'] };
  const { tasks, basis, warnings } = taskCount(node, context);
  const usesProviders = all.some((entry) => entry.provider.startsWith('FARGATE'));
  const onDemand = usesProviders ? tasksOn('FARGATE', all, tasks) : tasks;
  const spot = usesProviders ? tasksOn('FARGATE_SPOT', all, tasks) : range(0);
  const isPublic = isTrue(block(node.values, 'network_configuration'), 'assign_public_ip');
  return {
    lines: [
      ...(onDemand.max > 0n || spot.max === 0n ? taskLines(definition, { tasks: onDemand, basis, isSpot: false }, context) : []),
      ...(spot.max > 0n ? taskLines(definition, { tasks: spot, basis: `Spot part of ${basis}`, isSpot: true }, context) : []),
      ...(isPublic ? [publicAddresses(plus(onDemand, spot), context, basis)] : []),
    ],
    warnings: [...(runsOnFargate ? [] : ['names no launch type: its task definition asks for Fargate']), ...warnings],
  };
}

/** ECS services, task sets and clusters. */
export const ecsRules: Rule[] = [
  { types: ['aws_ecs_service'], usageKeys: ['tasks'], apply: applyService },
  { types: ['aws_ecs_task_set'], usageKeys: [], apply: () => ({ lines: [], unpriced: ['tasks of a task set'] }) },
  {
    types: ['aws_ecs_cluster'],
    usageKeys: ['containerInsightsMetrics'],
    apply(node, context) {
      const insights = blocks(node.values, 'setting').some(
        (setting) => text(setting, 'name') === 'containerInsights' && text(setting, 'value') !== 'disabled',
      );
      if (!insights) return { lines: [] };
      const line = usageLine(node, context, {
        component: 'Container Insights metrics',
        category: 'monitoring',
        priceId: 'cw.metrics',
        unit: 'metric-month',
        key: 'containerInsightsMetrics',
      });
      return { lines: [line] };
    },
  },
];
