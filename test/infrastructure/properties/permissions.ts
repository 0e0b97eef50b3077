import { resourcesOf, type PlanJson, type Resource } from './plan.ts';

interface Statement {
  Sid?: string;
  Effect?: string;
  Action?: string | string[];
  NotAction?: unknown;
  Resource?: string | string[];
  NotResource?: unknown;
  Principal?: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

interface Exception {
  actions: RegExp;
  /** Why these cannot name a resource. */
  reason: string;
  /** Key that a condition must bound them by. */
  condition?: string;
}

/** Actions that may be allowed on every resource. */
const exceptions: readonly Exception[] = [
  { actions: /^ecr:GetAuthorizationToken$/, reason: 'one token for a whole registry; the action knows no resource' },
  { actions: /^cloudwatch:PutMetricData$/, reason: 'metrics have no ARN', condition: 'cloudwatch:namespace' },
  {
    actions:
      /^(apigateway:GET|(?!s3:|kms:|ssm:|secretsmanager:|dynamodb:|sqs:)[a-z0-9-]+:(Get|List|Describe|View|BatchGet|Check|Simulate)\w*\*?)$/,
    reason: 'reads of what there is, which take no resource or are lists; services that keep secrets or data are not among them',
  },
  {
    actions: /^((kms|ssm|secretsmanager):(Describe|List)\*|kms:GetKey\*|secretsmanager:(GetResourcePolicy|ListSecrets))$/,
    reason: 'reads about keys, parameters and secrets, not of what is in them',
  },
  {
    actions: /^logs:(Create|Update|Delete)LogDelivery$|^logs:PutResourcePolicy$/,
    reason: 'deliveries of WAF and flow logs; the actions know no resource',
    condition: 'aws:RequestedRegion',
  },
  {
    actions: /^cloudwatch:(PutCompositeAlarm|DeleteAlarms)$/,
    reason: 'AWS takes these for composite alarms on every resource only',
    condition: 'aws:RequestedRegion',
  },
  {
    actions: /^sns:(SetSubscriptionAttributes|Unsubscribe)$/,
    reason: 'the actions know no resource',
    condition: 'aws:RequestedRegion',
  },
  { actions: /^ec2:[A-Z]\w+\*?$/, reason: 'EC2 gives ids, which nobody knows in advance', condition: 'aws:RequestedRegion' },
  { actions: /^kms:CreateGrant$/, reason: "the operator's own keys for volumes and logs", condition: 'aws:RequestedRegion' },
  { actions: /^cloudfront:[A-Z]\w+\*?$/, reason: 'CloudFront gives ids, which nobody knows in advance' },
  {
    actions: /^route53:AssociateVPCWithHostedZone$/,
    reason: "interface endpoints' private names are a zone of AWS's, whose id nobody knows in advance",
  },
  { actions: /^route53:ChangeResourceRecordSets$/, reason: "the zone is the operator's, and not known when the role is made" },
];

/** Policies that allow nothing by themselves. */
const boundaries = /(^|\.)aws_iam_policy\.boundary(\[|$)/;

const list = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

const conditionKeys = ({ Condition: condition = {} }: Statement): string[] =>
  Object.values(condition).flatMap((keys) => Object.keys(keys));

function tooWide(statement: Statement): string[] {
  if (statement.Effect !== 'Allow') return [];
  if (statement.NotAction !== undefined || statement.NotResource !== undefined) return ['allows all but what it names'];
  const actions = list(statement.Action);
  const faults = actions.filter((action) => action === '*' || action === '*:*').map((action) => `allows ${action}`);
  if (!list(statement.Resource).includes('*')) return faults;
  const bounds = conditionKeys(statement);
  const unbounded = actions.filter(
    (action) =>
      !exceptions.some(
        ({ actions: known, condition }) => known.test(action) && (condition === undefined || bounds.includes(condition)),
      ),
  );
  return [...faults, ...unbounded.map((action) => `allows ${action} on every resource`)];
}

/** None in what is called a policy and is no document of permissions, such as a registry's rules about old images. */
const statementsIn = (policy: string): Statement[] => {
  const { Statement: statements = [] } = JSON.parse(policy) as { Statement?: Statement | Statement[] };
  return Array.isArray(statements) ? statements : [statements];
};

/** Whether anybody at all is let in. */
function isForEverybody({ Effect: effect, Principal: principal, Condition: condition }: Statement): boolean {
  const everybody =
    principal === '*' || (typeof principal === 'object' && principal !== null && Object.values(principal).flat().includes('*'));
  return effect === 'Allow' && everybody && condition === undefined;
}

const identityPolicies = ['aws_iam_policy', 'aws_iam_role_policy', 'aws_iam_user_policy', 'aws_iam_group_policy'];

function faultsOf(resource: Resource, policy: string): string[] {
  const isIdentity = identityPolicies.includes(resource.type);
  return statementsIn(policy).flatMap((statement) => {
    const name = `${resource.address}, ${statement.Sid ?? 'a statement'}`;
    const faults = isIdentity && !boundaries.test(resource.address) ? tooWide(statement) : [];
    return [...faults, ...(isForEverybody(statement) ? ['lets everybody in'] : [])].map((fault) => `${name} ${fault}`);
  });
}

/** Statements that allow more than they need; policies must be known in the plan, which a mocked one's are. */
export function widePermissions(plan: PlanJson): string[] {
  return resourcesOf(plan).flatMap((resource) =>
    ['policy', 'assume_role_policy'].flatMap((attribute) => {
      const policy = resource.values[attribute];
      if (resource.unknown[attribute] === true) return [`${resource.address} has a policy that is not known`];
      return typeof policy === 'string' && policy.startsWith('{') ? faultsOf(resource, policy) : [];
    }),
  );
}

/** How many statements a plan has: a check of none would pass. */
export const countStatements = (plan: PlanJson): number =>
  resourcesOf(plan).reduce((sum, { type, values }) => {
    const policy = values['policy'];
    return sum + (identityPolicies.includes(type) && typeof policy === 'string' ? statementsIn(policy).length : 0);
  }, 0);
