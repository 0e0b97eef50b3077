import type { Aws } from './clients.ts';
import { isMissing } from './describe-error.ts';

/** An object's text; undefined: no such object or bucket. */
export async function readText(aws: Aws, bucket: string, key: string): Promise<string | undefined> {
  try {
    const { Body } = await (await aws.client('s3')).getObject({ Bucket: bucket, Key: key });
    return await Body?.transformToString();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
