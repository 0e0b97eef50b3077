import { fail, pass, warn, type Check } from '../check.ts';
import { zonesOf } from './instance-types.ts';

/**
 * Zones in which API Gateway makes no VPC link V2, of every region that it names: those that it leaves out (API Gateway Developer Guide, "VPC links V2",
 * as of November 2026).
 */
export const withoutVpcLink: Readonly<Record<string, readonly string[]>> = {
  'ap-east-1': ['ape1-az1'],
  'ap-northeast-1': ['apne1-az3'],
  'ap-northeast-2': ['apne2-az4'],
  'ap-south-1': [],
  'ap-southeast-1': [],
  'ap-southeast-2': [],
  'ca-central-1': ['cac1-az4'],
  'eu-central-1': [],
  'eu-north-1': [],
  'eu-south-2': [],
  'eu-west-1': [],
  'eu-west-2': [],
  'eu-west-3': ['euw3-az2'],
  'me-south-1': [],
  'sa-east-1': [],
  'us-east-1': ['use1-az3'],
  'us-east-2': [],
  'us-gov-west-1': [],
  'us-west-1': ['usw1-az2'],
  'us-west-2': [],
};

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
    if (withoutVpcLink[target.region] === undefined) {
      return warn(
        `${target.region} is not among the regions of which AWS says that API Gateway makes VPC links there`,
        'take one that is, or try it: the list may have grown since',
      );
    }
    return pass(wanted.map((name) => `${name} (${idOf(name)})`).join(', '));
  },
};
