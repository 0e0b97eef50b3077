import type { ResourceNode } from '../plan/graph.ts';
import { block, blocks, isTrue, numeric, text, texts, type Values } from '../plan/values.ts';
import { range, type Range } from '../range.ts';
import { instancesForLoad } from '../usage/workload.ts';
import { inlineVolumes, templateVolumes } from './ebs.ts';
import {
  creditLines,
  detailedMonitoring,
  familyOf,
  fleetLines,
  gpuCount,
  hasSizes,
  isGpuType,
  publicAddresses,
  templateIsPublic,
  templateMonitors,
  tenancyGap,
  unknownSizes,
} from './instances.ts';
import type { Rule, RuleContext, RuleOutcome } from './rule.ts';

/** The template or launch configuration of a group: by reference, by a known id or name, or as the only one of its module. */
export function templateOf(
  node: ResourceNode,
  context: RuleContext,
  type: 'aws_launch_template' | 'aws_launch_configuration',
): ResourceNode | undefined {
  const paths = type === 'aws_launch_template' ? [['launch_template'], ['mixed_instances_policy']] : [['launch_configuration']];
  for (const path of paths) {
    const [found] = context.graph.referenced(node, path, type);
    if (found !== undefined) return found;
  }
  const siblings = context.graph.siblings(node, type);
  return siblings.length === 1 ? siblings[0] : undefined;
}

interface Sizes {
  instances: Range;
  basis: string;
  warnings: string[];
}

/** How many instances run: minimum, what the load needs (or the desired number), maximum. */
function groupSizes(node: ResourceNode, context: RuleContext, instanceType: string): Sizes {
  const least = numeric(node.values, 'min_size') ?? 0;
  const most = Math.max(least, numeric(node.values, 'max_size') ?? least);
  const desired = Math.min(most, Math.max(least, numeric(node.values, 'desired_capacity') ?? least));
  const basis = `${least}..${most} instances`;
  const given = context.usage(node, 'instances');
  if (given !== undefined) return { instances: given, basis: 'instances of the usage file', warnings: [] };
  const gpus = gpuCount(instanceType, context.facts);
  const configured = context.workload.profile.gpu.outputTokensPerSecond;
  const perGpu =
    configured === 'auto' ? context.facts.tokensPerSecond[context.facts.gpus[familyOf(instanceType)] ?? ''] : configured;
  if (gpus !== 1 || perGpu === undefined) return { instances: range(least, desired, most), basis, warnings: [] };
  const { mean, overloadedHours } = instancesForLoad(context.workload, { tokensPerSecond: perGpu, least, most });
  const warnings = overloadedHours === 0 ? [] : [`typical demand exceeds max_size in ${overloadedHours} of 24 hours`];
  return { instances: mean, basis: `${basis}, typical by load at ${perGpu} output tokens/s`, warnings };
}

function mixedPolicy(
  values: Values,
  fallbackType: string | undefined,
): { types: string[]; onDemandBase: number; onDemandShare: number } {
  const policy = block(values, 'mixed_instances_policy');
  const distribution = block(policy, 'instances_distribution');
  const overrides = blocks(block(policy, 'launch_template'), 'override').flatMap(
    (override) => text(override, 'instance_type') ?? [],
  );
  const types = overrides.length > 0 ? overrides : fallbackType === undefined ? [] : [fallbackType];
  const percentage = numeric(distribution, 'on_demand_percentage_above_base_capacity') ?? 100;
  return { types, onDemandBase: numeric(distribution, 'on_demand_base_capacity') ?? 0, onDemandShare: percentage / 100 };
}

function applyGroup(node: ResourceNode, context: RuleContext): RuleOutcome {
  const template = templateOf(node, context, 'aws_launch_template');
  const configuration = template === undefined ? templateOf(node, context, 'aws_launch_configuration') : undefined;
  const source = template?.values ?? configuration?.values ?? {};
  const isSpotTemplate =
    text(block(source, 'instance_market_options'), 'market_type') === 'spot' || text(source, 'spot_price') !== undefined;
  const mixed = mixedPolicy(node.values, text(source, 'instance_type'));
  const [first] = mixed.types;
  if (first === undefined)
    return { lines: [], unpriced: ['its instances: no launch template in this plan names an instance type'] };
  if (!hasSizes(node.values) && context.usage(node, 'instances') === undefined) return unknownSizes;
  const sizes = groupSizes(node, context, first);
  const purchase = isSpotTemplate ? { onDemandBase: 0, onDemandShare: 0 } : mixed;
  const volumes =
    configuration === undefined
      ? templateVolumes(source, sizes.instances, isGpuType(first))
      : inlineVolumes(source, sizes.instances, isGpuType(first));
  // A launch configuration monitors in detail unless told otherwise, a launch template does not.
  const monitors = configuration === undefined ? templateMonitors(source) : source['enable_monitoring'] !== false;
  const isPublic = configuration === undefined ? templateIsPublic(source) : isTrue(source, 'associate_public_ip_address');
  const hasSchedule = context.graph.siblings(node, 'aws_autoscaling_schedule').length > 0;
  return {
    lines: [
      ...fleetLines(
        {
          types: mixed.types,
          instances: sizes.instances,
          basis: sizes.basis,
          onDemandBase: purchase.onDemandBase,
          onDemandShare: purchase.onDemandShare,
        },
        context,
      ),
      ...volumes.lines,
      ...(monitors ? [detailedMonitoring(sizes.instances)] : []),
      ...(isPublic ? [publicAddresses(sizes.instances, context, 'one for each instance')] : []),
      ...creditLines(node, context),
    ],
    unpriced: tenancyGap(text(block(source, 'placement'), 'tenancy') ?? text(source, 'placement_tenancy')),
    warnings: [
      ...sizes.warnings,
      ...volumes.warnings,
      ...(hasSchedule ? ['its scheduled actions are not modelled: set hours.onPerMonth or instances in the usage file'] : []),
      ...(blocks(node.values, 'warm_pool').length > 0
        ? ['its warm pool is not counted: stopped instances pay for their volumes']
        : []),
    ],
  };
}

function applyInstance(node: ResourceNode, context: RuleContext): RuleOutcome {
  const instanceType = text(node.values, 'instance_type');
  if (instanceType === undefined) return { lines: [], unpriced: ['its instance type is not known before apply'] };
  const one = range(1);
  const given = context.usage(node, 'monthlyHours');
  const volumes = inlineVolumes(node.values, one, isGpuType(instanceType));
  const isSpot = text(block(node.values, 'instance_market_options'), 'market_type') === 'spot';
  const [hours] = fleetLines(
    { types: [instanceType], instances: one, basis: '1 instance', onDemandBase: 0, onDemandShare: isSpot ? 0 : 1 },
    context,
  );
  const isPublic = isTrue(node.values, 'associate_public_ip_address');
  return {
    lines: [
      ...(hours === undefined
        ? []
        : [given === undefined ? hours : { ...hours, quantity: given, basis: 'monthlyHours of the usage file' }]),
      ...volumes.lines,
      ...(isTrue(node.values, 'monitoring') ? [detailedMonitoring(one)] : []),
      ...(isPublic ? [publicAddresses(one, context, 'one address')] : []),
      ...creditLines(node, context),
    ],
    unpriced: tenancyGap(text(node.values, 'tenancy')),
    warnings: volumes.warnings,
  };
}

/** EC2 instances and Auto Scaling groups. */
export const ec2Rules: Rule[] = [
  { types: ['aws_autoscaling_group'], usageKeys: ['instances', 'cpuCreditHours'], apply: applyGroup },
  { types: ['aws_instance'], usageKeys: ['monthlyHours', 'cpuCreditHours'], apply: applyInstance },
  {
    types: ['aws_spot_instance_request'],
    usageKeys: ['monthlyHours', 'cpuCreditHours'],
    apply(node, context) {
      const spot = { ...node, values: { ...node.values, instance_market_options: [{ market_type: 'spot' }] } };
      return applyInstance(spot, context);
    },
  },
];

/** Instance types that a node group or fleet may run, in the order written. */
export const instanceTypesOf = (values: Values): string[] => texts(values, 'instance_types');
