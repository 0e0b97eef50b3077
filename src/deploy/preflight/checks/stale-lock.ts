import { join } from 'node:path';
import { quoted } from '../../../tofu/quoted.ts';
import { isMissing } from '../../aws/describe-error.ts';
import { backendOf, backendOptions } from '../../roots/backend.ts';
import { fail, pass, warn, type Check, type CheckContext } from '../check.ts';

const staleMs = 60 * 60_000;

/** What OpenTofu writes about who holds a lock. */
interface Lock {
  ID?: string;
  Operation?: string;
  Who?: string;
  Created?: string;
}

/** Nobody holds the state's lock; one that is older than an hour was left behind. */
export const staleLockCheck: Check = {
  id: 'lock',
  phase: 'state',
  async run(context) {
    const { target, names, nowMs } = context;
    const [inTable, inBucket] = await Promise.all([tableLock(context), bucketLock(context)]);
    const lock = inTable ?? inBucket;
    if (lock === undefined) return pass(`nobody holds the lock of ${target.stateKey}`);
    const age = nowMs - Date.parse(lock.Created ?? '');
    const told = `${lock.Who ?? 'somebody'} has held the lock of ${target.stateKey} for ${Math.round(age / 60_000)} minutes (${lock.Operation ?? 'unknown operation'})`;
    if (age < staleMs) return warn(told, 'wait until it is done');
    const at = `tofu -chdir=${quoted(join(target.infrastructure, 'topologies', target.topology))}`;
    const settings = backendOptions(backendOf(names, target.region, target.stateKey)).join(' ');
    return fail(
      told,
      `if nothing runs any more: ${at} init -reconfigure ${settings} && ${at} force-unlock -force ${lock.ID ?? '<id>'}`,
    );
  },
};

async function tableLock({ aws, names, target }: CheckContext): Promise<Lock | undefined> {
  const client = await aws.client('dynamodb');
  try {
    const key = { LockID: { S: `${names.stateBucket}/${target.stateKey}` } };
    const { Item } = await client.getItem({ TableName: names.lockTable, Key: key, ConsistentRead: true });
    return Item === undefined ? undefined : parse(Item['Info']?.S);
  } catch (error) {
    // Another check tells that the table is missing.
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function bucketLock({ aws, names, target }: CheckContext): Promise<Lock | undefined> {
  const s3 = await aws.client('s3');
  try {
    const { Body } = await s3.getObject({ Bucket: names.stateBucket, Key: `${target.stateKey}.tflock` });
    return parse(await Body?.transformToString());
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function parse(text: string | undefined): Lock {
  try {
    const lock: unknown = JSON.parse(text ?? '{}');
    return typeof lock === 'object' && lock !== null ? lock : {};
  } catch {
    return {};
  }
}
