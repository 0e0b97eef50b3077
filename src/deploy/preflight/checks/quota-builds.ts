import { fail, pass, type Check } from '../check.ts';
import { quotaValue } from '../quota-value.ts';

/** "Concurrently running builds for Linux/Medium environment", which is what the builds of infrastructure/artifacts run in; 0 or 1 in many new accounts. */
const quotaCode = 'L-2DC20C30';

/** Weights and images can be staged: without a build there is nothing to deploy. */
export const buildQuotaCheck: Check = {
  id: 'quota-builds',
  phase: 'account',
  async run({ aws, target }) {
    const limit = await quotaValue(aws, 'codebuild', quotaCode);
    if (limit >= 2) return pass(`${limit} builds of Linux/Medium at a time`);
    if (limit === 1) return pass('1 build of Linux/Medium at a time: the two of staging run one after the other');
    return fail(
      'CodeBuild may run no build of Linux/Medium: weights and images cannot be staged',
      `ask for 2 (takes hours to days): aws service-quotas request-service-quota-increase --service-code codebuild --quota-code ${quotaCode} --desired-value 2 --region ${target.region}`,
    );
  },
};
