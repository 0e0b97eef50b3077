import { strictEqual } from 'node:assert';
import { GetPolicyCommand, GetPolicyVersionCommand, IAMClient } from '@aws-sdk/client-iam';
import { readAuthorizationData } from '../infrastructure/permissions/authorization-data.ts';
import { permissionFaults } from '../infrastructure/permissions/permission-faults.ts';
import { clientOptions } from './leftovers.ts';
import type { MockAws } from './mock-aws.ts';
import type { Rehearsal } from './rehearsal.ts';

const managedInstances = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore';

/** AWS's own policies that roles of ours carry, as the mock has them. */
export async function managedPolicies(aws: MockAws): Promise<Map<string, string>> {
  const iam = new IAMClient(clientOptions(aws));
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn: managedInstances }));
  const version = { PolicyArn: managedInstances, VersionId: Policy?.DefaultVersionId ?? '' };
  const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand(version));
  return new Map([[managedInstances, decodeURIComponent(PolicyVersion?.Document ?? '')]]);
}

/** Everything that was asked for must be allowed by the policies of who asked, which the mock does not enforce. Throws with what is not. */
export async function checkPermissions({ aws, transcript }: Rehearsal): Promise<void> {
  const requests = await aws.requests();
  const faults = permissionFaults({ requests, data: await readAuthorizationData(), managed: await managedPolicies(aws) });
  strictEqual(faults.join('\n'), '', 'the policies are not what they have to be');
  const count = (actor: string) => requests.filter((request) => request.actor === actor).length;
  transcript.say(`# The roles allow what was asked for: ${count('plan')} requests of plans, ${count('deploy')} of deployments`);
}
