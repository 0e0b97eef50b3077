import { fail, pass, type Check } from '../check.ts';
import { zonesOf } from './instance-types.ts';

/** Zones in which API Gateway makes no VPC link V2 (API Gateway Developer Guide, "VPC links V2": Availability Zones that are supported). */
export const withoutVpcLink: Record<string, readonly string[]> = { 'us-east-1': ['use1-az3'], 'us-west-1': ['usw1-az2'] };

/** The zones exist, and API Gateway can make its VPC link in them. Names differ by account, so their ids are looked at. */
export const zonesCheck: Check = {
  id: 'zones',
  phase: 'account',
  async run({ aws, target }) {
    const { AvailabilityZones = [] } = await (await aws.client('ec2')).describeAvailabilityZones({});
    const wanted = zonesOf(target);
    const usable = AvailabilityZones.filter(
      ({ ZoneId, ZoneType = 'availability-zone' }) =>
        ZoneType === 'availability-zone' && !withoutVpcLink[target.region]?.includes(ZoneId ?? ''),
    );
    const fix = `set availability_zones to two or more of: ${usable.map(({ ZoneName }) => ZoneName).join(', ')}`;
    if (wanted.length < 2) return fail(`${wanted.length} zones: a load balancer needs two`, fix);
    const idOf = (name: string) => AvailabilityZones.find(({ ZoneName }) => ZoneName === name)?.ZoneId;
    const unknown = wanted.filter((name) => idOf(name) === undefined);
    if (unknown.length > 0) return fail(`${unknown.join(', ')}: no such zone in ${target.region} for this account`, fix);
    const refused = wanted.filter((name) => !usable.some(({ ZoneName }) => ZoneName === name));
    if (refused.length > 0) {
      return fail(`API Gateway makes no VPC link in ${refused.map((name) => `${name} (${idOf(name)})`).join(', ')}`, fix);
    }
    return pass(wanted.map((name) => `${name} (${idOf(name)})`).join(', '));
  },
};
