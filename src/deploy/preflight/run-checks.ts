import { GatewayError } from '../../errors.ts';
import { describeAwsError } from '../aws/describe-error.ts';
import type { Check, CheckContext, Finding } from './check.ts';

/** What one check found. */
export interface Result extends Finding {
  id: string;
}

/** Enough for the SDK's three attempts at a service that is slow. */
const checkTimeoutMs = 45_000;

/** Runs checks side by side, each with a time limit of its own. None rejects: what cannot be said becomes a finding. */
export function runChecks(checks: readonly Check[], context: CheckContext, timeoutMs = checkTimeoutMs): Promise<Result[]> {
  return Promise.all(checks.map(async (check) => ({ id: check.id, ...(await runOne(check, context, timeoutMs)) })));
}

async function runOne(check: Check, context: CheckContext, timeoutMs: number): Promise<Finding> {
  const { promise, resolve } = Promise.withResolvers<Finding>();
  const timer = setTimeout(
    () => resolve({ status: 'unknown', detail: `no answer in ${timeoutMs / 1000} s`, fix: 'try again' }),
    timeoutMs,
  );
  try {
    return await Promise.race([promise, check.run(context).catch((error: unknown) => findingOf(error, context.target.region))]);
  } finally {
    clearTimeout(timer);
  }
}

function findingOf(error: unknown, region: string): Finding {
  const failure = describeAwsError(error, region);
  if (failure?.kind === 'denied') {
    return {
      status: 'warn',
      detail: `cannot be checked: ${failure.action ?? 'a permission'} is not allowed`,
      fix: `allow ${failure.action ?? 'it'} for these credentials, or look yourself`,
    };
  }
  if (failure !== undefined) return { status: 'unknown', detail: failure.message };
  // Of ours: a variable of the wrong type, a file that is not what we wrote.
  if (error instanceof GatewayError) return { status: 'fail', detail: error.message, fix: 'put it right' };
  return { status: 'unknown', detail: error instanceof Error ? error.message : String(error) };
}
