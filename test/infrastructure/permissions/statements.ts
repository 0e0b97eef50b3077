import { actionsLike, arnFormsOf, resourceKeysOf, type AuthorizationData } from './authorization-data.ts';
import { listOf, type Statement } from './evaluate.ts';
import { arnsCanMeet, covers } from './globs.ts';

/** Keys that every request has. */
const globalKeys = ['aws:requestedregion', 'aws:securetransport', 'aws:sourceaccount', 'aws:sourcearn'];

/** Keys of single actions, from each service's page in the Service Authorization Reference; the rest belongs to resources. */
const actionKeys: Record<string, string> = {
  'iam:permissionsboundary': 'iam:{Attach,Create,Detach,Delete,Put}*Role*',
  'iam:passedtoservice': 'iam:PassRole',
  'iam:awsservicename': 'iam:CreateServiceLinkedRole',
  'kms:grantisforawsresource': 'kms:CreateGrant',
  'kms:viaservice': 'kms:*',
  'cloudwatch:namespace': 'cloudwatch:PutMetricData',
  's3:prefix': 's3:ListBucket*',
  'dynamodb:leadingkeys': 'dynamodb:{GetItem,PutItem,DeleteItem}',
};

const braces = /\{([^}]+)\}/;

const alternatives = (pattern: string): string[] =>
  (braces.exec(pattern)?.[1]?.split(',') ?? ['']).map((word) => pattern.replace(braces, word).toLowerCase());

/** Whether an action's requests carry the key at all. A condition on another key never holds, or always. */
function carries(data: AuthorizationData, action: string, key: string): boolean {
  const wanted = key.toLowerCase();
  if (globalKeys.includes(wanted)) return true;
  const own = actionKeys[wanted];
  if (own !== undefined) return alternatives(own).some((one) => covers(one, action));
  return resourceKeysOf(data, action).some((known) => covers(known.toLowerCase().replaceAll(/\$\{\w+\}/g, '*'), wanted));
}

/** Whether an action with that resource is one that AWS can be asked. */
const takes = (data: AuthorizationData, action: string, resource: string): boolean =>
  arnFormsOf(data, action).some((form) => arnsCanMeet(form, resource));

/** What of a statement can never do anything: actions and ARNs that there are not, and conditions on what a request does not carry. */
export function deadParts(data: AuthorizationData, statement: Statement): string[] {
  const name = statement.Sid ?? 'a statement';
  const patterns = listOf(statement.Action);
  const resources = listOf(statement.Resource ?? statement.NotResource).filter((resource) => resource !== '*');
  const actions = patterns.flatMap((pattern) => actionsLike(data, pattern));
  // All but what is named is taken by calls that take no resource, too.
  const isOnAll = resources.length === 0 || statement.NotResource !== undefined;
  const keys = Object.values(statement.Condition ?? {}).flatMap((lines) => Object.keys(lines));
  return [
    ...patterns.filter((one) => actionsLike(data, one).length === 0).map((one) => `there is no action ${one}`),
    ...patterns
      .filter((one) => !isOnAll && !actionsLike(data, one).some((action) => resources.some((arn) => takes(data, action, arn))))
      .map((one) => `${one} takes none of its resources`),
    ...resources.filter((arn) => !actions.some((action) => takes(data, action, arn))).map((arn) => `no action takes ${arn}`),
    ...keys.flatMap((key) =>
      patterns
        .filter((one) => !actionsLike(data, one).some((action) => carries(data, action, key)))
        .map((one) => `${one} carries no ${key}`),
    ),
  ].map((fault) => `${name}: ${fault}`);
}
