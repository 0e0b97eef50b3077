import { isElsewhere } from '../../src/cli/target-command.ts';
import { readEnvironment } from '../../src/config/environment.ts';
import { Aws } from '../../src/deploy/aws/clients.ts';
import { describeAwsError } from '../../src/deploy/aws/describe-error.ts';
import { environments, readTarget, topologies, type Target } from '../../src/deploy/target.ts';
import { GatewayError } from '../../src/errors.ts';

/** The deployment that a workflow names, and the AWS that it lies in; close that. @throws GatewayError: there is no such deployment */
export async function openTarget(named: {
  topology: string;
  environment: string;
  region: string | undefined;
}): Promise<{ target: Target; aws: Aws }> {
  const topology = topologies.find((name) => name === named.topology);
  const environment = environments.find((name) => name === named.environment);
  if (topology === undefined || environment === undefined)
    throw new GatewayError('bad_request', `there is no ${named.topology} --env ${named.environment}`);
  const { variables } = readEnvironment(process.env);
  const target = await readTarget({ topology, environment, infrastructure: 'infrastructure', region: named.region, variables });
  return { target, aws: new Aws({ region: target.region, usesPathStyle: isElsewhere(variables) }) };
}

/** Runs a script; what went wrong is said in words. Exit status 1: it cannot be done; 3: something that it needs is not there yet. */
export async function tellFailures(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const failure = describeAwsError(error);
    if (failure === undefined && !(error instanceof GatewayError)) throw error;
    console.error(failure?.message ?? (error as Error).message);
    process.exitCode = error instanceof GatewayError && error.code === 'not_found' ? 3 : 1;
  }
}
