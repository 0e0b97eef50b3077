import { glob, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { repository } from '../../rehearsal/workspace.ts';
import type { Account } from './account.ts';
import { isAction, type AuthorizationData } from './authorization-data.ts';
import { commandDuties, forbidden, keysSecret, otherDuties, type Servant } from './duties.ts';
import { decide, listOf, type Need, type Statement } from './evaluate.ts';
import { refusal } from './judge.ts';

const servants: readonly Servant[] = ['host', 'standby', 'stage', 'image', 'flow-logs'];

const roleOf = (servant: Servant): string => `llm-dev-gpu-${servant}`;

/** What scripts of hosts and builds call of AWS's command line, as `llm-keys: secretsmanager get-secret-value`. */
export async function commandsInScripts(): Promise<string[]> {
  const found = new Set<string>();
  const folders = [
    'modules/*/host/files/opt/llm/bin/*',
    'modules/*/host/*.tftpl',
    'artifacts/scripts/*',
    'artifacts/buildspecs/*',
  ];
  for (const folder of folders)
    for await (const path of glob(join(repository, 'infrastructure', folder))) {
      const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => !/^\s*#/.test(line));
      for (const [, service, command] of lines.join('\n').matchAll(/\baws ([a-z][a-z0-9]+) ([a-z][a-z0-9-]+)/g))
        found.add(`${basename(path)}: ${service} ${command}`);
    }
  return [...found].toSorted();
}

/** What hosts, builds and services could not do that they have to, or could do that they must not. Texts of AWS's own policies by ARN. */
export function faultsOfServants(account: Account, data: AuthorizationData, known: ReadonlyMap<string, string>): string[] {
  const commandsOf = (servant: Servant) => Object.values(commandDuties).filter((of) => of.servants.includes(servant));
  const dutiesOf = (commands: { duties: Need[] }[]) =>
    commands
      .flatMap(({ duties }) => duties)
      .map((need) => (need.resource === keysSecret ? { ...need, resource: account.keysSecret } : need));
  const everything: Statement = { Effect: 'Allow', Action: '*', Resource: '*' };
  return servants.flatMap((servant) => {
    const powers = account.powersOf(roleOf(servant), known);
    const atMost = { ...powers, policies: [everything] };
    const isOpen = forbidden.filter((need) => decide(need, atMost) === 'allowed');
    const commands = commandsOf(servant);
    const done = commands.filter(({ isOfSpot = false }) => account.hasSpot || !isOfSpot);
    return [
      ...[...otherDuties[servant], ...dutiesOf(done)].flatMap((need) => refusal(need, powers, data, account) ?? []),
      ...dutiesOf(commands).flatMap((need) => refusal(need, atMost, data, account) ?? []),
      ...(powers.boundary === undefined
        ? ['has no boundary']
        : isOpen.map(({ action, resource }) => `may be allowed ${action} on ${resource}`)),
      ...beyondBoundary(account, servant),
    ].map((fault) => `${roleOf(servant)}: ${fault}`);
  });
}

/** Actions that its own policies allow and its boundary does not: they would be denied for ever. */
function beyondBoundary(account: Account, servant: Servant): string[] {
  const role = account.roles.get(roleOf(servant));
  const { boundary = [] } = account.powersOf(
    roleOf(servant),
    new Map([...(role?.policies.keys() ?? [])].map((arn) => [arn, '{"Statement":[]}'])),
  );
  const own = [...(role?.policies ?? [])].filter(([, text]) => text !== '').flatMap(([, text]) => statementsOf(text));
  return own.flatMap((statement) =>
    listOf(statement.Action).flatMap((action) =>
      listOf(statement.Resource)
        .filter((resource) => decide({ action, resource, context: {} }, { policies: boundary }) !== 'allowed')
        .map((resource) => `is allowed ${action} on ${resource}, which its boundary is not`),
    ),
  );
}

const statementsOf = (text: string): Statement[] => (JSON.parse(text) as { Statement: Statement[] }).Statement;

/** Whether every duty is one that AWS knows: a mistake in the table of them. */
export const unknownDuties = (data: AuthorizationData): string[] =>
  [...Object.values(otherDuties).flat(), ...Object.values(commandDuties).flatMap(({ duties }) => duties), ...forbidden]
    .map(({ action }) => action)
    .filter((action) => !isAction(data, action));
