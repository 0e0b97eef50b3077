import type { AwsRequest } from '../../rehearsal/mock-aws.ts';
import type { Account } from './account.ts';
import { arnFormsOf, isAction, type AuthorizationData } from './authorization-data.ts';
import { needsOf } from './calls.ts';
import { dependentNeeds } from './dependents.ts';
import { decide, type Need, type Powers } from './evaluate.ts';
import { arnsCanMeet } from './globs.ts';

/** AWS takes these for a composite alarm only from who may do so to every alarm (API_PutCompositeAlarm, API_DeleteAlarms). */
const isOfComposite = ({ action, resource }: Need, account: Account): boolean =>
  action === 'cloudwatch:PutCompositeAlarm' ||
  (action === 'cloudwatch:DeleteAlarms' && account.compositeAlarms.has(resource.replace(/.*:alarm:/, '')));

/** The resource as AWS compares it: `*` where an action takes no ARN. */
function compared(need: Need, data: AuthorizationData, account: Account): Need {
  const forms = arnFormsOf(data, need.action);
  if (forms.length === 0 || isOfComposite(need, account)) return { ...need, resource: '*' };
  return need;
}

/** What speaks against judging a need at all: a mistake here, not in a policy. */
function misread({ action, resource }: Need, data: AuthorizationData): string | undefined {
  if (!isAction(data, action)) return `there is no action ${action}`;
  const forms = arnFormsOf(data, action);
  const isArn = resource === '*' || resource.endsWith(':any/any') || forms.some((form) => arnsCanMeet(form, resource));
  return isArn || forms.length === 0 ? undefined : `${action} takes no ${resource}`;
}

/** A verdict on one need as a line, none if it is allowed. */
export function refusal(need: Need, powers: Powers, data: AuthorizationData, account: Account): string | undefined {
  const mistake = misread(need, data);
  if (mistake !== undefined) return mistake;
  const asked = compared(need, data, account);
  const verdict = decide(asked, powers);
  if (verdict === 'allowed') return undefined;
  return `${asked.action} on ${asked.resource}${need.for === undefined ? '' : ` (for ${need.for})`}: ${verdict}`;
}

/** What somebody asked for and would have been refused, each once. */
export function refusals(requests: readonly AwsRequest[], powers: Powers, data: AuthorizationData, account: Account): string[] {
  const needs = requests.flatMap((request) => [...needsOf(request, account), ...dependentNeeds(request, account)]);
  const different = new Map(needs.map((need) => [JSON.stringify(need), need]));
  return [...new Set([...different.values()].flatMap((need) => refusal(need, powers, data, account) ?? []))];
}
