import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Environment } from '../config/environment.ts';
import { processIo } from '../cost/command-io.ts';
import { Aws } from '../deploy/aws/clients.ts';
import { bootstrap } from '../deploy/bootstrap/bootstrap.ts';
import type { GithubRepository } from '../deploy/bootstrap/choices.ts';
import { Progress } from '../deploy/roots/progress.ts';
import { textOutput } from '../deploy/state-outputs.ts';
import { findProgram } from '../tofu/program.ts';
import { providerVariables } from '../tofu/provider-configuration.ts';
import { terminalDialog } from './dialog.ts';
import { interruptible } from './interruptible.ts';
import { isElsewhere, tellAwsFailures, type TargetCommandOptions } from './target-command.ts';

interface BootstrapFlags {
  name: string;
  region: string;
  github?: GithubRepository;
  infrastructure: string;
  tofu?: string;
  yes?: boolean;
}

/** `octocat/service:583231:1296269` */
function parseGithub(text: string): GithubRepository {
  const [, owner, repository, ownerId, repositoryId] = /^([\w-]+)\/([\w.-]+):(\d+):(\d+)$/.exec(text) ?? [];
  if (owner === undefined || repository === undefined || ownerId === undefined || repositoryId === undefined) {
    throw new InvalidArgumentError(
      "it is OWNER/REPOSITORY:OWNER_ID:REPOSITORY_ID; `gh api repos/OWNER/REPOSITORY --jq '.owner.id, .id'` shows the ids.",
    );
  }
  return { owner, repository, owner_id: ownerId, repository_id: repositoryId };
}

/** `sluice bootstrap`: what an account needs once, before anything is deployed. Running it again changes nothing, or what is out of date. */
export function bootstrapCommand(options: TargetCommandOptions): Command {
  const { environment, io = processIo } = options;
  return new Command('bootstrap')
    .description('make what an account needs once: the states’ bucket and locks, roles for GitHub, a permissions boundary')
    .option('--name <name>', 'short name of the service, as in the variables of its environments', 'llm')
    .addOption(new Option('--region <name>', 'AWS region of the service').default('us-east-1'))
    .addOption(
      new Option(
        '--github <repository>',
        'whose workflows may plan and deploy: OWNER/REPOSITORY:OWNER_ID:REPOSITORY_ID',
      ).argParser(parseGithub),
    )
    .option('--infrastructure <folder>', 'where the HCL lies', 'infrastructure')
    .option('-y, --yes', 'ask nothing')
    .option('--tofu <program>', 'OpenTofu (SLUICE_TOFU; default: tofu on the PATH)')
    .action((flags: BootstrapFlags) =>
      interruptible(io, (signal) =>
        tellAwsFailures(io, flags.region, async () => {
          const aws = new Aws({ region: flags.region, usesPathStyle: isElsewhere(environment.variables) });
          try {
            await run({ flags, environment, aws, signal }, (line) => io.write(`${line}\n`));
          } finally {
            aws.close();
          }
        }),
      ),
    );
}

interface Run {
  flags: BootstrapFlags;
  environment: Environment;
  aws: Aws;
  signal: AbortSignal;
}

async function run({ flags, environment, aws, signal }: Run, say: (line: string) => void): Promise<void> {
  const { name, region } = flags;
  const program = await findProgram({ named: flags.tofu, environment, allowTerraform: true });
  const provider = await providerVariables(program, environment.tofu);
  const { Account: account = '' } = await (await aws.client('sts')).getCallerIdentity({});
  const outputs = await bootstrap({
    name,
    region,
    account,
    aws,
    program,
    variables: { ...environment.variables, ...provider },
    infrastructure: resolve(flags.infrastructure),
    dataDirectory: join(environment.tofu.cacheDirectory, 'deployments', `${account}-${region}-${name}-bootstrap`),
    github: flags.github,
    dialog: terminalDialog(say, signal),
    progress: new Progress(say),
    isApproved: flags.yes === true,
    signal,
  });
  report(outputs, say);
}

function report(outputs: Readonly<Record<string, unknown>>, say: (line: string) => void): void {
  say('\nready');
  say(`  state      s3://${textOutput(outputs, 'state_bucket') ?? '?'}, locks in ${textOutput(outputs, 'lock_table') ?? '?'}`);
  say(`  boundary   ${textOutput(outputs, 'permissions_boundary_arn') ?? '?'}`);
  const plan = textOutput(outputs, 'plan_role_arn');
  if (plan !== undefined) {
    say('  for GitHub, as secrets (docs/deploy/github.md):');
    say(`    AWS_PLAN_ROLE_ARN    ${plan}  (of the repository)`);
    const roles = Object.entries((outputs['deploy_role_arns'] ?? {}) as Record<string, unknown>);
    for (const [name, arn] of roles) say(`    AWS_DEPLOY_ROLE_ARN  ${String(arn)}  (of the environment ${name})`);
  }
  say('\nNext: sluice preflight gpu --env dev, then sluice deploy gpu --env dev');
}
