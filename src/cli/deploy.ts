import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { readKeysFile } from '../config/keys-file.ts';
import { processIo, type CommandIo } from '../cost/command-io.ts';
import { openContext, type DeployContext } from '../deploy/deployment/context.ts';
import { deploy, type DeployResult } from '../deploy/deployment/deploy.ts';
import { waitUntilHealthy } from '../deploy/deployment/wait-until-healthy.ts';
import { preflight, type PreflightOptions } from '../deploy/preflight/preflight.ts';
import { viewPreflight } from '../deploy/preflight/view.ts';
import { stage } from '../deploy/stage/stage.ts';
import { textOutput } from '../deploy/state-outputs.ts';
import { textValue, type Topology } from '../deploy/target.ts';
import { GatewayError } from '../errors.ts';
import type { Proxies } from '../transport/proxies.ts';
import { Transport } from '../transport/transport.ts';
import { version } from '../version.ts';
import { terminalDialog } from './dialog.ts';
import { awsStatuses, explained } from './explained.ts';
import { interruptible } from './interruptible.ts';
import { targetCommand, withTarget, type TargetCommandOptions, type TargetFlags, type TargetSession } from './target-command.ts';

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

type Say = (line: string) => void;

const waitMs = 20 * 60_000;

/**
 * `sluice deploy`: artifacts, staging and the topology, whichever is missing or out of date. Exit status 1: it failed; 3: it stands but does not answer;
 * 130: interrupted. With `--json` progress goes to standard error.
 */
export function deployCommand(options: TargetCommandOptions): Command {
  const { io = processIo } = options;
  return explained(targetCommand('deploy', 'bring a topology up, or up to date'), {
    examples: [
      'sluice deploy gpu --env dev',
      'sluice deploy gpu --env dev --yes --no-wait',
      'sluice deploy gpu --env prod --rotate-key --no-stage',
    ],
    statuses: {
      0: 'it answers (with --no-wait: it stands)',
      1: 'it failed or was refused',
      ...awsStatuses,
      3: 'it stands, but does not answer',
      130: 'interrupted',
    },
  })
    .option('-y, --yes', 'ask nothing')
    .option('--rotate-key', 'make a new API key in place of the one in force')
    .option('--keys-file <file>', 'a keys file of your own (YAML, with hashes) instead of a key that is made here')
    .option('--allow-replace', 'go on though something precious would be replaced or deleted')
    .option('--no-preflight', 'do not look first for what would stop it')
    .option('--no-stage', 'take what was staged last, and build nothing')
    .option('--no-wait', 'do not wait until the endpoint answers')
    .option('--tofu <program>', 'OpenTofu (SLUICE_TOFU; default: tofu on the PATH)')
    .action((topology: Topology, flags: DeployFlags) =>
      interruptible(io, (signal) =>
        withTarget(options, topology, flags, (session) => run({ ...options, ...session, flags, signal })),
      ),
    );
}

type Run = TargetCommandOptions & TargetSession & { flags: DeployFlags; signal: AbortSignal };

async function run({ environment, target, aws, io, flags, signal }: Run): Promise<void> {
  const say: Say = (line) => (flags.json === true ? io.warn(line) : io.write(`${line}\n`));
  const keysFile = flags.keysFile === undefined ? undefined : await readKeys(flags.keysFile);
  if (flags.preflight && !(await lookFirst({ target, aws, nowMs: io.nowMs(), environment, tofu: flags.tofu }, io, say))) return;
  const dialog = terminalDialog(say, signal);
  const context = await openContext({ target, aws, environment, tofu: flags.tofu, dialog, signal });
  const result = await deploy(context, {
    isApproved: flags.yes === true,
    allowReplace: flags.allowReplace === true,
    rotateKey: flags.rotateKey === true,
    keysFile,
    randomBytes,
    stage: flags.stage ? () => stageAll(context) : null,
  });
  // Before the wait: the key is in force, and a wait can be left in many ways.
  if (flags.json !== true) report(context, result);
  const isHealthy = flags.wait ? await follow(result, { proxies: environment.proxies, signal, say }) : null;
  if (flags.json === true) io.write(`${JSON.stringify(asJson(result, isHealthy), null, 2)}\n`);
  if (isHealthy === true) say('it answers');
  if (isHealthy === false) say('it does not answer yet: sluice status and sluice logs say why');
  if (isHealthy === false) io.setExitStatus(3);
}

/** What only an account and its state can tell: the rest is made by the deployment itself. Says nothing of what is well. Whether to go on. */
async function lookFirst(options: PreflightOptions, io: CommandIo, say: Say): Promise<boolean> {
  const found = await preflight({ ...options, phases: ['account', 'state'] });
  const results = found.results.filter(({ status }) => status === 'warn' || status === 'fail');
  if (results.length > 0) say(viewPreflight({ ...found, results }, options.target, process.stdout.columns ?? 80));
  if (!found.hasFailed) return true;
  const { topology, environment } = options.target;
  const again = `sluice preflight ${topology} --env ${environment} looks again`;
  // Without an account there is no way round.
  const isKnown = found.account !== null;
  io.warn(`nothing was changed: mend what fails above (${again})${isKnown ? ', or go on with --no-preflight' : ''}`);
  io.setExitStatus(isKnown ? 1 : 2);
  return false;
}

/** The text of a keys file that the gateways will take. @throws GatewayError: it is not there, wrong, or has a key that is not hashed */
async function readKeys(path: string): Promise<string> {
  let keys: ReturnType<typeof readKeysFile>;
  try {
    // Hosts have neither variables for it nor guardrails.
    keys = readKeysFile(path, { variables: {}, guardrails: [] });
  } catch (cause) {
    throw new GatewayError('bad_request', cause instanceof Error ? cause.message : String(cause), { cause });
  }
  if (keys === null) throw new GatewayError('not_found', `cannot read ${path}`);
  const plain = keys.find(({ key }) => key !== undefined);
  if (plain === undefined) return readFile(path, 'utf8');
  throw new GatewayError('bad_request', `${path} holds the key "${plain.alias}" itself: give its SHA-256 as hash instead`);
}

async function stageAll({ target, aws, names, dialog, signal }: DeployContext): Promise<void> {
  const { left } = await stage({ target, aws, names, version, say: (line) => dialog.say(line), signal });
  if (left.length > 0) dialog.say(`builds that go on in AWS: ${left.join(', ')}; the same command joins them again`);
}

interface Following {
  proxies: Proxies;
  signal: AbortSignal;
  say: Say;
}

/** Whether it answered in time. */
async function follow({ outputs }: DeployResult, { proxies, signal, say }: Following): Promise<boolean> {
  const endpoint = textOutput(outputs, 'api_endpoint') ?? '';
  say(`\nwaiting until ${endpoint}/health answers 200 (up to 20 minutes; Ctrl-C stops the waiting only)`);
  const transport = new Transport({ proxies });
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

const asJson = ({ outputs, newKey, hasChanged }: DeployResult, isHealthy: boolean | null) => ({
  has_changed: hasChanged,
  is_healthy: isHealthy,
  api_key: newKey,
  outputs,
});

function report({ target, dialog: { say } }: DeployContext, { outputs, newKey, hasChanged }: DeployResult): void {
  const endpoint = textOutput(outputs, 'api_endpoint') ?? '?';
  const demo = textOutput(outputs, 'demo_url');
  const dashboard = textOutput(outputs, 'dashboard_url');
  say(`\n${hasChanged ? 'deployed' : 'up to date'}`);
  say(`  endpoint   ${endpoint}/v1`);
  if (newKey !== null) say(`  API key    ${newKey}   (shown this once; only its hash is stored)`);
  if (demo !== undefined) say(`  demo       ${demo}`);
  if (dashboard !== undefined) say(`  dashboard  ${dashboard}`);
  const isKeyed = textOutput(outputs, 'api_keys_secret_arn') !== undefined;
  const authorization = isKeyed ? ` -H 'authorization: Bearer ${newKey ?? '<your key>'}'` : '';
  const model = textValue(target.values, 'served_model_name') ?? 'phi-3-mini';
  const body = `{"model": "${model}", "messages": [{"role": "user", "content": "Hello!"}]}`;
  say(`\nTry it:\n  curl ${endpoint}/v1/chat/completions -H 'content-type: application/json'${authorization} -d '${body}'`);
  say(`Prove it:\n  sluice doctor ${endpoint}`);
}
