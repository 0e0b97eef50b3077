import type { S3 } from '@aws-sdk/client-s3';
import { isMissing } from '../../aws/describe-error.ts';
import { bootstrapLine } from '../../names.ts';
import { fail, pass, warn, type Check } from '../check.ts';

/** The bucket of states is there, in this region, versioned and encrypted. */
export const stateBucketCheck: Check = {
  id: 'state-bucket',
  phase: 'state',
  async run({ aws, names, target }) {
    const bucket = names.stateBucket;
    const s3 = await aws.client('s3');
    const region = await regionOf(s3, bucket);
    if (region === undefined) return fail(`there is no bucket ${bucket}`, bootstrapLine(target));
    if (region !== target.region)
      return fail(
        `${bucket} lies in ${region}`,
        `its name says ${target.region}: move the states, then delete it and run sluice bootstrap`,
      );
    const [{ Status }, rules] = await Promise.all([s3.getBucketVersioning({ Bucket: bucket }), encryption(s3, bucket)]);
    if (Status !== 'Enabled') {
      return fail(
        `${bucket} keeps no versions: a lost state could not be brought back`,
        `aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled`,
      );
    }
    if (rules === undefined) return fail(`${bucket} is not encrypted`, `set it right: ${bootstrapLine(target)}`);
    if (rules !== 'aws:kms')
      return warn(`${bucket}: versioned, encrypted with ${rules}`, `encrypt it with a key of its own: ${bootstrapLine(target)}`);
    return pass(`${bucket}: versioned, encrypted`);
  },
};

async function regionOf(s3: S3, bucket: string): Promise<string | undefined> {
  try {
    const { BucketRegion, $metadata: _ } = await s3.headBucket({ Bucket: bucket });
    if (BucketRegion !== undefined) return BucketRegion;
    const { LocationConstraint } = await s3.getBucketLocation({ Bucket: bucket });
    return LocationConstraint === undefined ? 'us-east-1' : LocationConstraint;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function encryption(s3: S3, bucket: string): Promise<string | undefined> {
  try {
    const { ServerSideEncryptionConfiguration } = await s3.getBucketEncryption({ Bucket: bucket });
    return ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm;
  } catch (error) {
    if (isMissing(error) || (error instanceof Error && error.name.startsWith('ServerSideEncryptionConfigurationNotFound')))
      return undefined;
    throw error;
  }
}
