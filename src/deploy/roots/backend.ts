import type { Names } from '../names.ts';

/** Where a root's state lies. */
export interface Backend {
  bucket: string;
  region: string;
  lockTable: string;
  /** `gpu/dev.tfstate` */
  key: string;
  /** KMS key of the state; undefined: as the bucket encrypts by itself. */
  kmsKeyArn?: string | undefined;
}

/** Key of the bootstrap root's own state, beside those of the others. */
export const bootstrapStateKey = 'bootstrap.tfstate';

/** The state of a key in the deployment's bucket. */
export function backendOf(names: Pick<Names, 'stateBucket' | 'lockTable'>, region: string, key: string): Backend {
  return { bucket: names.stateBucket, lockTable: names.lockTable, region, key };
}

/**
 * The backend as options of `init`. Both locks are set: the object beside the state is the newer one, and the table is what the requirements ask for
 * (R2.5); neither is deprecated in OpenTofu.
 */
export function backendOptions({ bucket, region, lockTable, key, kmsKeyArn }: Backend): string[] {
  const settings = {
    bucket,
    region,
    key,
    dynamodb_table: lockTable,
    use_lockfile: 'true',
    ...(kmsKeyArn === undefined ? {} : { encrypt: 'true', kms_key_id: kmsKeyArn }),
  };
  return Object.entries(settings).map(([name, value]) => `-backend-config=${name}=${value}`);
}
