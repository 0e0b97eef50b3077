import { isMissing } from '../../aws/describe-error.ts';
import { readStaged } from '../../stage/staged.ts';
import { fail, pass, type Check } from '../check.ts';
import { stagingLine } from './staging-line.ts';

/** The weights that hosts will load are in the bucket, with their manifest. */
export const weightsCheck: Check = {
  id: 'weights',
  phase: 'artifacts',
  async run(context) {
    const { aws, names } = context;
    const fix = await stagingLine(context, 'weights');
    const { weights } = await readStaged(aws, names.artifactsBucket);
    if (weights === undefined) return fail(`none staged in ${names.artifactsBucket}: hosts would never become ready`, fix);
    const s3 = await aws.client('s3');
    try {
      await s3.headObject({ Bucket: names.artifactsBucket, Key: `${weights.key}/manifest.sha256` });
    } catch (error) {
      if (!isMissing(error)) throw error;
      return fail(`${weights.key} has lost its manifest.sha256`, fix);
    }
    return pass(weights.key);
  },
};
