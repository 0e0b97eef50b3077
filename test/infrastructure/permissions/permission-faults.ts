import type { AwsRequest } from '../../rehearsal/mock-aws.ts';
import { Account, statementsIn } from './account.ts';
import type { AuthorizationData } from './authorization-data.ts';
import { deeds, looks, refusedToDeploy, refusedToPlan } from './command-calls.ts';
import { decide, type Need, type Powers } from './evaluate.ts';
import { refusal, refusals } from './judge.ts';
import { faultsOfServants } from './servants.ts';
import { deadParts } from './statements.ts';

/** What an account is judged by. */
export interface Evidence {
  requests: readonly AwsRequest[];
  data: AuthorizationData;
  /** Texts of AWS's own policies, by ARN. */
  managed: ReadonlyMap<string, string>;
}

/** Role of who acts in the rehearsal and in the commands' tests. */
const roles = { deploy: 'llm-deploy-dev', plan: 'llm-plan' } as const;

/** What the requests of an actor, and of the commands in its name, needed and its role does not allow. */
function refusedTo(actor: keyof typeof roles, { requests, data }: Evidence, account: Account): string[] {
  const powers = account.powersOf(roles[actor]);
  const calls = [...Object.values(looks), ...(actor === 'deploy' ? Object.values(deeds) : [])].flat();
  const mine = requests.filter((request) => request.actor === actor);
  const faults = [
    ...refusals(mine, powers, data, account),
    ...calls.flatMap((need) => refusal(need, powers, data, account) ?? []),
  ];
  return [...new Set(faults)].map((fault) => `${roles[actor]}: ${fault}`);
}

const open = (name: string, needs: readonly Omit<Need, 'for'>[], powers: Powers): string[] =>
  needs
    .filter((need) => decide(need, powers) === 'allowed')
    .map(({ action, resource, context }) => `${name}: may ${action} on ${resource} ${JSON.stringify(context)}`);

/** Managed policies hold 6144 characters, those of a role together 10240 (IAM and AWS STS quotas); a role has ten managed ones. */
function tooLarge(account: Account): string[] {
  const sizeOf = (text: string) => text.replaceAll(/\s/g, '').length;
  return [
    ...[...account.policies].filter(([, text]) => sizeOf(text) > 6144).map(([arn]) => `${arn} has more than 6144 characters`),
    ...[...account.roles.values()].flatMap(({ name, trust, policies }) => {
      const managed = [...policies.keys()].filter((key) => key.startsWith('arn:'));
      const inline = [...policies].filter(([key]) => !key.startsWith('arn:')).reduce((sum, [, text]) => sum + sizeOf(text), 0);
      return [
        ...(managed.length > 10 ? [`${name} has ${managed.length} managed policies`] : []),
        ...(inline > 10_240 ? [`${name} has ${inline} characters of policies of its own`] : []),
        ...(sizeOf(trust) > 2048 ? [`the trust of ${name} has more than 2048 characters`] : []),
      ];
    }),
  ];
}

/** Parts of policies that can never do anything, by the policy's name. */
function dead(account: Account, data: AuthorizationData): string[] {
  const texts = [
    ...account.policies,
    ...[...account.roles.values()].flatMap(({ name, policies }) =>
      [...policies].filter(([key]) => !key.startsWith('arn:')).map(([key, text]) => [`${name}/${key}`, text] as const),
    ),
  ];
  return texts.flatMap(([name, text]) =>
    statementsIn(text).flatMap((one) => deadParts(data, one).map((fault) => `${name}, ${fault}`)),
  );
}

/** Everything that AWS would refuse of what was done and is to be done, that it would allow though it must not, or that says nothing. */
export function permissionFaults(evidence: Evidence): string[] {
  const account = new Account(evidence.requests);
  const { data, managed } = evidence;
  return [
    ...refusedTo('deploy', evidence, account),
    ...refusedTo('plan', evidence, account),
    ...open(roles.deploy, refusedToDeploy, account.powersOf(roles.deploy)),
    ...open(roles.plan, refusedToPlan, account.powersOf(roles.plan)),
    ...faultsOfServants(account, data, managed),
    ...dead(account, data),
    ...tooLarge(account),
  ];
}
