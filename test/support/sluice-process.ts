import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url));

interface SluiceOptions {
  /** Where it runs; default: an empty folder of its own. */
  directory?: string;
  environment?: Record<string, string>;
}

/** How a process ended. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** The command as a person starts it, in a process of its own. */
export class SluiceProcess {
  readonly child: ChildProcess;
  readonly directory: string;
  stdout = '';
  stderr = '';
  /** Resolves when it is gone and all of its output is read. */
  readonly ended: Promise<Ending>;
  #hasEnded = false;
  readonly #waiters: (() => void)[] = [];

  constructor(parameters: readonly string[], { directory, environment = {} }: SluiceOptions = {}) {
    const own = mkdtempSync(join(tmpdir(), 'sluice-run-'));
    this.directory = directory ?? own;
    const { PATH = '', HOME = '' } = process.env;
    this.child = spawn(process.execPath, [entry, ...parameters], {
      cwd: this.directory,
      env: { PATH, HOME, SLUICE_DATA: own, NO_COLOR: '1', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => this.#take('stdout', chunk));
    this.child.stderr?.on('data', (chunk: Buffer) => this.#take('stderr', chunk));
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        this.#hasEnded = true;
        rmSync(own, { recursive: true, force: true });
        resolve({ code, signal });
        this.#wake();
      });
    });
  }

  /** The lines of the log so far. */
  get log(): Record<string, unknown>[] {
    // The last line may have come only in part.
    return this.stdout
      .slice(0, this.stdout.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Where it listens, as soon as it does. */
  async url(): Promise<string> {
    for (;;) {
      const [, url] = /"url":"([^"]+)"|url=(\S+)/.exec(this.stdout)?.filter((part) => part !== undefined) ?? [];
      if (url !== undefined) return url;
      await this.#more('it listened');
    }
  }

  /** The first line of the log with that message that also satisfies `test`; waits for it. */
  async logged(message: string, test: (line: Record<string, unknown>) => boolean = () => true): Promise<Record<string, unknown>> {
    for (;;) {
      const line = this.log.find((candidate) => candidate['msg'] === message && test(candidate));
      if (line !== undefined) return line;
      await this.#more(`it logged "${message}"`);
    }
  }

  /** Kills what a test has left running. */
  async stop(): Promise<void> {
    if (!this.#hasEnded) this.child.kill('SIGKILL');
    await this.ended;
  }

  async #more(what: string): Promise<void> {
    if (this.#hasEnded) throw new Error(`it ended before ${what}:\n${this.stdout}${this.stderr}`);
    await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  #take(name: 'stdout' | 'stderr', chunk: Buffer): void {
    this[name] += chunk.toString('utf8');
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}
