import type { Target } from '../../target.ts';
import { listValue, numberValue, objectValue, textValue } from '../../target.ts';

/** Instance types of the fleet, the first choice first; defaults are those of the topology's variables. */
export function instanceTypesOf({ values }: Target): readonly [string, ...string[]] {
  const first = textValue(values, 'instance_type') ?? 'g5.xlarge';
  const others = values['fallback_instance_types'] === undefined ? ['g4dn.xlarge'] : listValue(values, 'fallback_instance_types');
  return [first, ...others.filter((type) => type !== first)];
}

/** How many GPU hosts there are at least, and at most. */
export function fleetSizeOf({ values }: Target): { min: number; max: number } {
  return { min: Math.max(1, numberValue(values, 'min_instances', 1)), max: numberValue(values, 'max_instances', 4) };
}

/** How many of so many GPU hosts are on demand; the others are spot ones. Parts of a host count as on demand, as Auto Scaling rounds. */
export function onDemandOf({ values }: Target, hosts: number): number {
  const spot = objectValue(values, 'spot');
  if (spot === undefined) return hosts;
  const base = Math.min(hosts, numberValue(spot, 'on_demand_base', 1));
  return base + Math.ceil(((hosts - base) * numberValue(spot, 'on_demand_percentage', 0)) / 100);
}

/** Zones that the deployment spreads over. */
export const zonesOf = ({ values }: Target): readonly string[] => listValue(values, 'availability_zones');

/** The addresses of the network. */
export const networkOf = ({ values }: Target): string => textValue(values, 'vpc_cidr') ?? '10.0.0.0/16';

/** Whether hosts reach AWS over a NAT gateway. */
export const hasNat = ({ values }: Target): boolean => textValue(values, 'egress_mode') === 'nat';
