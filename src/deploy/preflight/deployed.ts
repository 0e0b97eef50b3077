import type { Aws } from '../aws/clients.ts';
import { isMissing } from '../aws/describe-error.ts';
import type { Names } from '../names.ts';
import type { Target } from '../target.ts';

/** What of a deployment is there: its state's existence decides whether its names are taken by itself or by others. */
export interface Deployed {
  hasState: boolean;
  /** Networks of this deployment, by their Name tag. */
  vpcIds: readonly string[];
}

/** Looks whether a deployment has a state in the state bucket, and networks. */
export async function findDeployed(aws: Aws, target: Target, names: Names): Promise<Deployed> {
  const [hasState, vpcIds] = await Promise.all([
    objectExists(aws, names.stateBucket, target.stateKey),
    ownVpcs(aws, names.prefix),
  ]);
  return { hasState, vpcIds };
}

async function objectExists(aws: Aws, bucket: string, key: string): Promise<boolean> {
  try {
    await (await aws.client('s3')).headObject({ Bucket: bucket, Key: key });
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function ownVpcs(aws: Aws, prefix: string): Promise<string[]> {
  const ec2 = await aws.client('ec2');
  const { Vpcs = [] } = await ec2.describeVpcs({ Filters: [{ Name: 'tag:Deployment', Values: [prefix] }] });
  return Vpcs.flatMap(({ VpcId }) => VpcId ?? []);
}
