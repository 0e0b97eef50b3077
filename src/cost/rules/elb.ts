import { approximateMicro } from '../money.ts';
import type { ResourceNode } from '../plan/graph.ts';
import { blocks, isTrue, text } from '../plan/values.ts';
import { each, range, times, type Range, type Scenario } from '../range.ts';
import { hoursPerMonth } from '../usage/workload.ts';
import { fixedLine, usageLine, type LineItem, type Rule, type RuleContext, type RuleOutcome } from './rule.ts';
import { subnetCount } from './vpc.ts';

const balancerTypes = ['aws_lb', 'aws_alb'];

/** What one capacity unit holds in each dimension (Elastic Load Balancing price page). */
const units = {
  application: { connectionsPerSecond: 25, activeConnections: 3000, gigabytesPerHour: 1, rulesPerSecond: 1000 },
  network: {
    connectionsPerSecond: 800,
    activeConnections: 100_000,
    gigabytesPerHour: 1,
    rulesPerSecond: Number.POSITIVE_INFINITY,
  },
};

interface Load {
  connectionsPerSecond: number;
  activeConnections: number;
  gigabytesPerHour: number;
  rulesPerSecond: number;
}

/** Capacity units of an hour: the dimension that needs most, never a sum. */
export function capacityUnits(load: Load, kind: keyof typeof units): number {
  const unit = units[kind];
  return Math.max(
    load.connectionsPerSecond / unit.connectionsPerSecond,
    load.activeConnections / unit.activeConnections,
    load.gigabytesPerHour / unit.gigabytesPerHour,
    load.rulesPerSecond / unit.rulesPerSecond,
  );
}

const loadKeys = ['processedGB', 'connectionsPerSecond', 'activeConnections', 'rulesPerSecond'] as const;

/** Capacity-unit hours of a month from what the usage file says of the load, the month taken as even. */
function givenUnits(node: ResourceNode, context: RuleContext, kind: keyof typeof units): Range | undefined {
  const given = loadKeys.map((key) => context.usage(node, key));
  if (given.every((value) => value === undefined)) return undefined;
  const at = (index: number, scenario: Scenario): number => approximateMicro(given[index]?.[scenario] ?? 0n);
  return each((scenario) => {
    const load = {
      gigabytesPerHour: at(0, scenario) / hoursPerMonth,
      connectionsPerSecond: at(1, scenario),
      activeConnections: at(2, scenario),
      rulesPerSecond: at(3, scenario),
    };
    return range((capacityUnits(load, kind) * hoursPerMonth).toFixed(6)).typical;
  });
}

/** All balancers of a kind share the traffic evenly, so their load is worked out once for each workload. */
const derived = new WeakMap<RuleContext, Map<keyof typeof units, Range>>();

function sharedUnits(context: RuleContext, kind: keyof typeof units): Range {
  const known = derived.get(context) ?? new Map<keyof typeof units, Range>();
  derived.set(context, known);
  const answer = known.get(kind) ?? derivedUnits(context, kind);
  known.set(kind, answer);
  return answer;
}

/** The same from the traffic, hour by hour: every request counted as a new connection that lives a minute. */
function derivedUnits(context: RuleContext, kind: keyof typeof units): Range {
  const { workload } = context;
  const balancers = context.graph.ofType(...balancerTypes).length;
  const totalRequests = (scenario: Scenario): number => Math.max(1, approximateMicro(workload.requests[scenario]));
  return each((scenario) => {
    const gigabytesPerRequest = approximateMicro(workload.responseGB[scenario]) / totalRequests(scenario);
    const perHour = workload.meanOverDay(scenario, (requestsPerSecond) => {
      const rate = requestsPerSecond / Math.max(1, balancers);
      return capacityUnits(
        {
          connectionsPerSecond: rate,
          activeConnections: rate * 60,
          gigabytesPerHour: rate * 3600 * gigabytesPerRequest,
          rulesPerSecond: 0,
        },
        kind,
      );
    });
    return range((perHour * hoursPerMonth).toFixed(6)).typical;
  });
}

function capacityLine(node: ResourceNode, context: RuleContext, kind: keyof typeof units): LineItem {
  const fromLoad = givenUnits(node, context, kind);
  const priceId = kind === 'application' ? 'alb.lcu' : 'nlb.lcu';
  const line = usageLine(node, context, {
    component: 'capacity units',
    category: 'network',
    priceId,
    unit: 'LCU-hour',
    key: 'lcuHours',
    derived: fromLoad ?? sharedUnits(context, kind),
    derivedBasis:
      fromLoad === undefined ? 'largest of connections, active connections and GB in each hour' : 'load given in the usage file',
  });
  return fromLoad === undefined || line.assumption?.from === 'usage-file'
    ? line
    : { ...line, assumption: { key: 'processedGB', from: 'usage-file' } };
}

/** Public addresses that AWS gives a balancer itself: one a subnet. An Elastic IP of a mapping is an `aws_eip`, and billed there. */
function publicAddressCount(node: ResourceNode, context: RuleContext): { count: number; warnings: string[] } {
  if (isTrue(node.values, 'internal') || text(node.values, 'ip_address_type') === 'dualstack-without-public-ipv4')
    return { count: 0, warnings: [] };
  const mappings = blocks(node.values, 'subnet_mapping');
  if (mappings.length === 0) return subnetCount(node, context, 'subnets');
  const elastic =
    context.graph.referenced(node, ['subnet_mapping', 'allocation_id'], 'aws_eip').length > 0
      ? mappings
      : mappings.filter((mapping) => text(mapping, 'allocation_id') !== undefined);
  return { count: mappings.length - elastic.length, warnings: [] };
}

function applyBalancer(node: ResourceNode, context: RuleContext): RuleOutcome {
  const kind = text(node.values, 'load_balancer_type') ?? 'application';
  if (kind !== 'application' && kind !== 'network') return { lines: [], unpriced: [`load balancers of type ${kind}`] };
  const { count, warnings } = publicAddressCount(node, context);
  const prefix = kind === 'application' ? 'alb' : 'nlb';
  return {
    lines: [
      fixedLine({
        component: `${kind} load balancer`,
        category: 'network',
        priceId: `${prefix}.hour`,
        unit: 'hour',
        quantity: context.workload.hours,
        basis: '730 h',
      }),
      capacityLine(node, context, kind),
      ...(count > 0
        ? [
            fixedLine({
              component: 'public IPv4 addresses',
              category: 'network',
              priceId: 'ipv4.inuse',
              unit: 'hour',
              quantity: times(range(count), context.workload.hours),
              basis: `730 h × ${count} subnets`,
            }),
          ]
        : []),
    ],
    warnings,
  };
}

/** Load balancers. */
export const elbRules: Rule[] = [
  { types: balancerTypes, usageKeys: ['lcuHours', ...loadKeys], apply: applyBalancer },
  {
    types: ['aws_elb'],
    usageKeys: ['processedGB'],
    apply: (node, context) => ({
      lines: [
        fixedLine({
          component: 'classic load balancer',
          category: 'network',
          priceId: 'clb.hour',
          unit: 'hour',
          quantity: context.workload.hours,
          basis: '730 h',
        }),
        usageLine(node, context, {
          component: 'data processed',
          category: 'network',
          priceId: 'clb.gb',
          unit: 'GB',
          key: 'processedGB',
        }),
      ],
    }),
  },
];
