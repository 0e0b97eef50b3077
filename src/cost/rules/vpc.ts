import type { ResourceNode } from '../plan/graph.ts';
import { listLength, text } from '../plan/values.ts';
import { range, times } from '../range.ts';
import { fixedLine, usageLine, type Rule, type RuleContext, type RuleOutcome } from './rule.ts';

/** How many subnets (and so zones) an argument names: known values, else references, else two with a warning. */
export function subnetCount(node: ResourceNode, context: RuleContext, key: string): { count: number; warnings: string[] } {
  const known = listLength(node.values, key);
  if (known !== undefined && known > 0) return { count: known, warnings: [] };
  const referenced = context.graph.referenced(node, [key], 'aws_subnet').length;
  if (referenced > 0) return { count: referenced, warnings: [] };
  return { count: 2, warnings: [`the plan does not tell how many ${key} there are: 2 assumed`] };
}

const gatewayTypes = ['aws_nat_gateway'];

function applyNat(node: ResourceNode, context: RuleContext): RuleOutcome {
  return {
    lines: [
      fixedLine({
        component: 'NAT gateway',
        category: 'network',
        priceId: 'nat.hour',
        unit: 'hour',
        quantity: context.workload.hours,
        basis: '730 h',
      }),
      usageLine(node, context, {
        component: 'data processed',
        category: 'network',
        priceId: 'nat.gb',
        unit: 'GB',
        key: 'dataProcessedGB',
        derived: context.workload.shareOf(context.workload.launchGB, gatewayTypes),
        derivedBasis: 'launches × launches.downloadGB, shared by the NAT gateways',
      }),
    ],
  };
}

function applyEndpoint(node: ResourceNode, context: RuleContext): RuleOutcome {
  const kind = text(node.values, 'vpc_endpoint_type') ?? 'Gateway';
  if (kind === 'Gateway') return { lines: [] };
  if (kind !== 'Interface') return { lines: [], unpriced: [`endpoints of type ${kind}`] };
  const { count, warnings } = subnetCount(node, context, 'subnet_ids');
  return {
    lines: [
      fixedLine({
        component: 'interface endpoint',
        category: 'network',
        priceId: 'vpce.hour',
        unit: 'hour',
        quantity: times(range(count), context.workload.hours),
        basis: `730 h × ${count} zones`,
      }),
      usageLine(node, context, {
        component: 'data processed',
        category: 'network',
        priceId: 'vpce.gb',
        unit: 'GB',
        key: 'dataProcessedGB',
      }),
    ],
    warnings,
  };
}

const hourly =
  (component: string, priceId: string): Rule['apply'] =>
  (_node, context) => ({
    lines: [
      fixedLine({ component, category: 'network', priceId, unit: 'hour', quantity: context.workload.hours, basis: '730 h' }),
    ],
  });

/** NAT, addresses, endpoints, flow logs, VPN and transit gateways. */
export const vpcRules: Rule[] = [
  { types: gatewayTypes, usageKeys: ['dataProcessedGB'], apply: applyNat },
  { types: ['aws_eip'], usageKeys: [], apply: hourly('public IPv4 address', 'ipv4.inuse') },
  { types: ['aws_vpc_endpoint'], usageKeys: ['dataProcessedGB'], apply: applyEndpoint },
  {
    types: ['aws_flow_log'],
    usageKeys: ['ingestGB'],
    apply(node, context) {
      const destination = text(node.values, 'log_destination_type') ?? 'cloud-watch-logs';
      if (destination !== 'cloud-watch-logs') return { lines: [], unpriced: [`delivery of vended logs to ${destination}`] };
      return {
        lines: [
          usageLine(node, context, {
            component: 'vended logs',
            category: 'monitoring',
            priceId: 'cw.logs.vended',
            unit: 'GB',
            key: 'ingestGB',
          }),
        ],
      };
    },
  },
  { types: ['aws_vpn_connection'], usageKeys: [], apply: hourly('VPN connection', 'vpn.hour') },
  {
    types: ['aws_ec2_transit_gateway_vpc_attachment'],
    usageKeys: ['dataProcessedGB'],
    apply: (node, context) => ({
      lines: [
        ...hourly('transit gateway attachment', 'tgw.hour')(node, context).lines,
        usageLine(node, context, {
          component: 'data processed',
          category: 'network',
          priceId: 'tgw.gb',
          unit: 'GB',
          key: 'dataProcessedGB',
        }),
      ],
    }),
  },
];
