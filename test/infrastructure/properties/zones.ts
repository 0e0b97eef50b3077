import { resourcesOf, type PlanJson, type Resource } from './plan.ts';

interface Range {
  first: number;
  last: number;
}

/** First and last address of an IPv4 range. */
export function rangeOf(cidr: string): Range {
  const [address = '', bits = ''] = cidr.split('/');
  const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return { first, last: first + 2 ** (32 - Number(bits)) - 1 };
}

export const isWithin = (inner: Range, outer: Range): boolean => inner.first >= outer.first && inner.last <= outer.last;

const overlap = (one: Range, other: Range): boolean => one.first <= other.last && other.first <= one.last;

const zoneOf = ({ values }: Resource): string => String(values['availability_zone']);
const cidrOf = ({ values }: Resource): string => String(values['cidr_block']);

/**
 * Property 4: what is wrong with the spread over zones: each tier has one subnet in each zone and none elsewhere, private ones have their route
 * table, ranges lie in the VPC's and apart. `within` names the module of the network.
 */
export function wrongSpread(
  plan: PlanJson,
  zones: readonly string[],
  tiers: readonly string[],
  within = 'module.networking',
): string[] {
  const inside = (type: string) => resourcesOf(plan, type).filter(({ moduleAddress }) => moduleAddress === within);
  const subnets = inside('aws_subnet');
  const wanted = zones.toSorted().join(' ');
  const faults = tiers.flatMap((tier) => {
    const found = subnets
      .filter(({ name }) => name === tier)
      .map(zoneOf)
      .toSorted()
      .join(' ');
    return found === wanted ? [] : [`${tier} subnets lie in [${found}] and not in [${wanted}]`];
  });
  const others = subnets.filter(({ name }) => !tiers.includes(name)).map(({ address }) => `${address} belongs to no tier`);
  const attached = inside('aws_route_table_association')
    .filter(({ name }) => name === 'private')
    .map(({ index }) => String(index));
  if (attached.toSorted().join(' ') !== wanted) faults.push(`private subnets of [${attached.join(' ')}] have a route table`);
  const [vpc] = inside('aws_vpc');
  const whole = rangeOf(vpc === undefined ? '0.0.0.0/32' : cidrOf(vpc));
  subnets.forEach((subnet, index) => {
    const range = rangeOf(cidrOf(subnet));
    if (!isWithin(range, whole)) faults.push(`${subnet.address} lies outside of the VPC: ${cidrOf(subnet)}`);
    for (const other of subnets.slice(index + 1))
      if (overlap(range, rangeOf(cidrOf(other)))) faults.push(`${subnet.address} and ${other.address} overlap`);
  });
  return [...faults, ...others];
}

/** The same of the topology's outputs: as many subnets as zones, though their ids are not known yet. */
export function wrongSubnetOutputs(plan: PlanJson, zones: readonly string[]): string[] {
  return ['public_subnet_ids', 'private_subnet_ids'].flatMap((name) => {
    const { after, after_unknown: unknown } = plan.output_changes?.[name] ?? {};
    const list = Array.isArray(after) ? after : unknown;
    return Array.isArray(list) && list.length === zones.length ? [] : [`${name} is not one for each of ${zones.length} zones`];
  });
}
