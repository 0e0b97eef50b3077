import { preflight, type Preflight } from '../../../src/deploy/preflight/preflight.ts';
import type { Target } from '../../../src/deploy/target.ts';
import { environmentOf, type Account } from './account.ts';
import { answerForMock, makeReady } from './ready.ts';

/** What a look at an account is told besides the account. */
export interface Look {
  changes?: Partial<Target>;
  /** Of the process. */
  variables?: Record<string, string>;
  only?: readonly string[];
}

/** Runs the preflight of `dev`. */
export function lookAt(account: Account, { changes = {}, variables = {}, only }: Look = {}): Promise<Preflight> {
  const environment = environmentOf(account);
  return preflight({
    target: { ...account.target, ...changes },
    aws: account.aws,
    nowMs: Date.now(),
    only,
    environment: { ...environment, variables: { ...environment.variables, GITHUB_ACTIONS: '', ...variables } },
  });
}

/** What one check found. */
export const find = ({ results }: Preflight, id: string) => results.find((result) => result.id === id)!;

/** Makes the account ready again, unless nothing was written to it. */
export async function restore(account: Account): Promise<void> {
  await account.mock.clearFaults();
  if (!account.isChanged()) return answerForMock(account);
  await account.reset();
  await makeReady(account);
}
