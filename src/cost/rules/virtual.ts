import type { Graph, ResourceNode } from '../plan/graph.ts';
import { block, blocks, text } from '../plan/values.ts';
import { range, times } from '../range.ts';
import { usageLine, type Rule, type RuleContext, type RuleOutcome } from './rule.ts';

/** Resources that no plan shows but every bill does; always printed. */
const virtualTypes = ['data-transfer', 'custom-metrics'] as const;

const entryTypes = ['aws_api_gateway_rest_api', 'aws_apigatewayv2_api', 'aws_lb', 'aws_alb', 'aws_elb'];

/** One node for each virtual type, in the region where most of the plan lies. */
export function virtualNodes(graph: Graph): ResourceNode[] {
  const regions = Map.groupBy(
    graph.nodes.flatMap((node) => node.region ?? []),
    (region) => region,
  );
  const [busiest] = [...regions].sort(([, left], [, right]) => right.length - left.length);
  if (busiest === undefined) return [];
  return virtualTypes.map((type) => ({
    address: type,
    type,
    name: type,
    index: undefined,
    modulePath: '',
    moduleAddress: '',
    action: 'no-op',
    values: {},
    region: busiest[0],
  }));
}

function applyTransfer(node: ResourceNode, context: RuleContext): RuleOutcome {
  const hasEntry = context.graph.ofType(...entryTypes).length > 0;
  const transfer = { category: 'data-transfer' as const, unit: 'GB' };
  const between = context.usage(node, 'interAzGB');
  const zones = usageLine(node, context, {
    ...transfer,
    component: 'between zones, both directions',
    priceId: 'dto.interaz',
    key: 'interAzGB',
    derived: context.graph.ofType('aws_nat_gateway').length === 1 ? context.workload.launchGB : range(0),
    derivedBasis: 'what launches pull through a single NAT gateway; set interAzGB for more',
  });
  return {
    lines: [
      usageLine(node, context, {
        ...transfer,
        component: 'out to the internet',
        priceId: 'dto.internet',
        key: 'internetGB',
        derived: hasEntry ? context.workload.responseGB : undefined,
        derivedBasis: 'answers: requests × response size',
      }),
      // A GB between zones is billed where it leaves and where it arrives.
      { ...zones, quantity: times(between ?? zones.quantity ?? range(0), range(2)) },
      ...(context.usage(node, 'interRegionGB') === undefined
        ? []
        : [
            usageLine(node, context, {
              ...transfer,
              component: 'to other regions',
              priceId: 'dto.interregion',
              key: 'interRegionGB',
            }),
          ]),
      ...(context.usage(node, 'usEast2GB') === undefined
        ? []
        : [
            usageLine(node, context, {
              ...transfer,
              component: 'to us-east-2',
              priceId: 'dto.interregion.use2',
              key: 'usEast2GB',
            }),
          ]),
    ],
  };
}

/** Custom metrics that the plan's alarms name: at least these are published. */
function namedMetrics(graph: Graph): number {
  const names = new Set<string>();
  for (const alarm of graph.ofType('aws_cloudwatch_metric_alarm')) {
    const metrics = [alarm.values, ...blocks(alarm.values, 'metric_query').flatMap((query) => blocks(query, 'metric'))];
    for (const metric of metrics) {
      const namespace = text(metric, 'namespace');
      if (namespace !== undefined && !namespace.startsWith('AWS/'))
        names.add(`${namespace}|${text(metric, 'metric_name') ?? ''}|${JSON.stringify(block(metric, 'dimensions'))}`);
    }
  }
  return names.size;
}

/** Data transfer and custom metrics. */
export const virtualRules: Rule[] = [
  { types: ['data-transfer'], usageKeys: ['internetGB', 'interAzGB', 'interRegionGB', 'usEast2GB'], apply: applyTransfer },
  {
    types: ['custom-metrics'],
    usageKeys: ['count'],
    apply: (node, context) => ({
      lines: [
        usageLine(node, context, {
          component: 'custom metrics',
          category: 'monitoring',
          priceId: 'cw.metrics',
          unit: 'metric-month',
          key: 'count',
          derived: range(namedMetrics(context.graph)),
          derivedBasis: 'metrics that alarms of this plan name; set count for those no alarm names',
        }),
      ],
    }),
  },
];
