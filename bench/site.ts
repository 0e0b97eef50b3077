import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One program to start. */
export type Launch = { command: string; args: string[]; env?: Record<string, string> };

/** A program that runs, leader of its own process group. */
export type Running = { pid: number; stop: () => Promise<void>; hasEnded: () => boolean; errors: () => string };

/** A helper that runs until the bench ends. */
export type Helper = { pid: number; port: number };

const stopDeadlineMs = 8_000;

/** The bench's temporary folder and every process it has started; whatever ends the bench, `close` takes both away. */
export class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  /** Whether peers are kept on CPU 0 and everything else on CPU 1. */
  readonly isPinned = spawnSync('taskset', ['-acp', '1', String(process.pid)]).status === 0;
  readonly #children = new Set<ChildProcess>();

  constructor() {
    process.once('exit', () => this.close());
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
  }

  /** Starts a peer, on CPU 0 where processes can be pinned. Its stdout is dropped, its stderr kept for `errors`. */
  startPeer(launch: Launch): Running {
    const pinned = this.isPinned ? { ...launch, command: 'taskset', args: ['-c', '0', launch.command, ...launch.args] } : launch;
    const errorFile = join(this.folder, `${Date.now()}.stderr`);
    const child = this.#spawn(pinned, ['ignore', 'ignore', openSync(errorFile, 'w')]);
    return this.#running(child, () => readFileSync(errorFile, 'utf8').slice(-2_000));
  }

  /** Starts a helper of the bench beside it, resolves with the port that it prints, and ends the bench if it ends. */
  async startHelper(launch: Launch): Promise<Helper> {
    const child = this.#spawn(launch, ['ignore', 'pipe', 'inherit']);
    const port = await new Promise<number>((resolve, reject) => {
      child.once('exit', (code, signal) =>
        reject(new Error(`${launch.args.join(' ')} ended before it listened: ${signal ?? code}`)),
      );
      child.stdout?.once('data', (text: Buffer) => resolve(Number(/listening (\d+)/.exec(text.toString())?.[1])));
    });
    child.once('exit', (code, signal) => {
      process.stderr.write(`${launch.args.join(' ')} ended within the run (${signal ?? code}): nothing more can be measured\n`);
      process.exit(1);
    });
    return { pid: child.pid ?? 0, port };
  }

  /** Kills everything at once and removes the folder. */
  close(): void {
    for (const child of this.#children) signalGroup(child, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #spawn(launch: Launch, stdio: ['ignore', 'ignore' | 'pipe', number | 'inherit']): ChildProcess {
    const env = { ...process.env, ...launch.env };
    const child = spawn(launch.command, launch.args, { stdio, env, cwd: this.folder, detached: true });
    this.#children.add(child);
    child.once('error', (error) => process.stderr.write(`${launch.command}: ${error.message}\n`));
    return child;
  }

  #running(child: ChildProcess, errors: () => string): Running {
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    return {
      pid: child.pid ?? 0,
      errors,
      hasEnded: () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null,
      stop: async () => {
        signalGroup(child, 'SIGTERM');
        const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), stopDeadlineMs);
        await ended;
        clearTimeout(timer);
        signalGroup(child, 'SIGKILL');
        this.#children.delete(child);
      },
    };
  }
}

/** A TCP port of the loopback interface that nobody listens on right now. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === 'object' ? address.port : 0;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // The group has gone already.
  }
}
