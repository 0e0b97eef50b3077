import type { ResourceNode } from '../plan/graph.ts';
import { block, isTrue, numeric, text } from '../plan/values.ts';
import { range } from '../range.ts';
import { plainVolume, templateVolumes } from './ebs.ts';
import { instanceTypesOf, templateOf } from './ec2.ts';
import { detailedMonitoring, fleetLines, hasSizes, isGpuType, templateMonitors, tenancyGap, unknownSizes } from './instances.ts';
import { fixedLine, type Rule, type RuleContext, type RuleOutcome } from './rule.ts';

/** What EKS gives a node group that names neither (EKS API reference, CreateNodegroup). */
const defaultNodeType = 't3.medium';
const defaultDiskGB = 20;

/** Whether Kubernetes `1.x` is older than everything in the support calendar, which drops versions long after their support ended. */
function isOlderThanCalendar(version: string | undefined, calendar: Readonly<Record<string, string>>): boolean {
  const minor = (written: string): number => Number(/^1\.(\d+)$/.exec(written)?.[1] ?? Number.NaN);
  return minor(version ?? '') < Math.min(...Object.keys(calendar).map(minor));
}

function applyCluster(node: ResourceNode, context: RuleContext): RuleOutcome {
  const version = text(node.values, 'version');
  const ends = context.facts.eksStandardSupportEnds[version ?? ''];
  const staysStandard = text(block(node.values, 'upgrade_policy'), 'support_type') === 'STANDARD';
  const isOld = isOlderThanCalendar(version, context.facts.eksStandardSupportEnds);
  const isExtended = (isOld || (ends !== undefined && ends < context.facts.today)) && !staysStandard;
  const hour = { category: 'kubernetes' as const, unit: 'hour', quantity: context.workload.hours, basis: '730 h' };
  const autoMode = isTrue(block(node.values, 'compute_config'), 'enabled');
  return {
    lines: [
      fixedLine({ ...hour, component: 'cluster', priceId: 'eks.cluster.hour' }),
      ...(isExtended
        ? [fixedLine({ ...hour, component: `extended support of ${version ?? ''}`, priceId: 'eks.extended.hour' })]
        : []),
    ],
    unpriced: autoMode ? ['the Auto Mode fee of each instance'] : [],
    warnings: [
      'what the cluster creates itself (load balancers, volumes) is not in the plan: add it as extras in the usage file',
      ...(isExtended
        ? [`Kubernetes ${version ?? ''} left standard support ${ends === undefined ? 'long ago' : `on ${ends}`}`]
        : []),
      ...(version !== undefined && ends === undefined && !isOld
        ? [`the support calendar in the price book does not know Kubernetes ${version}`]
        : []),
    ],
  };
}

function applyNodeGroup(node: ResourceNode, context: RuleContext): RuleOutcome {
  const scaling = block(node.values, 'scaling_config');
  const given = context.usage(node, 'instances');
  if (given === undefined && !hasSizes(scaling)) return unknownSizes;
  const least = numeric(scaling, 'min_size') ?? 0;
  const most = Math.max(least, numeric(scaling, 'max_size') ?? least);
  const desired = Math.min(most, Math.max(least, numeric(scaling, 'desired_size') ?? least));
  const nodes = given ?? range(least, desired, most);
  const [template] = context.graph.referenced(node, ['launch_template'], 'aws_launch_template');
  const source = template?.values ?? templateOf(node, context, 'aws_launch_template')?.values;
  const written = instanceTypesOf(node.values);
  const types = written.length > 0 ? written : [text(source ?? {}, 'instance_type') ?? defaultNodeType];
  const isGpu = isGpuType(types[0] ?? '');
  const volumes =
    source === undefined
      ? { lines: plainVolume(numeric(node.values, 'disk_size') ?? defaultDiskGB, nodes), warnings: [] }
      : templateVolumes(source, nodes, isGpu);
  const isSpot = text(node.values, 'capacity_type') === 'SPOT';
  return {
    lines: [
      ...fleetLines(
        {
          types,
          instances: nodes,
          basis: given === undefined ? `${least}..${most} nodes` : 'instances of the usage file',
          onDemandBase: 0,
          onDemandShare: isSpot ? 0 : 1,
        },
        context,
      ),
      ...volumes.lines,
      ...(source !== undefined && templateMonitors(source) ? [detailedMonitoring(nodes)] : []),
    ],
    unpriced: tenancyGap(text(block(source ?? {}, 'placement'), 'tenancy')),
    warnings: volumes.warnings,
  };
}

/** EKS clusters and managed node groups. */
export const eksRules: Rule[] = [
  { types: ['aws_eks_cluster'], usageKeys: [], apply: applyCluster },
  { types: ['aws_eks_node_group'], usageKeys: ['instances'], apply: applyNodeGroup },
  {
    types: ['aws_eks_fargate_profile'],
    usageKeys: [],
    apply: () => ({ lines: [], unpriced: ['pods on Fargate: their number and size is not in the plan; add them as extras'] }),
  },
];
