import type { Aws } from '../../aws/clients.ts';
import { fail, pass, type Check, type CheckContext } from '../check.ts';
import { quotaValue } from '../quota-value.ts';
import { hasNat, zonesOf } from './instance-types.ts';

interface Counted {
  id: string;
  noun: string;
  service: string;
  quotaCode: string;
  /** How many a first deployment adds. */
  needed(context: CheckContext): number;
  count(context: CheckContext): Promise<number>;
}

/** Quota codes: Service Quotas, "AWS default quotas" of each service. */
const counted: readonly Counted[] = [
  { id: 'quota-vpcs', noun: 'VPCs', service: 'vpc', quotaCode: 'L-F678F1CE', needed: () => 1, count: countVpcs },
  {
    id: 'quota-addresses',
    noun: 'Elastic IPs',
    service: 'ec2',
    quotaCode: 'L-0263D0A3',
    needed: ({ target }) => (hasNat(target) ? 1 : 0),
    count: countAddresses,
  },
  {
    id: 'quota-nat',
    noun: 'NAT gateways in a zone',
    service: 'vpc',
    quotaCode: 'L-FE5A380F',
    needed: ({ target }) => (hasNat(target) ? 1 : 0),
    count: countNatGateways,
  },
  {
    id: 'quota-load-balancers',
    noun: 'application load balancers',
    service: 'elasticloadbalancing',
    quotaCode: 'L-53DA6B97',
    needed: () => 1,
    count: countLoadBalancers,
  },
  {
    id: 'quota-apis',
    noun: 'regional REST APIs',
    service: 'apigateway',
    quotaCode: 'L-AA0FF27B',
    needed: () => 1,
    count: countApis,
  },
  {
    id: 'quota-vpc-links',
    noun: 'VPC links',
    service: 'apigateway',
    quotaCode: 'L-608BDCD4',
    needed: () => 1,
    count: countVpcLinks,
  },
  {
    id: 'quota-web-acls',
    noun: 'regional web ACLs',
    service: 'wafv2',
    quotaCode: 'L-2EC3DE7B',
    needed: () => 1,
    count: countWebAcls,
  },
];

/** What is counted per region still has room; what this deployment has already is not counted twice. */
export const countQuotaChecks: readonly Check[] = counted.map((item) => ({
  id: item.id,
  phase: 'account',
  async run(context) {
    const isThere = (await context.deployed()).vpcIds.length > 0;
    const needed = isThere ? 0 : item.needed(context);
    if (needed === 0) return pass(isThere ? 'this deployment has its own already' : 'none needed');
    const [limit, used] = await Promise.all([quotaValue(context.aws, item.service, item.quotaCode), item.count(context)]);
    const told = `${used} of ${limit} ${item.noun} in use`;
    if (used + needed <= limit) return pass(told);
    return fail(
      `${told}, ${needed} more needed`,
      `delete one, or ask for more: aws service-quotas request-service-quota-increase --service-code ${item.service} --quota-code ${item.quotaCode} --desired-value ${used + needed} --region ${context.target.region}`,
    );
  },
}));

/** Items of all pages. */
async function countPages<Page>(
  get: (token: string | undefined) => Promise<Page>,
  read: (page: Page) => [number, string | undefined],
) {
  let total = 0;
  let token: string | undefined;
  do {
    const [count, next] = read(await get(token));
    total += count;
    token = next === '' ? undefined : next;
  } while (token !== undefined);
  return total;
}

async function countVpcs({ aws }: { aws: Aws }): Promise<number> {
  const ec2 = await aws.client('ec2');
  return countPages(
    (NextToken) => ec2.describeVpcs({ NextToken }),
    (page) => [page.Vpcs?.length ?? 0, page.NextToken],
  );
}

async function countAddresses({ aws }: { aws: Aws }): Promise<number> {
  return (await (await aws.client('ec2')).describeAddresses({})).Addresses?.length ?? 0;
}

/** Of the zone in which the NAT gateway would be: the first. */
async function countNatGateways({ aws, target }: CheckContext): Promise<number> {
  const ec2 = await aws.client('ec2');
  const [zone] = zonesOf(target);
  const [gateways, { Subnets = [] }] = await Promise.all([
    ec2.describeNatGateways({ Filter: [{ Name: 'state', Values: ['pending', 'available'] }] }),
    ec2.describeSubnets({ Filters: [{ Name: 'availability-zone', Values: zone === undefined ? [] : [zone] }] }),
  ]);
  const inZone = new Set(Subnets.map(({ SubnetId }) => SubnetId));
  return (gateways.NatGateways ?? []).filter(({ SubnetId }) => inZone.has(SubnetId)).length;
}

async function countLoadBalancers({ aws }: { aws: Aws }): Promise<number> {
  const balancers = await aws.client('elastic-load-balancing-v2');
  return countPages(
    (Marker) => balancers.describeLoadBalancers({ Marker }),
    (page) => [page.LoadBalancers?.filter(({ Type }) => Type === 'application').length ?? 0, page.NextMarker],
  );
}

async function countApis({ aws }: { aws: Aws }): Promise<number> {
  const gateway = await aws.client('api-gateway');
  return countPages(
    (position) => gateway.getRestApis({ position, limit: 500 }),
    (page) => [page.items?.filter((api) => api.endpointConfiguration?.types?.includes('REGIONAL')).length ?? 0, page.position],
  );
}

async function countVpcLinks({ aws }: { aws: Aws }): Promise<number> {
  const gateway = await aws.client('apigatewayv2');
  return countPages(
    (NextToken) => gateway.getVpcLinks({ NextToken }),
    (page) => [page.Items?.length ?? 0, page.NextToken],
  );
}

async function countWebAcls({ aws }: { aws: Aws }): Promise<number> {
  const waf = await aws.client('wafv2');
  return countPages(
    (NextMarker) => waf.listWebACLs({ Scope: 'REGIONAL', Limit: 100, NextMarker }),
    (page) => [page.WebACLs?.length ?? 0, (page.WebACLs?.length ?? 0) < 100 ? undefined : page.NextMarker],
  );
}
