import { formatUsd, micro, product, settle, type Usd } from '../../cost/money.ts';
import type { PriceBook } from '../../cost/prices/book.ts';
import type { Aws } from '../aws/clients.ts';
import { withoutVpcLink } from '../preflight/checks/zones.ts';
import type { Tfvars } from '../tfvars.ts';

/** Something to choose, with what there is to know about it. */
export interface Choice {
  value: string;
  hint: string;
}

/** Hours of a month, as AWS's own calculator counts them. */
const monthHours = 730;

/** Interface endpoints of the topology in each zone, without that of keys (infrastructure/topologies/gpu/main.tf). */
const endpointCount = 9;

const types = ['g4dn.xlarge', 'g5.xlarge', 'g5.2xlarge', 'g5.4xlarge', 'g5.12xlarge'];

function monthly(book: PriceBook, id: string, region: string): Usd | undefined {
  const price = book.find(id, region)?.tiers[0]?.usd;
  return price === undefined ? undefined : settle(product(micro(monthHours), price));
}

/** GPU instance types of the region with their list price a month. */
export function typeChoices(book: PriceBook, region: string): readonly Choice[] {
  return types
    .filter((type) => !book.isNotOffered(`ec2.ondemand.${type}`, region))
    .map((type) => {
      const price = monthly(book, `ec2.ondemand.${type}`, region);
      return { value: type, hint: price === undefined ? 'price not known here' : `${formatUsd(price, 0)} a month each` };
    });
}

/** Both ways out with their list price a month, traffic apart. */
export function egressChoices(book: PriceBook, answers: Tfvars): readonly Choice[] {
  const region = String(answers['aws_region']);
  const zones = (answers['availability_zones'] as readonly string[]).length;
  const count = endpointCount + (answers['api_key_required'] === true ? 1 : 0);
  const [endpoint, gateway, address] = ['vpce.hour', 'nat.hour', 'ipv4.inuse'].map((id) => monthly(book, id, region));
  const told = (price: Usd | undefined) => (price === undefined ? 'price not known here' : `${formatUsd(price, 0)} a month`);
  return [
    {
      value: 'nat',
      hint: `one NAT gateway, ${told(gateway === undefined || address === undefined ? undefined : gateway + address)}`,
    },
    {
      value: 'endpoints',
      hint: `no way to the internet; ${count} in each of ${zones} zones, ${told(endpoint === undefined ? undefined : endpoint * BigInt(count * zones))}`,
    },
  ];
}

/** Zones of the region in which everything can be made; null: AWS cannot be asked. */
export async function zoneChoices(aws: Aws): Promise<readonly Choice[] | null> {
  try {
    const { AvailabilityZones = [] } = await (await aws.client('ec2')).describeAvailabilityZones({});
    return AvailabilityZones.filter(
      ({ ZoneId = '', ZoneType = 'availability-zone' }) =>
        ZoneType === 'availability-zone' && !withoutVpcLink[aws.region]?.includes(ZoneId),
    ).map(({ ZoneName = '', ZoneId = '' }) => ({ value: ZoneName, hint: ZoneId }));
  } catch {
    // A help, not a need: without credentials the zones are typed.
    return null;
  }
}
