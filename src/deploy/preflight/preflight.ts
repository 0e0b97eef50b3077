import { GatewayError } from '../../errors.ts';
import { findProgram, type TofuSurroundings } from '../../tofu/program.ts';
import type { Aws } from '../aws/clients.ts';
import { describeAwsError } from '../aws/describe-error.ts';
import { namesOf } from '../names.ts';
import type { Target } from '../target.ts';
import type { CheckContext, Finding, Phase } from './check.ts';
import { gpuChecks } from './checks/index.ts';
import { findDeployed, type Deployed } from './deployed.ts';
import { runChecks, type Result } from './run-checks.ts';

export interface PreflightOptions {
  target: Target;
  aws: Aws;
  nowMs: number;
  environment: TofuSurroundings;
  /** The program of `--tofu`. */
  tofu?: string | undefined;
  /** Phases whose checks run. Default: all. A deployment that makes state and artifacts itself looks at `account` first. */
  phases?: readonly Phase[];
  /** Ids of checks that run. Default: all. */
  only?: readonly string[] | undefined;
}

/** What was found, worst status first decides: `hasFailed` when anything will stop the deployment. */
export interface Preflight {
  /** Null: AWS did not say whose credentials these are. */
  account: string | null;
  results: readonly Result[];
  hasFailed: boolean;
}

/** Looks for everything that is known to stop a deployment, and changes nothing. */
export async function preflight(options: PreflightOptions): Promise<Preflight> {
  const { target, aws, nowMs, environment, phases = ['account', 'state', 'artifacts'], only } = options;
  const [program, caller] = await Promise.all([lookAtProgram(options), whoami(aws)]);
  const results: Result[] = [{ id: 'program', ...program }];
  if ('status' in caller) {
    results.push({ id: 'credentials', ...caller });
    return finish(null, results);
  }
  const names = namesOf(target, caller.account, target.region);
  let deployed: Promise<Deployed> | undefined;
  const context: CheckContext = {
    target,
    aws,
    ...caller,
    names,
    nowMs,
    variables: environment.variables,
    deployed: () => (deployed ??= findDeployed(aws, target, names)),
  };
  const checks = gpuChecks.filter(({ id, phase }) => phases.includes(phase) && (only?.includes(id) ?? true));
  results.push(...(await runChecks(checks, context)));
  return finish(caller.account, results);
}

function finish(account: string | null, results: readonly Result[]): Preflight {
  return { account, results, hasFailed: results.some(({ status }) => status === 'fail') };
}

/** Without an account nothing else can be asked, so this is looked at before the checks. */
async function whoami(aws: Aws): Promise<{ account: string; callerArn: string } | Finding> {
  try {
    const { Account, Arn } = await (await aws.client('sts')).getCallerIdentity({});
    if (Account !== undefined && Arn !== undefined) return { account: Account, callerArn: Arn };
    return { status: 'fail', detail: 'AWS does not say whose credentials these are', fix: 'try again' };
  } catch (error) {
    const failure = describeAwsError(error, aws.region);
    if (failure === undefined) throw error;
    return { status: 'fail', detail: failure.message, fix: 'the other checks need AWS, and were left out' };
  }
}

async function lookAtProgram({ environment, tofu }: PreflightOptions): Promise<Finding> {
  try {
    const { name, version, path } = await findProgram({ named: tofu, environment, allowTerraform: true });
    if (name === 'Terraform')
      return {
        status: 'warn',
        detail: `${name} ${version} at ${path}`,
        fix: 'states are encrypted by OpenTofu only; install it',
      };
    return { status: 'pass', detail: `${name} ${version} at ${path}` };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const [detail = '', fix = 'install OpenTofu'] = error.message.split(/: (?=install)/);
    return { status: 'fail', detail, fix };
  }
}
