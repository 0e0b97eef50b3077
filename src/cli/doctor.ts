import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { guarded, processIo, type CommandIo } from '../cost/command-io.ts';
import type { DoctorSettings } from '../deploy/doctor/context.ts';
import { edgeOf } from '../deploy/doctor/edge/edge.ts';
import { edgeChecks } from '../deploy/doctor/edge/index.ts';
import { standbyDrill } from '../deploy/doctor/edge/standby.ts';
import { runDoctor, type DoctorOptions } from '../deploy/doctor/run-doctor.ts';
import { viewDiagnosis } from '../deploy/doctor/view.ts';
import { namesOf } from '../deploy/names.ts';
import { readStateOutputs } from '../deploy/state-outputs.ts';
import { environments, numberValue, textValue, topologies, type Topology } from '../deploy/target.ts';
import { GatewayError } from '../errors.ts';
import { Transport } from '../transport/transport.ts';
import { terminalDialog } from './dialog.ts';
import { explained } from './explained.ts';
import { CommandError, keyOf, urlOf } from './gateway-client.ts';
import { withTarget, type TargetCommandOptions, type TargetFlags, type TargetSession } from './target-command.ts';

interface DoctorFlags extends Partial<TargetFlags> {
  infrastructure: string;
  keyFile?: string;
  model?: string;
  origin?: string;
  timeout: number;
  deadline?: number;
  flood?: true;
  limit?: number;
  proxied?: true;
  slow?: true;
  drill?: 'standby';
}

type Examination = Pick<DoctorOptions, 'url' | 'settings' | 'moreChecks' | 'signal'>;

/** `sluice doctor`: holds a live endpoint against the public contract. Exit status 0: green; 1: red, or the command is wrong; 2: it cannot be reached. */
export function doctorCommand(options: TargetCommandOptions): Command {
  return explained(new Command('doctor'), {
    examples: [
      'sluice doctor https://abc123.execute-api.us-east-1.amazonaws.com/dev',
      'sluice doctor gpu --env dev --flood',
      'sluice doctor http://127.0.0.1:8000 --key-file key.txt',
    ],
    statuses: {
      0: 'nothing failed',
      1: 'something failed, or the command is wrong',
      2: 'the endpoint cannot be reached, or AWS cannot be asked',
    },
  })
    .description('hold a live endpoint against the public contract, and say what is wrong')
    .argument('[target]', 'its URL, or a topology with --env (default: SLUICE_URL)')
    .addOption(new Option('--env <name>', 'the environment of a topology').choices(environments))
    .option('--region <name>', 'AWS region of a topology')
    .option('--infrastructure <folder>', 'where topologies and environments lie', 'infrastructure')
    .option('--key-file <file>', 'file that holds a key (else SLUICE_API_KEY)')
    .option('--model <name>', 'model to ask for (default: the one that /health names)')
    .option('--origin <origin>', 'a page that may call it, such as https://app.example.com')
    .option('--timeout <seconds>', 'how long each request may take', parseCount, 40)
    .option('--flood', 'look at the limit by address too; takes the minute of this address')
    .option('--limit <number>', 'requests a minute that one address may send to all hosts; implies --flood', parseCount)
    .option('--proxied', 'what stands in front says who calls: claimed addresses must not count')
    .option('--slow', 'look at the deadline too, with a long answer')
    .option('--deadline <seconds>', 'the gateway’s deadline (default 30)', parseCount)
    .addOption(new Option('--drill <name>', 'take the hosts of dev away to see what callers get').choices(['standby']))
    .option('--json', 'print JSON')
    .action((target: string | undefined, flags: DoctorFlags) => diagnose(options, target, flags));
}

async function diagnose(options: TargetCommandOptions, target: string | undefined, flags: DoctorFlags): Promise<void> {
  const io = options.io ?? processIo;
  const topology = topologies.find((name) => name === target);
  if (topology !== undefined) return diagnoseDeployment(options, topology, flags);
  await guarded(io, () =>
    asMisuse(async () => {
      if (flags.drill !== undefined)
        throw new GatewayError('bad_request', '--drill needs a deployment: sluice doctor gpu --env dev --drill standby');
      const address = target ?? options.environment.gateway.url;
      if (address === undefined)
        throw new GatewayError(
          'bad_request',
          'look at what? Give its URL (or set SLUICE_URL), or a topology: sluice doctor gpu --env dev',
        );
      const url = urlOf(address).replace(/\/v1$/, '');
      await examine(options, flags, { url, settings: settingsOf(flags), signal: new AbortController().signal });
    }),
  );
}

async function diagnoseDeployment(options: TargetCommandOptions, topology: Topology, flags: DoctorFlags): Promise<void> {
  const { env } = flags;
  const io = options.io ?? processIo;
  if (env === undefined) {
    io.warn(`which one? sluice doctor ${topology} --env dev`);
    io.setExitStatus(1);
    return;
  }
  await withTarget(options, topology, { ...flags, env }, (session) =>
    asMisuse(async () => {
      const { Account = '' } = await (await session.aws.client('sts')).getCallerIdentity({});
      const names = namesOf(session.target, Account, session.target.region);
      const outputs = await readStateOutputs(session.aws, names.stateBucket, session.target.stateKey);
      const edge = edgeOf(session.aws, outputs, names.prefix);
      const drills = flags.drill === undefined ? [] : [await agreedDrill(session, names.fleet)];
      await givingBack(io, drills.length > 0, (signal) =>
        examine(options, flags, {
          url: edge.apiEndpoint,
          settings: deploymentSettings(session, flags),
          moreChecks: [...edgeChecks(edge), ...drills],
          signal,
        }),
      );
    }),
  );
}

/** Ctrl-C ends the command at once; in a drill the hosts are given back first. */
async function givingBack(io: CommandIo, isDrill: boolean, action: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const stop = () => {
    io.warn('stopping: the hosts are given back first');
    controller.abort();
  };
  if (isDrill) process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    await action(controller.signal);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** The drill, if it is dev’s and the person types the group’s name. */
async function agreedDrill({ target, aws, io }: TargetSession, fleet: string) {
  if (target.environment !== 'dev') {
    throw new GatewayError(
      'bad_request',
      `--drill takes the service down for minutes, so only dev has it; this is ${target.environment}`,
    );
  }
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new GatewayError('bad_request', '--drill asks at a terminal before it takes hosts away, and this is none');
  }
  const question = `This ends every host of ${fleet}; callers get 503 for about ten minutes. Type its name to go on`;
  const typed = await terminalDialog((line) => io.warn(line)).ask(question);
  if (typed !== fleet) throw new GatewayError('bad_request', 'that is not its name; nothing was done');
  return standbyDrill({ aws, fleet, say: (line) => io.warn(line) });
}

function deploymentSettings({ target: { values } }: TargetSession, flags: DoctorFlags): DoctorSettings {
  const settings = settingsOf(flags);
  const origin = settings.origin ?? textValue(values, 'cors_allowed_origin') ?? null;
  // Each host counts for itself, and the firewall, which counts for all, takes its time.
  const limitOfAll = numberValue(values, 'rate_limit_per_ip', 100) * numberValue(values, 'max_instances', 4);
  const limit = flags.flood === undefined ? settings.floodLimit : (flags.limit ?? limitOfAll);
  const deadlineMs = flags.deadline === undefined ? numberValue(values, 'request_timeout_ms', 30_000) : settings.deadlineMs;
  return { ...settings, origin: origin === '*' ? null : origin, floodLimit: limit, isProxied: true, deadlineMs };
}

function settingsOf({ model, origin, flood, limit, proxied, slow, deadline = 30, timeout }: DoctorFlags): DoctorSettings {
  return {
    model: model ?? null,
    origin: origin ?? null,
    floodLimit: limit ?? (flood === undefined ? null : 100),
    isProxied: proxied ?? null,
    isSlowTried: slow === true,
    deadlineMs: deadline * 1000,
    timeoutMs: timeout * 1000,
  };
}

async function examine(
  { environment, io = processIo }: TargetCommandOptions,
  flags: DoctorFlags,
  examination: Examination,
): Promise<void> {
  // The master key is of no endpoint but one’s own, so it is not shown to whatever answers.
  const key = keyOf({ gateway: environment.gateway, masterKey: undefined }, flags.keyFile)?.text ?? null;
  const transport = new Transport({
    connectTimeoutMs: Math.min(10_000, examination.settings.timeoutMs),
    proxies: environment.proxies,
  });
  const pause = (durationMs: number, signal: AbortSignal) => sleep(durationMs, undefined, { signal }).catch(() => undefined);
  const diagnosis = await runDoctor({ ...examination, key, transport, now: () => performance.now(), pause }).finally(() =>
    transport.close(),
  );
  if (flags.json === true) io.write(`${JSON.stringify(diagnosis, null, 2)}\n`);
  else io.write(viewDiagnosis(diagnosis, process.stdout.columns ?? 100));
  if (diagnosis.verdict !== 'green') io.setExitStatus(diagnosis.verdict === 'red' ? 1 : 2);
}

/** What the options have wrong is told like every other refusal. */
async function asMisuse(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw error instanceof CommandError ? new GatewayError('bad_request', error.message, { cause: error }) : error;
  }
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it must be a whole number of at least 1');
}
