import type { Aws } from '../aws/clients.ts';
import { isMissing } from '../aws/describe-error.ts';

/** A quota's value in this account, or AWS's default where the account has none of its own. */
export async function quotaValue(aws: Aws, serviceCode: string, quotaCode: string): Promise<number> {
  const quotas = await aws.client('service-quotas');
  const request = { ServiceCode: serviceCode, QuotaCode: quotaCode };
  const answer = await quotas.getServiceQuota(request).catch(async (error: unknown) => {
    if (!isMissing(error)) throw error;
    return quotas.getAWSDefaultServiceQuota(request);
  });
  const value = answer.Quota?.Value;
  if (value === undefined) throw new Error(`AWS gives no value for the quota ${quotaCode}`);
  return value;
}
