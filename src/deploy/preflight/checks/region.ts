import { textValue } from '../../target.ts';
import { fail, pass, type Check } from '../check.ts';

/** The region exists, is enabled in the account, and is the one of the environment's variables. */
export const regionCheck: Check = {
  id: 'region',
  phase: 'account',
  async run({ aws, target }) {
    const written = textValue(target.values, 'aws_region') ?? target.region;
    if (written !== target.region) {
      return fail(
        `--region says ${target.region}, the variables of ${target.environment} say ${written}`,
        `leave --region out, or change aws_region in ${target.tfvarsPath}`,
      );
    }
    const ec2 = await aws.client('ec2');
    const { Regions = [] } = await ec2.describeRegions({ RegionNames: [target.region], AllRegions: true });
    const status = Regions[0]?.OptInStatus ?? 'opt-in-not-required';
    if (status === 'not-opted-in')
      return fail(
        `${target.region} is not enabled in this account`,
        `enable it: aws account enable-region --region-name ${target.region}`,
      );
    return pass(`${target.region}, as in the variables`);
  },
};
