import { Argument, Command, Option } from 'commander';
import type { Environment } from '../config/environment.ts';
import { processIo, type CommandIo } from '../cost/command-io.ts';
import { Aws } from '../deploy/aws/clients.ts';
import { describeAwsError } from '../deploy/aws/describe-error.ts';
import { environments, readTarget, topologies, type Environment as Stage, type Target, type Topology } from '../deploy/target.ts';
import { GatewayError } from '../errors.ts';
import { TransportError } from '../transport/transport-error.ts';
import { describeFileError } from './describe-file-error.ts';

/** What a command that looks at a deployment needs from the outside. */
export interface TargetCommandOptions {
  environment: Environment;
  /** Default: the process's own. */
  io?: CommandIo;
}

/** Options that every such command has. */
export interface TargetFlags {
  env: Stage;
  region?: string;
  infrastructure: string;
  json?: true;
}

/** A deployment, and the AWS that it lies in. */
export interface TargetSession {
  target: Target;
  aws: Aws;
  io: CommandIo;
}

/** A command on one environment of one topology: `sluice <name> gpu --env dev`. */
export function targetCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addArgument(new Argument('<topology>', 'what is deployed').choices(topologies))
    .addOption(new Option('--env <name>', 'its environment').choices(environments).makeOptionMandatory())
    .option('--region <name>', 'AWS region (default: aws_region of the environment’s variables)')
    .option('--infrastructure <folder>', 'where topologies and environments lie', 'infrastructure')
    .option('--json', 'print JSON');
}

/**
 * Reads the target, runs the action with AWS at hand, and tells what cannot be done on standard error. Exit status 1: refused, failed or misused; 2: AWS
 * cannot be asked (no credentials, expired ones, no network, no such region).
 */
export async function withTarget(
  { environment, io = processIo }: TargetCommandOptions,
  topology: Topology,
  flags: TargetFlags,
  action: (session: TargetSession) => Promise<void>,
): Promise<void> {
  const { variables } = environment;
  await tellAwsFailures(io, flags.region, async () => {
    const target = await readTarget({ topology, environment: flags.env, ...flags, variables });
    const aws = awsOf(environment, target.region);
    try {
      await tellAwsFailures(io, target.region, () => action({ target, aws, io }));
    } finally {
      aws.close();
    }
  });
}

/** AWS as the process's variables say how to reach it. */
export const awsOf = ({ variables, proxies }: Environment, region: string): Aws =>
  new Aws({ region, usesPathStyle: isElsewhere(variables), proxies });

/** Whether AWS is reached at another address, which has no host name for each bucket. */
export const isElsewhere = (variables: Environment['variables']): boolean =>
  Boolean(variables['AWS_ENDPOINT_URL'] ?? variables['AWS_ENDPOINT_URL_S3']);

/** Runs the action of a command, and tells its failures, AWS's and the file system's in words, with the exit statuses of `withTarget`. */
export async function tellAwsFailures(io: CommandIo, region: string | undefined, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const failure = describeAwsError(error, region);
    const isForCaller = error instanceof GatewayError || error instanceof TransportError;
    const message = failure?.message ?? (isForCaller ? error.message : describeFileError(error));
    if (message === undefined) throw error;
    io.warn(message);
    const isOut = failure !== undefined && ['credentials', 'expired', 'network', 'region'].includes(failure.kind);
    io.setExitStatus(isOut ? 2 : 1);
  }
}
