import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { hostname, userInfo } from 'node:os';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { GatewayError } from '../errors.ts';
import { parseEvent, parseTextDiagnostics, type Diagnostic } from './events.ts';
import { failureOf } from './failure.ts';
import type { Program } from './program.ts';

export interface TofuRun {
  program: Program;
  directory: string;
  /** `['plan', '-json', '-out=plan.bin']`. */
  args: readonly string[];
  /** All variables that the child gets, credentials and what `providerVariables` says included. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Interrupts the run: it finishes what it is doing, saves the state, gives the lock back, and only then the promise is settled. */
  signal?: AbortSignal;
  /** After this the run is interrupted as by the signal. */
  timeoutMs?: number;
  /** How long an interrupted run may take to end in order before it is killed. Destructive: resources may be missing in the state then. */
  graceMs?: number;
  /** Told of each line as it comes. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface TofuResult {
  stdout: string;
  stderr: string;
  /** With `-detailed-exitcode`: whether the plan proposes anything. */
  hasChanges: boolean;
  /** Warnings. */
  diagnostics: Diagnostic[];
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Nothing is asked for on a terminal, and nobody is told of the run. */
const quiet = { TF_IN_AUTOMATION: '1', TF_INPUT: '0', CHECKPOINT_DISABLE: '1' };

const defaultGraceMs = 10 * 60_000;

interface Ending {
  status: number | null;
  /** Ended by a signal, ours after the grace or somebody else's, such as that of a system without memory. */
  isKilled: boolean;
  isInterrupted: boolean;
  isLate: boolean;
}

/** Waits for the end of the child; interrupts it when asked to or when its time is over. */
async function ending(child: Child, run: TofuRun): Promise<Ending> {
  let isInterrupted = false;
  let isLate = false;
  let killer: NodeJS.Timeout | undefined;
  // Once only: to a second interrupt the program answers by leaving at once, state or no state.
  const interrupt = () => {
    if (isInterrupted) return;
    isInterrupted = true;
    child.kill('SIGINT');
    killer = setTimeout(() => child.kill('SIGKILL'), run.graceMs ?? defaultGraceMs);
  };
  const timer =
    run.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          isLate = true;
          interrupt();
        }, run.timeoutMs);
  run.signal?.addEventListener('abort', interrupt);
  if (run.signal?.aborted === true) interrupt();
  try {
    const status = await new Promise<number | null>((done, fail) => child.on('error', fail).on('close', done));
    return { status, isKilled: child.signalCode !== null, isInterrupted, isLate };
  } catch (cause) {
    throw new GatewayError('bad_request', `cannot run ${run.program.path} in ${run.directory}`, { cause });
  } finally {
    clearTimeout(timer);
    clearTimeout(killer);
    run.signal?.removeEventListener('abort', interrupt);
  }
}

function collect(child: Child, onLine: TofuRun['onLine']): { stdout: string[]; stderr: string[] } {
  const lines: { stdout: string[]; stderr: string[] } = { stdout: [], stderr: [] };
  for (const stream of ['stdout', 'stderr'] as const)
    createInterface({ input: child[stream], crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
      lines[stream].push(line);
      onLine?.(line, stream);
    });
  return lines;
}

function diagnosticsOf(stdout: readonly string[], stderr: readonly string[]): Diagnostic[] {
  const events = stdout.flatMap((line) => parseEvent(line) ?? []);
  const told = events.flatMap((event) => (event.type === 'diagnostic' ? [event.diagnostic] : []));
  return told.length > 0 ? told : parseTextDiagnostics(stderr.join('\n'));
}

/** As the program writes itself into its locks. Without an entry in the list of users the environment says who it is. */
function ownName(user: string | undefined): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${user ?? ''}@${hostname()}`;
  }
}

const notBegun = (name: string, command: string, { directory }: TofuRun): GatewayError =>
  new GatewayError(
    'request_timeout',
    `${name} ${command} in ${directory} was interrupted before it began, and has done nothing. Run it again to go on`,
  );

/**
 * Runs OpenTofu in a folder to its end. Throws a `GatewayError` that says what to do when it fails (see `failureOf`), and `gateway_timeout` when
 * `timeoutMs` is over. It is a process group of its own: an interrupt at the terminal reaches it through `signal` only, and once.
 */
export async function runTofu(run: TofuRun): Promise<TofuResult> {
  const name = basename(run.program.path).startsWith('terraform') ? 'terraform' : 'tofu';
  const command = run.args.find((argument) => !argument.startsWith('-')) ?? '';
  if (run.signal?.aborted === true) throw notBegun(name, command, run);
  const startedAtMs = Date.now();
  const child = spawn(run.program.path, run.args, {
    cwd: run.directory,
    env: { ...run.environment, ...quiet },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const lines = collect(child, run.onLine);
  const { status, isKilled, isInterrupted, isLate } = await ending(child, run);
  const diagnostics = diagnosticsOf(lines.stdout, lines.stderr);
  const isDetailed = run.args.some((argument) => /^--?detailed-exitcode(=true)?$/.test(argument));
  if (status === 0 || (status === 2 && isDetailed))
    return { stdout: lines.stdout.join('\n'), stderr: lines.stderr.join('\n'), hasChanges: status === 2, diagnostics };
  // It heeds the interrupt from its first moments on: only before them it dies of it.
  if (isInterrupted && !isLate && child.signalCode === 'SIGINT') throw notBegun(name, command, run);
  const failure = failureOf({
    program: name,
    directory: run.directory,
    command,
    errors: diagnostics.filter(({ severity }) => severity === 'error'),
    text: lines.stderr.length > 0 ? lines.stderr.join('\n') : lines.stdout.join('\n'),
    isInterrupted,
    isKilled,
    who: ownName(run.environment['USER']),
    startedAtMs,
    byHand: { program: run.program.path, dataDirectory: run.environment['TF_DATA_DIR'] },
  });
  if (!isLate) throw failure;
  throw new GatewayError(
    'gateway_timeout',
    `${name} ${command} in ${run.directory} was not done after ${(run.timeoutMs ?? 0) / 1000} s and was interrupted${isKilled ? `: ${failure.message}` : ''}`,
    { cause: failure },
  );
}
