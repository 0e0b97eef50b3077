import { textValue } from '../../target.ts';
import { fail, pass, warn, type Check } from '../check.ts';

/** The credentials are of the account that the variables name, and not its owner's. */
export const accountCheck: Check = {
  id: 'account',
  phase: 'account',
  async run({ account, callerArn, target }) {
    const written = textValue(target.values, 'account_id');
    if (written !== undefined && written !== account) {
      return fail(
        `the credentials are of account ${account}, the variables say ${written}`,
        'use the AWS_PROFILE of that account, or change account_id',
      );
    }
    if (callerArn.endsWith(':root')) return warn(`${account}, as its root user`, 'use a role: what root does cannot be limited');
    return pass(`${account} as ${callerArn.replace(/^arn:[^:]+:[^:]+::\d+:/, '')}`);
  },
};
