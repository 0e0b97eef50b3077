import { bootstrapLine } from '../../names.ts';
import { fail, pass, type Check } from '../check.ts';

/** API Gateway may write logs: a role that the account and region have once. */
export const apiLoggingRoleCheck: Check = {
  id: 'api-logging-role',
  phase: 'state',
  async run({ aws, target }) {
    const { cloudwatchRoleArn } = await (await aws.client('api-gateway')).getAccount({});
    if (cloudwatchRoleArn !== undefined && cloudwatchRoleArn !== '') return pass(cloudwatchRoleArn.replace(/^.*:role\//, ''));
    return fail(
      'API Gateway has no role to write logs with: the stage would be refused',
      `bootstrap makes it, once an account and region: ${bootstrapLine(target)}`,
    );
  },
};
