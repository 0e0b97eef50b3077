import { GatewayError } from '../errors.ts';

/** Groups that one answer is made of at most. */
export const groupsAtOnce = 100_000;

/** @throws GatewayError `bad_request` where a report has more groups than an answer can hold */
export function refuseTooMany(groups: readonly unknown[]): void {
  if (groups.length <= groupsAtOnce) return;
  const message = `the report has more than ${groupsAtOnce} sums; ask for fewer days, or for one key, user, team or model`;
  throw new GatewayError('bad_request', message, { param: 'start_date' });
}
