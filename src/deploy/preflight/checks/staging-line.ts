import { isMissing } from '../../aws/describe-error.ts';
import type { CheckContext } from '../check.ts';

/** The command that puts a part in place; before there is a place for it, the one that makes that and stages. */
export async function stagingLine({ aws, names, target }: CheckContext, only: 'weights' | 'image'): Promise<string> {
  const place = `${target.topology} --env ${target.environment}`;
  const s3 = await aws.client('s3');
  const isThere = await s3.headBucket({ Bucket: names.artifactsBucket }).then(
    () => true,
    (error: unknown) => !isMissing(error),
  );
  return isThere ? `sluice stage ${place} --only ${only}` : `deploy makes a place for it, and stages: sluice deploy ${place}`;
}
