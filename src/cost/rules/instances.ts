import { range, times, type Range } from '../range.ts';
import type { ResourceNode } from '../plan/graph.ts';
import { micro, multiply } from '../money.ts';
import { each } from '../range.ts';
import { isTrue, block, blocks, numeric, type Values } from '../plan/values.ts';
import { scaledLine, type Facts, type LineItem, type RuleContext, type RuleOutcome } from './rule.ts';

/** Metrics of an instance that detailed monitoring bills (CloudWatch price page: charged as custom metrics). */
const detailedMetrics = 7;

/** `g5.xlarge` → `g5`. */
export const familyOf = (instanceType: string): string => instanceType.split('.')[0] ?? instanceType;

/** Whether an instance type has GPUs or other accelerators. */
export const isGpuType = (instanceType: string): boolean => /^(g|p|inf|trn|dl)\d/.test(instanceType);

/** GPUs of one instance of the G families; undefined for other families. */
export function gpuCount(instanceType: string, facts: Facts): number | undefined {
  const size = instanceType.split('.')[1] ?? '';
  if (facts.gpus[familyOf(instanceType)] === undefined) return undefined;
  if (size === '48xlarge' || size === 'metal') return 8;
  return size === '12xlarge' || size === '24xlarge' ? 4 : 1;
}

/** Whether a group says how many instances it may run; both bounds are required arguments, so a missing one is not known before apply. */
export const hasSizes = (values: Values): boolean =>
  numeric(values, 'min_size') !== undefined && numeric(values, 'max_size') !== undefined;

/** What becomes of a group without known bounds and without `instances` in the usage file: no zero that nobody sees. */
export const unknownSizes: RuleOutcome = { lines: [], unpriced: ['its instances: how many is not known before apply'] };

/** Dedicated instances and hosts cost more than the shared tenancy that the book has prices for. */
export const tenancyGap = (tenancy: string | undefined): string[] =>
  tenancy === undefined || tenancy === 'default' ? [] : [`what tenancy ${tenancy} costs above the shared one`];

interface Fleet {
  types: string[];
  instances: Range;
  /** How the number of instances came about. */
  basis: string;
  /** The first instances that are always on demand, and the share of the others that are. */
  onDemandBase: number;
  onDemandShare: number;
}

/** Splits a number of instances into on demand and Spot, linearly. EC2 rounds up to whole on-demand instances. */
function split(fleet: Fleet): { onDemand: Range; spot: Range } {
  const base = micro(fleet.onDemandBase);
  const onDemand = each((scenario) => {
    const total = fleet.instances[scenario];
    return total <= base ? total : base + multiply(total - base, micro(fleet.onDemandShare));
  });
  return { onDemand, spot: each((scenario) => fleet.instances[scenario] - onDemand[scenario]) };
}

/** Instance hours of a fleet, on demand and Spot apart; the dearest and cheapest of several types bound the forecast. */
export function fleetLines(fleet: Fleet, context: RuleContext): LineItem[] {
  const { onDemand, spot } = split(fleet);
  const [first = ''] = fleet.types;
  const hours = context.workload.hoursOn;
  const priced = (purchase: 'ondemand' | 'spot', label: string, instances: Range): LineItem =>
    scaledLine({
      component: `${label} ${fleet.types.join(' or ')}`,
      category: isGpuType(first) ? 'compute-gpu' : 'compute',
      priceId: `ec2.${purchase}.${first}`,
      ...(fleet.types.length > 1 ? { alternatives: fleet.types.map((type) => `ec2.${purchase}.${type}`) } : {}),
      unit: 'hour',
      quantity: times(instances, hours),
      basis: `${context.workload.profile.hours.onPerMonth} h × ${fleet.basis}`,
    });
  const usesOnDemand = fleet.onDemandBase > 0 || fleet.onDemandShare > 0;
  return [
    ...(usesOnDemand ? [priced('ondemand', 'on demand', onDemand)] : []),
    ...(fleet.onDemandShare < 1 ? [priced('spot', 'Spot', spot)] : []),
  ];
}

/** Detailed monitoring: seven metrics for each instance. */
export function detailedMonitoring(instances: Range): LineItem {
  return scaledLine({
    component: 'detailed monitoring',
    category: 'monitoring',
    priceId: 'cw.metrics',
    unit: 'metric-month',
    quantity: times(instances, range(detailedMetrics)),
    basis: `${detailedMetrics} metrics × instances`,
  });
}

/** Public IPv4 addresses, one for each instance or task. */
export function publicAddresses(count: Range, context: RuleContext, basis: string): LineItem {
  return scaledLine({
    component: 'public IPv4 address',
    category: 'network',
    priceId: 'ipv4.inuse',
    unit: 'hour',
    quantity: times(count, context.workload.hoursOn),
    basis,
  });
}

/** CPU credits of burstable instances, where the usage file says how many vCPU-hours burst above the baseline. */
export function creditLines(node: ResourceNode, context: RuleContext): LineItem[] {
  const given = context.usage(node, 'cpuCreditHours');
  if (given === undefined) return [];
  return [
    {
      component: 'CPU credits',
      category: 'compute',
      priceId: 'ec2.cpucredits.t3',
      unit: 'vCPU-hour',
      kind: 'usage',
      quantity: given,
      basis: 'cpuCreditHours of the usage file',
      assumption: { key: 'cpuCreditHours', from: 'usage-file' },
    },
  ];
}

/** Whether a launch template turns detailed monitoring on. */
export const templateMonitors = (template: Values): boolean => isTrue(block(template, 'monitoring'), 'enabled');

/** Whether a launch template gives its instances public addresses. */
export const templateIsPublic = (template: Values): boolean =>
  blocks(template, 'network_interfaces').some((card) => isTrue(card, 'associate_public_ip_address'));
