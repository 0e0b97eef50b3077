import { pass, warn, type Check } from '../check.ts';
import { networkOf } from './instance-types.ts';

/** The network's addresses are not those of another network of the region, with which it could then never be joined. */
export const networkRangeCheck: Check = {
  id: 'network-range',
  phase: 'account',
  async run(context) {
    const { aws, target } = context;
    const range = networkOf(target);
    const { Vpcs = [] } = await (await aws.client('ec2')).describeVpcs({});
    const own = (await context.deployed()).vpcIds;
    const others = Vpcs.filter(({ VpcId }) => !own.includes(VpcId ?? ''));
    const overlapping = others.filter(({ CidrBlock, CidrBlockAssociationSet = [] }) =>
      [CidrBlock, ...CidrBlockAssociationSet.map((block) => block.CidrBlock)].some(
        (block) => block !== undefined && overlaps(block, range),
      ),
    );
    if (overlapping.length === 0) return pass(`${range} is used by no other network`);
    const told = overlapping.map(({ VpcId, CidrBlock }) => `${VpcId} (${CidrBlock})`).join(', ');
    return warn(
      `${range} overlaps with ${told}`,
      'harmless unless they are to be joined by peering; else set vpc_cidr to another range',
    );
  },
};

/** Whether two IPv4 ranges such as `10.0.0.0/16` have addresses in common. */
export function overlaps(one: string, other: string): boolean {
  const [first, second] = [parse(one), parse(other)];
  return first.start <= second.end && second.start <= first.end;
}

function parse(range: string): { start: number; end: number } {
  const [address = '', bits = '32'] = range.split('/');
  const size = 2 ** (32 - Number(bits));
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const start = Math.floor(value / size) * size;
  return { start, end: start + size - 1 };
}
