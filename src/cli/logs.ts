import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import { LogReader, type LogLine } from '../deploy/logs/read-logs.ts';
import { logGroupsOf } from '../deploy/names.ts';
import { pause } from '../deploy/stage/follow-build.ts';
import type { Topology } from '../deploy/target.ts';
import { awsStatuses, explained } from './explained.ts';
import { targetCommand, withTarget, type TargetCommandOptions, type TargetFlags, type TargetSession } from './target-command.ts';

const sources = ['gateway', 'engine', 'host', 'api'] as const;
type Source = (typeof sources)[number];

interface LogFlags extends TargetFlags {
  follow?: true;
  since: number;
  grep?: string;
}

export interface LogsCommandOptions extends TargetCommandOptions {
  /** Between two looks when following. */
  intervalMs?: number;
  /** Ends the following. Default: Ctrl-C does. */
  signal?: AbortSignal;
}

/** `sluice logs`: what gateway, engine, hosts and API wrote, in the order of time. Exit status 1: there are no such logs; 2: AWS cannot be asked. */
export function logsCommand(options: LogsCommandOptions): Command {
  return explained(targetCommand('logs', 'show what gateway, engine, hosts and API wrote'), {
    examples: [
      'sluice logs gpu --env dev --follow',
      'sluice logs gpu host --env dev --since 2h',
      'sluice logs gpu gateway --env dev --grep error --since 1d',
    ],
    statuses: { 0: 'there are such logs, if without a line', 1: 'there are none', ...awsStatuses },
  })
    .addArgument(new Argument('[source]', 'only of one; default: all').choices(sources))
    .option('-f, --follow', 'go on showing what comes')
    .addOption(
      new Option('--since <duration>', 'how far back: 30s, 10m, 2h, 1d').argParser(parseDuration).default(600_000, '10m'),
    )
    .option('--grep <text>', 'only lines that hold this text')
    .action((topology: Topology, source: Source | undefined, flags: LogFlags) =>
      withTarget(options, topology, flags, (session) => show(session, source, flags, options)),
    );
}

function parseDuration(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit ?? ''];
  if (ms === undefined) throw new InvalidArgumentError('a number and s, m, h or d, such as 10m.');
  return Number(count) * ms;
}

async function show(
  { target, aws, io }: TargetSession,
  source: Source | undefined,
  flags: LogFlags,
  options: LogsCommandOptions,
) {
  const groups = logGroupsOf(target);
  const wanted = source === undefined ? sources : [source];
  const missing: string[] = [];
  const reader = new LogReader({
    aws,
    groups: new Map(wanted.map((name) => [name, groups[name]])),
    grep: flags.grep,
    startMs: io.nowMs() - flags.since,
    onMissing: (name, group) => void missing.push(`there is no log group ${group}: nothing of the ${name} was deployed here`),
  });
  const print = (lines: readonly LogLine[]) => {
    for (const line of lines) io.write(flags.json === true ? `${JSON.stringify(line)}\n` : textOf(line, source === undefined));
  };
  const first = await reader.read();
  if (reader.hasNothing && wanted.length > 1) {
    io.warn(
      `there are no log groups of ${target.prefix}: sluice deploy ${target.topology} --env ${target.environment} makes them`,
    );
  } else for (const note of missing) io.warn(note);
  print(first);
  if (flags.follow === true) return follow(reader, print, options);
  if (reader.hasNothing) io.setExitStatus(1);
  else if (first.length === 0)
    io.warn(
      `no line${flags.grep === undefined ? '' : ` with "${flags.grep}"`} since ${new Date(io.nowMs() - flags.since).toISOString()}; --since 1d looks further back`,
    );
}

async function follow(
  reader: LogReader,
  print: (lines: readonly LogLine[]) => void,
  { intervalMs = 2_000, signal }: LogsCommandOptions,
) {
  const controller = new AbortController();
  const leave = () => controller.abort();
  process.once('SIGINT', leave);
  signal?.addEventListener('abort', leave, { once: true });
  try {
    while (!controller.signal.aborted) {
      await pause(intervalMs, controller.signal);
      if (!controller.signal.aborted) print(await reader.read());
    }
  } finally {
    process.off('SIGINT', leave);
  }
}

/** `12:34:56.789 i-0abc/gateway text`; where several groups are mixed, the group stands before it. */
function textOf({ atMs, source, stream, message }: LogLine, isMixed: boolean): string {
  // The streams of an API have hashes for names, which tell nothing.
  const writer = source === 'api' ? [] : [stream];
  // What clients sent may stand in it: it must not steer the terminal.
  const text = message.replaceAll(/(?!\t)\p{Cc}/gu, '\uFFFD');
  return `${[new Date(atMs).toISOString().slice(11, 23), ...(isMixed ? [source.padEnd(7)] : []), ...writer, text].join(' ')}\n`;
}
