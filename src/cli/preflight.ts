import { Option, type Command } from 'commander';
import { gpuChecks } from '../deploy/preflight/checks/index.ts';
import { preflight } from '../deploy/preflight/preflight.ts';
import { viewPreflight } from '../deploy/preflight/view.ts';
import type { Topology } from '../deploy/target.ts';
import { awsStatuses, explained } from './explained.ts';
import { targetCommand, withTarget, type TargetCommandOptions, type TargetFlags } from './target-command.ts';

/** `sluice preflight`: looks for what would stop a deployment. Exit status 1: something will; 2: AWS cannot be asked. */
export function preflightCommand(options: TargetCommandOptions): Command {
  return explained(targetCommand('preflight', 'look for what would stop a deployment, and change nothing'), {
    examples: [
      'sluice preflight gpu --env dev',
      'sluice preflight gpu --env prod --only quota-gpu certificate',
      'sluice preflight gpu --env dev --json',
    ],
    statuses: { 0: 'nothing will stop it', 1: 'something will, or the command is wrong', ...awsStatuses },
  })
    .option('--tofu <program>', 'OpenTofu (SLUICE_TOFU; default: tofu on the PATH)')
    .addOption(new Option('--only <check...>', 'only these checks').choices(gpuChecks.map(({ id }) => id)))
    .action((topology: Topology, flags: TargetFlags & { tofu?: string; only?: string[] }) =>
      withTarget(options, topology, flags, async ({ target, aws, io }) => {
        const { environment } = options;
        const found = await preflight({ target, aws, nowMs: io.nowMs(), environment, tofu: flags.tofu, only: flags.only });
        if (flags.json === true) {
          const { account, results } = found;
          io.write(
            `${JSON.stringify({ account, region: target.region, topology, environment: target.environment, results }, null, 2)}\n`,
          );
        } else io.write(viewPreflight(found, target, process.stdout.columns ?? 80));
        if (found.account === null) io.setExitStatus(2);
        else if (found.hasFailed) io.setExitStatus(1);
      }),
    );
}
