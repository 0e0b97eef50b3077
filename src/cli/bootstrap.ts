import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Environment } from '../config/environment.ts';
import { processIo } from '../cost/command-io.ts';
import type { Aws } from '../deploy/aws/clients.ts';
import { bootstrap } from '../deploy/bootstrap/bootstrap.ts';
import type { GithubRepository } from '../deploy/bootstrap/choices.ts';
import { nameFault } from '../deploy/names.ts';
import { Progress } from '../deploy/roots/progress.ts';
import { boundaryOf, textOutput } from '../deploy/state-outputs.ts';
import { missingInfrastructure } from '../deploy/target.ts';
import { findProgram } from '../tofu/program.ts';
import { providerVariables } from '../tofu/provider-configuration.ts';
import { terminalDialog } from './dialog.ts';
import { awsStatuses, explained } from './explained.ts';
import { interruptible } from './interruptible.ts';
import { awsOf, tellAwsFailures, type TargetCommandOptions } from './target-command.ts';

interface BootstrapFlags {
  name: string;
  region: string;
  github?: GithubRepository;
  infrastructure: string;
  tofu?: string;
  yes?: boolean;
}

function parseName(text: string): string {
  const fault = nameFault(text);
  if (fault === undefined) return text;
  throw new InvalidArgumentError(`${fault}.`);
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
  return explained(new Command('bootstrap'), {
    examples: ['sluice bootstrap', 'sluice bootstrap --region eu-west-1 --github octocat/service:583231:1296269'],
    statuses: { 0: 'it stands', 1: 'it failed or was refused', ...awsStatuses, 130: 'interrupted' },
  })
    .description('make what an account needs once: the states’ bucket and locks, roles for GitHub, a permissions boundary')
    .option('--name <name>', 'short name of the service, as in the variables of its environments', parseName, 'llm')
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
          const aws = awsOf(environment, flags.region);
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
  const infrastructure = resolve(flags.infrastructure);
  const root = join(infrastructure, 'bootstrap', 'main.tf');
  await access(root).catch((cause: unknown) => Promise.reject(missingInfrastructure(root, cause)));
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
    infrastructure,
    dataDirectory: join(environment.tofu.cacheDirectory, 'deployments', `${account}-${region}-${name}-bootstrap`),
    github: flags.github,
    dialog: terminalDialog(say, signal),
    progress: new Progress(say),
    isApproved: flags.yes === true,
    signal,
  });
  report(outputs, say);
  // What differs from the variables that lie there must be said in them, or another service would be looked for.
  const changes = [
    ...(name === 'llm' ? [] : [`name = "${name}"`]),
    ...(region === 'us-east-1' ? [] : [`aws_region = "${region}"`]),
  ];
  if (changes.length > 0) say(`\nNext: sluice tfvars gpu --env dev, with ${changes.join(' and ')}`);
  say(`${changes.length > 0 ? 'Then' : '\nNext'}: sluice preflight gpu --env dev, then sluice deploy gpu --env dev`);
}

function report(outputs: Readonly<Record<string, unknown>>, say: (line: string) => void): void {
  say('\nready');
  say(`  state      s3://${textOutput(outputs, 'state_bucket') ?? '?'}, locks in ${textOutput(outputs, 'lock_table') ?? '?'}`);
  say(`  boundary   ${boundaryOf(outputs, 'dev') ?? '?'}, and one for each other environment`);
  const plan = textOutput(outputs, 'plan_role_arn');
  if (plan !== undefined) {
    say('  for GitHub, as secrets (docs/deploy/github.md):');
    say(`    AWS_PLAN_ROLE_ARN    ${plan}  (of the repository)`);
    const roles = Object.entries((outputs['deploy_role_arns'] ?? {}) as Record<string, unknown>);
    for (const [name, arn] of roles) say(`    AWS_DEPLOY_ROLE_ARN  ${String(arn)}  (of the environment ${name})`);
  }
}
