import type { Command } from 'commander';
import { openContext } from '../deploy/deployment/context.ts';
import { destroy } from '../deploy/deployment/destroy.ts';
import type { Topology } from '../deploy/target.ts';
import { terminalDialog } from './dialog.ts';
import { interruptible } from './interruptible.ts';
import { targetCommand, withTarget, type TargetCommandOptions, type TargetFlags } from './target-command.ts';

interface DestroyFlags extends TargetFlags {
  tofu?: string;
  yes?: boolean;
  allowProd?: boolean;
  artifacts?: boolean;
  force?: boolean;
}

/** `sluice destroy`: takes a topology down after its name was typed. */
export function destroyCommand(options: TargetCommandOptions): Command {
  return targetCommand('destroy', 'take a topology down')
    .option('-y, --yes', 'go on without typing its name')
    .option('--allow-prod', 'also if it is production')
    .option('--artifacts', 'weights, images and their builds go too')
    .option('--force', 'with --artifacts: also if bucket and repositories are not empty')
    .option('--tofu <program>', 'OpenTofu (SLUICE_TOFU; default: tofu on the PATH)')
    .action((topology: Topology, flags: DestroyFlags) =>
      withTarget(options, topology, flags, async ({ target, aws, io }) => {
        const say = (line: string) => io.write(`${line}\n`);
        await interruptible(io, async (signal) => {
          const context = await openContext({
            target,
            aws,
            environment: options.environment,
            tofu: flags.tofu,
            dialog: terminalDialog(say),
            signal,
            now: () => performance.now(),
          });
          const left = await destroy(context, {
            isApproved: flags.yes === true,
            allowProd: flags.allowProd === true,
            withArtifacts: flags.artifacts === true,
            force: flags.force === true,
          });
          say('left behind:');
          for (const line of left) say(`  ${line}`);
        });
      }),
    );
}
