import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { GatewayError } from '../errors.ts';
import { preflight, type PreflightOptions } from '../deploy/preflight/preflight.ts';
import { viewPreflight } from '../deploy/preflight/view.ts';
import { stage } from '../deploy/stage/stage.ts';
import { Transport } from '../transport/transport.ts';
import { version } from '../version.ts';
import { openContext } from '../deploy/deployment/context.ts';
import { deploy, type DeployResult } from '../deploy/deployment/deploy.ts';
import { waitUntilHealthy } from '../deploy/deployment/wait-until-healthy.ts';
import { textOutput } from '../deploy/state-outputs.ts';
import type { Topology } from '../deploy/target.ts';
import { interruptible } from './interruptible.ts';
import { terminalDialog } from './dialog.ts';
import { targetCommand, withTarget, type TargetCommandOptions, type TargetFlags } from './target-command.ts';

interface DeployFlags extends TargetFlags {
  tofu?: string;
  yes?: boolean;
  allowReplace?: boolean;
  rotateKey?: boolean;
  keysFile?: string;
  wait: boolean;
  stage: boolean;
  preflight: boolean;
}

const waitMs = 20 * 60_000;

/** `sluice deploy`: artifacts, staging and the topology, whichever is missing or out of date. Exit status 1: it failed; 3: it stands but does not answer. */
export function deployCommand(options: TargetCommandOptions): Command {
  return targetCommand('deploy', 'bring a topology up, or up to date')
    .option('-y, --yes', 'ask nothing')
    .option('--rotate-key', 'make a new API key in place of the one in force')
    .option('--keys-file <file>', 'a keys file of your own (YAML, with hashes) instead of a key that is made here')
    .option('--allow-replace', 'go on though something precious would be replaced or deleted')
    .option('--no-preflight', 'do not look first for what would stop it')
    .option('--no-stage', 'take what was staged last, and build nothing')
    .option('--no-wait', 'do not wait until the endpoint answers')
    .option('--tofu <program>', 'OpenTofu (SLUICE_TOFU; default: tofu on the PATH)')
    .action((topology: Topology, flags: DeployFlags) =>
      withTarget(options, topology, flags, async ({ target, aws, io }) => {
        const say = (line: string) => io.write(`${line}\n`);
        const keysFile = flags.keysFile === undefined ? undefined : await readKeysFile(flags.keysFile);
        if (flags.preflight)
          await lookFirst({ target, aws, nowMs: io.nowMs(), environment: options.environment, tofu: flags.tofu }, say);
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
          const result = await deploy(context, {
            isApproved: flags.yes === true,
            allowReplace: flags.allowReplace === true,
            rotateKey: flags.rotateKey === true,
            keysFile,
            randomBytes,
            stage: flags.stage
              ? async () => void (await stage({ target, aws, names: context.names, version, say, signal }))
              : null,
          });
          const isHealthy = flags.wait ? await follow(result, signal, say) : null;
          report(result, isHealthy, say);
          if (isHealthy === false) io.setExitStatus(3);
        });
      }),
    );
}

/** What only an account and its state can tell: the rest is made by the deployment itself. Says nothing of what is well. */
async function lookFirst(options: PreflightOptions, say: (line: string) => void): Promise<void> {
  const found = await preflight({ ...options, phases: ['account', 'state'] });
  const results = found.results.filter(({ status }) => status === 'warn' || status === 'fail');
  if (results.length > 0) say(viewPreflight({ ...found, results }, options.target, process.stdout.columns ?? 80));
  if (!found.hasFailed) return;
  const { topology, environment } = options.target;
  throw new GatewayError(
    'bad_request',
    `nothing was changed: mend what fails above (sluice preflight ${topology} --env ${environment} looks again), or go on with --no-preflight`,
  );
}

async function readKeysFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new GatewayError('not_found', `cannot read ${path}`, { cause });
  }
}

/** Whether it answered in time. */
async function follow({ outputs }: DeployResult, signal: AbortSignal, say: (line: string) => void): Promise<boolean> {
  const endpoint = textOutput(outputs, 'api_endpoint') ?? '';
  say(`waiting until ${endpoint}/health answers 200 (up to 20 minutes; Ctrl-C stops the waiting only)`);
  const transport = new Transport();
  try {
    return await waitUntilHealthy({
      transport,
      endpoint,
      timeoutMs: waitMs,
      signal,
      now: () => performance.now(),
      onAnswer: (answer, elapsedMs) => say(`  ${Math.round(elapsedMs / 1000)} s: ${answer}`),
    });
  } finally {
    await transport.close();
  }
}

function report({ outputs, newKey, hasChanged }: DeployResult, isHealthy: boolean | null, say: (line: string) => void): void {
  const endpoint = textOutput(outputs, 'api_endpoint') ?? '?';
  const demo = textOutput(outputs, 'demo_url');
  const dashboard = textOutput(outputs, 'dashboard_url');
  const state =
    isHealthy === null ? '' : isHealthy ? ', and answers' : ', but does not answer yet: sluice status and sluice logs say why';
  say(`\n${hasChanged ? 'deployed' : 'up to date'}${state}`);
  say(`  endpoint   ${endpoint}/v1`);
  if (newKey !== null) say(`  API key    ${newKey}   (shown this once; only its hash is stored)`);
  if (demo !== undefined) say(`  demo       ${demo}`);
  if (dashboard !== undefined) say(`  dashboard  ${dashboard}`);
  const authorization = outputs['api_keys_secret_arn'] == null ? '' : ` -H 'authorization: Bearer ${newKey ?? '<your key>'}'`;
  say(
    `\nTry it:\n  curl ${endpoint}/v1/chat/completions${authorization} -d '{"messages": [{"role": "user", "content": "Hello!"}], "model": "phi-3-mini"}'`,
  );
  say(`Prove it:\n  sluice doctor ${endpoint}`);
}
