import type { Instance } from '@aws-sdk/client-ec2';
import type { Aws } from '../../aws/clients.ts';
import { fail, pass, warn, type Check, type CheckContext } from '../check.ts';
import { quotaValue } from '../quota-value.ts';
import { fleetSizeOf, instanceTypesOf } from './instance-types.ts';

/** "Running On-Demand G and VT instances", in vCPUs; 0 in many new accounts. */
const quotaCode = 'L-DB2E81BA';

/**
 * There is room for the fewest hosts (else nothing starts), for the most (else it does not scale out), and for one more: a new host starts before an outdated
 * or sick one goes, also above `max_instances`.
 */
export const gpuQuotaCheck: Check = {
  id: 'quota-gpu',
  phase: 'account',
  async run(context) {
    const { aws, target } = context;
    const [type] = instanceTypesOf(target);
    const { min, max } = fleetSizeOf(target);
    const [limit, each, used] = await Promise.all([quotaValue(aws, 'ec2', quotaCode), vcpusOf(aws, type), usedByOthers(context)]);
    const room = limit - used;
    const told = `${limit} vCPUs of G and VT instances${used > 0 ? `, ${used} used by others` : ''}; ${type} has ${each}`;
    const wanted = used + (max + 1) * each;
    const fix = `ask for ${wanted} (takes hours to days): aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${quotaCode} --desired-value ${wanted} --region ${target.region}`;
    if (room < min * each) return fail(`${told}: no room for ${min} ${min === 1 ? 'host' : 'hosts'}`, fix);
    if (room < max * each) return warn(`${told}: room for ${Math.floor(room / each)} of max_instances = ${max} hosts`, fix);
    const most = `room for ${max} ${max === 1 ? 'host' : 'hosts'}`;
    if (room < (max + 1) * each)
      return warn(
        `${told}: ${most}, but for no new one before an old one goes: with all running, an update could not begin`,
        fix,
      );
    return pass(`${told}: ${most} and one more in an update`);
  },
};

async function vcpusOf(aws: Aws, type: string): Promise<number> {
  const ec2 = await aws.client('ec2');
  const { InstanceTypes = [] } = await ec2.describeInstanceTypes({ InstanceTypes: [type as 'g5.xlarge'] });
  const count = InstanceTypes[0]?.VCpuInfo?.DefaultVCpus;
  if (count === undefined) throw new Error(`AWS does not say how many vCPUs ${type} has`);
  return count;
}

/** vCPUs of running G and VT instances but for spot ones, which have a quota of their own, and this deployment's. */
async function usedByOthers({ aws, names }: CheckContext): Promise<number> {
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
    .filter((instance) => instance.InstanceLifecycle !== 'spot' && /^(g|vt)\d/.test(instance.InstanceType ?? ''))
    .filter((instance) => !instance.Tags?.some(({ Key, Value }) => Key === 'aws:autoscaling:groupName' && Value === names.fleet))
    .reduce((sum, { CpuOptions }) => sum + (CpuOptions?.CoreCount ?? 0) * (CpuOptions?.ThreadsPerCore ?? 1), 0);
}
