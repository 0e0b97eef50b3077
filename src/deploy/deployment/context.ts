import { join } from 'node:path';
import type { Environment as ProcessEnvironment } from '../../config/environment.ts';
import { providerVariables } from '../../tofu/provider-configuration.ts';
import { findProgram, type Program } from '../../tofu/program.ts';
import type { Aws } from '../aws/clients.ts';
import { namesOf, type Names } from '../names.ts';
import { backendOf } from '../roots/backend.ts';
import { Progress } from '../roots/progress.ts';
import { Root } from '../roots/root.ts';
import type { Target } from '../target.ts';

/** How a command talks with the person who started it. */
export interface Dialog {
  /** A line of progress. */
  say(line: string): void;
  /** Whether to go on. @throws GatewayError without a terminal; it says which flag means yes */
  confirm(question: string): Promise<boolean>;
  /** A text that must be typed; empty if it was not. @throws GatewayError without a terminal */
  ask(question: string): Promise<string>;
}

/** What deploying and destroying work with. */
export interface DeployContext {
  target: Target;
  names: Names;
  account: string;
  aws: Aws;
  program: Program;
  /** What the program is started with: the process's variables and those of the provider. */
  variables: Readonly<Record<string, string | undefined>>;
  /** Folder for plans and downloads of the program, one for each root below it. */
  dataDirectory: string;
  dialog: Dialog;
  progress: Progress;
  signal: AbortSignal;
}

export interface ContextOptions {
  target: Target;
  aws: Aws;
  environment: ProcessEnvironment;
  /** As `--tofu` names it. */
  tofu: string | undefined;
  dialog: Dialog;
  signal: AbortSignal;
}

/** Finds the program, and the account whose credentials these are. Throws what `findProgram` says, and AWS's errors. */
export async function openContext(options: ContextOptions): Promise<DeployContext> {
  const { target, aws, environment, dialog, signal } = options;
  const program = await findProgram({ named: options.tofu, environment, allowTerraform: true });
  const { Account: account = '' } = await (await aws.client('sts')).getCallerIdentity({});
  const names = namesOf(target, account, target.region);
  const provider = await providerVariables(program, environment.tofu);
  return {
    target,
    names,
    account,
    aws,
    program,
    variables: { ...environment.variables, ...provider },
    dataDirectory: join(environment.tofu.cacheDirectory, 'deployments', `${account}-${target.region}-${names.prefix}`),
    dialog,
    progress: new Progress((line) => dialog.say(line)),
    signal,
  };
}

/** What one root is run with, besides the context. */
export interface RootInput {
  /** Folder below `infrastructure`. */
  folder: string;
  stateKey: string;
  /** KMS key of the state. */
  kmsKeyArn?: string | undefined;
  varFiles?: readonly string[];
  values: Readonly<Record<string, unknown>>;
  secrets?: Readonly<Record<string, string>>;
}

/** A root whose state lies in the deployment's bucket. */
export function rootOf(context: DeployContext, input: RootInput): Root {
  const { target, names, program, variables, dataDirectory, signal, progress } = context;
  return new Root({
    program,
    directory: join(target.infrastructure, input.folder),
    dataDirectory: join(dataDirectory, input.folder.replaceAll('/', '-')),
    backend: { ...backendOf(names, target.region, input.stateKey), kmsKeyArn: input.kmsKeyArn },
    varFiles: input.varFiles ?? [],
    values: input.values,
    secrets: input.secrets ?? {},
    environment: variables,
    signal,
    onEvent: (event) => progress.take(event),
  });
}
