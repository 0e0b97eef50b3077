import { fail, pass, warn, type Check } from '../check.ts';
import { instanceTypesOf, zonesOf } from './instance-types.ts';

/** Each zone offers at least one of the instance types. Whether there is capacity cannot be asked. */
export const offeringsCheck: Check = {
  id: 'instance-types',
  phase: 'account',
  async run({ aws, target }) {
    const types = instanceTypesOf(target);
    const ec2 = await aws.client('ec2');
    const { InstanceTypeOfferings = [] } = await ec2.describeInstanceTypeOfferings({
      LocationType: 'availability-zone',
      Filters: [{ Name: 'instance-type', Values: [...types] }],
    });
    const offers = (type: string, zone: string) =>
      InstanceTypeOfferings.some(({ InstanceType, Location }) => InstanceType === type && Location === zone);
    const zones = zonesOf(target);
    const elsewhere = [...new Set(InstanceTypeOfferings.map(({ Location }) => Location))].sort().join(', ') || 'none';
    const bare = zones.filter((zone) => !types.some((type) => offers(type, zone)));
    const fix = `zones with one of them: ${elsewhere}; change availability_zones, or add to fallback_instance_types`;
    if (bare.length === zones.length) return fail(`no zone of ${zones.join(', ')} offers ${types.join(' or ')}`, fix);
    if (bare.length > 0) return warn(`${bare.join(', ')} offers none of ${types.join(', ')}`, fix);
    const lacking = zones.filter((zone) => !offers(types[0], zone));
    if (lacking.length > 0)
      return warn(`${types[0]} is not offered in ${lacking.join(', ')}, only ${types.slice(1).join(', ')}`, fix);
    return types.length === 1 && zones.length < 3
      ? warn(
          `${types[0]} in ${zones.join(', ')}: one type in few zones runs out of capacity sooner`,
          'add fallback_instance_types or zones',
        )
      : pass(`${types.join(', ')} in ${zones.join(', ')}`);
  },
};
