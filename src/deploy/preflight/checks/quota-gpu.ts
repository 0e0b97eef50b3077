import type { Instance } from '@aws-sdk/client-ec2';
import type { Aws } from '../../aws/clients.ts';
import { fail, pass, warn, type Check, type CheckContext, type Finding } from '../check.ts';
import { quotaValue } from '../quota-value.ts';
import { fleetSizeOf, instanceTypesOf, onDemandOf } from './instance-types.ts';

interface Kind {
  id: string;
  /** Of the quota in vCPUs; 0 in many new accounts. */
  quotaCode: string;
  adjective: string;
  isSpot: boolean;
}

const kinds: readonly Kind[] = [
  // "Running On-Demand G and VT instances"
  { id: 'quota-gpu', quotaCode: 'L-DB2E81BA', adjective: 'on-demand', isSpot: false },
  // "All G and VT Spot Instance Requests"
  { id: 'quota-gpu-spot', quotaCode: 'L-3819A6DF', adjective: 'spot', isSpot: true },
];

/**
 * There is room for the fewest hosts (else nothing starts), for the most (else it does not scale out), and for one more: a new host starts before an outdated
 * or sick one goes, also above `max_instances`. Spot hosts count under a quota of their own.
 */
export const gpuQuotaChecks: readonly Check[] = kinds.map((kind) => ({
  id: kind.id,
  phase: 'account',
  run: (context) => checkKind(context, kind),
}));

async function checkKind(context: CheckContext, { quotaCode, adjective, isSpot }: Kind): Promise<Finding> {
  const { aws, target } = context;
  const fleet = fleetSizeOf(target);
  const shareOf = (hosts: number) => (isSpot ? hosts - onDemandOf(target, hosts) : onDemandOf(target, hosts));
  const [min, max, inUpdate] = [shareOf(fleet.min), shareOf(fleet.max), shareOf(fleet.max + 1)];
  if (inUpdate === 0) return pass(`no ${adjective} hosts`);
  const [type] = instanceTypesOf(target);
  const [limit, each, used] = await Promise.all([
    quotaValue(aws, 'ec2', quotaCode),
    vcpusOf(aws, type),
    usedByOthers(context, isSpot),
  ]);
  const room = Math.max(0, limit - used);
  const told = `${limit} vCPUs of ${isSpot ? 'spot ' : ''}G and VT instances${used > 0 ? `, ${used} used by others` : ''}; ${type} has ${each}`;
  const wanted = used + inUpdate * each;
  const fix = `ask for ${wanted} (takes hours to days): aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${quotaCode} --desired-value ${wanted} --region ${target.region}`;
  if (room < min * each) return fail(`${told}: no room for ${hosts(min)}`, fix);
  if (room < max * each) {
    const most = max === fleet.max ? '' : `${max} ${adjective} hosts under `;
    return warn(`${told}: room for ${Math.floor(room / each)} of ${most}max_instances = ${fleet.max} hosts`, fix);
  }
  if (max === 0)
    return room < each
      ? warn(`${told}: no room, where an update may add one at full size`, fix)
      : pass(`${told}: room for one in an update`);
  if (room < inUpdate * each)
    return warn(
      `${told}: room for ${hosts(max)}, but for no new one before an old one goes: with all running, an update could not begin`,
      fix,
    );
  return pass(`${told}: room for ${hosts(max)}${inUpdate > max ? ' and one more in an update' : ''}`);
}

const hosts = (count: number): string => `${count} ${count === 1 ? 'host' : 'hosts'}`;

async function vcpusOf(aws: Aws, type: string): Promise<number> {
  const ec2 = await aws.client('ec2');
  const { InstanceTypes = [] } = await ec2.describeInstanceTypes({ InstanceTypes: [type as 'g5.xlarge'] });
  const count = InstanceTypes[0]?.VCpuInfo?.DefaultVCpus;
  if (count === undefined) throw new Error(`AWS does not say how many vCPUs ${type} has`);
  return count;
}

/** vCPUs of running G and VT instances, either spot ones or the others, but for this deployment's. */
async function usedByOthers({ aws, names }: CheckContext, isSpot: boolean): Promise<number> {
  const ec2 = await aws.client('ec2');
  const instances: Instance[] = [];
  let NextToken: string | undefined;
  do {
    const page = await ec2.describeInstances({
      Filters: [
        { Name: 'instance-state-name', Values: ['pending', 'running'] },
        { Name: 'instance-type', Values: ['g*', 'vt*'] },
      ],
      NextToken,
    });
    instances.push(...(page.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []));
    NextToken = page.NextToken;
  } while (NextToken !== undefined && NextToken !== '');
  return instances
    .filter((instance) => (instance.InstanceLifecycle === 'spot') === isSpot && /^(g|vt)\d/.test(instance.InstanceType ?? ''))
    .filter((instance) => !instance.Tags?.some(({ Key, Value }) => Key === 'aws:autoscaling:groupName' && Value === names.fleet))
    .reduce((sum, { CpuOptions }) => sum + (CpuOptions?.CoreCount ?? 0) * (CpuOptions?.ThreadsPerCore ?? 1), 0);
}
