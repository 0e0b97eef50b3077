import { Option, type Command } from 'commander';
import { namesOf } from '../deploy/names.ts';
import { stage, type Part, type StageResult } from '../deploy/stage/stage.ts';
import type { Topology } from '../deploy/target.ts';
import { version } from '../version.ts';
import { awsStatuses, explained } from './explained.ts';
import { targetCommand, withTarget, type TargetCommandOptions, type TargetFlags, type TargetSession } from './target-command.ts';

interface StageFlags extends TargetFlags {
  only?: Part;
  force?: true;
}

/** `sluice stage`: has CodeBuild put weights and images where hosts find them. Exit status 1: a build failed; 2: AWS cannot be asked; 130: left by Ctrl-C. */
export function stageCommand(options: TargetCommandOptions): Command {
  return explained(targetCommand('stage', 'have weights and images put in place by builds in the account; skips what is there'), {
    examples: ['sluice stage gpu --env dev', 'sluice stage gpu --env dev --only image'],
    statuses: {
      0: 'all is in place',
      1: 'a build failed, or the command is wrong',
      ...awsStatuses,
      130: 'left by Ctrl-C; the builds go on',
    },
  })
    .addOption(
      new Option('--only <part>', 'weights (with the engine’s image), or the gateway’s image').choices(['weights', 'image']),
    )
    .option('--force', 'build even what is there')
    .action((topology: Topology, flags: StageFlags) => withTarget(options, topology, flags, (session) => run(session, flags)));
}

async function run({ target, aws, io }: TargetSession, flags: StageFlags): Promise<void> {
  const { Account = '' } = await (await aws.client('sts')).getCallerIdentity({});
  const controller = new AbortController();
  const leave = () => controller.abort();
  process.once('SIGINT', leave);
  try {
    const { only, force, json } = flags;
    const names = namesOf(target, Account, target.region);
    const result = await stage({
      target,
      aws,
      names,
      only,
      isForced: force === true,
      version,
      say: (line) => io.warn(line),
      signal: controller.signal,
    });
    if (json === true) io.write(`${JSON.stringify(result, null, 2)}\n`);
    else io.write(summary(result));
    if (result.left.length === 0) return;
    io.warn(
      `\nleft: ${result.left.join(', ')} go${result.left.length === 1 ? 'es' : ''} on in AWS. The same command joins again; this stops it:`,
    );
    for (const id of result.left) io.warn(`  aws codebuild stop-build --region ${target.region} --id ${id}`);
    io.setExitStatus(130);
  } finally {
    process.off('SIGINT', leave);
  }
}

function summary({ staged }: StageResult): string {
  const rows = [
    ['weights', staged.weights?.key, staged.weights?.staged_at],
    ['engine', staged.engine?.image, staged.engine?.staged_at],
    ['gateway', staged.gateway?.image, staged.gateway?.staged_at],
  ] as const;
  return rows
    .map(([name, what, at]) => `${name.padEnd(7)}  ${what ?? 'not staged'}${at === undefined ? '' : `, ${at}`}\n`)
    .join('');
}
