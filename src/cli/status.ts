import type { Command } from 'commander';
import { namesOf } from '../deploy/names.ts';
import { deploymentStatus, isDeployed } from '../deploy/status/status.ts';
import { viewStatus } from '../deploy/status/view.ts';
import type { Topology } from '../deploy/target.ts';
import { Transport } from '../transport/transport.ts';
import { awsStatuses, explained } from './explained.ts';
import { targetCommand, withTarget, type TargetCommandOptions, type TargetFlags } from './target-command.ts';

/** `sluice status`: a deployment on one screen. Exit status 1: nothing is deployed, or it is not healthy; 2: AWS cannot be asked. */
export function statusCommand(options: TargetCommandOptions): Command {
  const command = targetCommand('status', 'show how a deployment is: endpoint, hosts, what scaled and what failed');
  const statuses = { 0: 'it answers healthy', 1: 'nothing is deployed, or it is not healthy', ...awsStatuses };
  return explained(command, { examples: ['sluice status gpu --env dev', 'sluice status gpu --env dev --json'], statuses }).action(
    (topology: Topology, flags: TargetFlags) =>
      withTarget(options, topology, flags, async ({ target, aws, io }) => {
        const { Account = '' } = await (await aws.client('sts')).getCallerIdentity({});
        const transport = new Transport({ proxies: options.environment.proxies });
        try {
          const names = namesOf(target, Account, target.region);
          const status = await deploymentStatus({ aws, target, names, transport, now: () => io.nowMs() });
          if (flags.json === true) io.write(`${JSON.stringify(status, null, 2)}\n`);
          else io.write(viewStatus(status, target, process.stdout.columns ?? 80));
          if (!isDeployed(status) || status.health?.status !== 200) io.setExitStatus(1);
        } finally {
          await transport.close();
        }
      }),
  );
}
