import type { Command } from 'commander';
import { processIo } from '../cost/command-io.ts';
import { openContext } from '../deploy/deployment/context.ts';
import { destroy, type Leftovers } from '../deploy/deployment/destroy.ts';
import type { Topology } from '../deploy/target.ts';
import { terminalDialog } from './dialog.ts';
import { awsStatuses, explained } from './explained.ts';
import { interruptible } from './interruptible.ts';
import { targetCommand, withTarget, type TargetCommandOptions, type TargetFlags } from './target-command.ts';

interface DestroyFlags extends TargetFlags {
  tofu?: string;
  yes?: boolean;
  allowProd?: boolean;
  artifacts?: boolean;
  force?: boolean;
}

/** `sluice destroy`: takes a topology down after its name was typed. With `--json` progress goes to standard error. */
export function destroyCommand(options: TargetCommandOptions): Command {
  const { io = processIo, environment } = options;
  return explained(targetCommand('destroy', 'take a topology down'), {
    examples: [
      'sluice destroy gpu --env dev',
      'sluice destroy gpu --env dev --artifacts --force',
      'sluice destroy gpu --env prod --allow-prod',
    ],
    statuses: { 0: 'it is gone', 1: 'it failed or was refused, or there is nothing', ...awsStatuses, 130: 'interrupted' },
  })
    .option('-y, --yes', 'go on without typing its name')
    .option('--allow-prod', 'also if it is production')
    .option('--artifacts', 'weights, images and their builds go too')
    .option('--force', 'with --artifacts: also if bucket and repositories are not empty')
    .option('--tofu <program>', 'OpenTofu (SLUICE_TOFU; default: tofu on the PATH)')
    .action((topology: Topology, flags: DestroyFlags) =>
      interruptible(io, (signal) =>
        withTarget(options, topology, flags, async ({ target, aws }) => {
          const say = (line: string) => (flags.json === true ? io.warn(line) : io.write(`${line}\n`));
          const dialog = terminalDialog(say, signal);
          const context = await openContext({ target, aws, environment, tofu: flags.tofu, dialog, signal });
          const left = await destroy(context, {
            isApproved: flags.yes === true,
            allowProd: flags.allowProd === true,
            withArtifacts: flags.artifacts === true,
            force: flags.force === true,
          });
          io.write(flags.json === true ? `${JSON.stringify({ left }, null, 2)}\n` : tell(left));
        }),
      ),
    );
}

const tell = (left: Leftovers): string => `done\nleft behind:\n${left.map((line) => `  ${line}\n`).join('')}`;
