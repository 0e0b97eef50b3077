import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';

/** A program under test, with all that it printed. */
export class Program {
  readonly process: ChildProcess;
  output = '';
  readonly #name: string;
  readonly #exited: Promise<void>;

  /** Starts `command`; its environment is ours with `environment` on top. */
  constructor(name: string, command: readonly [string, ...string[]], environment: Record<string, string> = {}) {
    const [file, ...parameters] = command;
    this.#name = name;
    this.process = spawn(file, parameters, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString('utf8')));
    }
    this.process.once('error', (error) => (this.output += String(error)));
    this.#exited = new Promise((resolve) => this.process.once('close', () => resolve()));
  }

  /** Waits until `look` returns something. Throws with the program's output when it ends before, or after `limitMs`. */
  async until<Found>(what: string, limitMs: number, look: () => Promise<Found | null> | Found | null): Promise<Found> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const found = await look();
      if (found !== null) return found;
      if (this.process.exitCode !== null) throw this.#failure(`ended with ${this.process.exitCode} before ${what}`);
      if (Date.now() > deadline) throw this.#failure(`took more than ${limitMs / 1000} s to ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop(): Promise<void> {
    this.process.kill('SIGTERM');
    const impatient = setTimeout(() => this.process.kill('SIGKILL'), 5_000);
    await this.#exited;
    clearTimeout(impatient);
  }

  #failure(text: string): Error {
    return new Error(`${this.#name} ${text}; its output:\n${this.output.slice(-4_000)}`);
  }
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether a server answers there with 200. */
export async function answers(url: string): Promise<true | null> {
  try {
    return (await fetch(url)).ok || null;
  } catch {
    return null;
  }
}
