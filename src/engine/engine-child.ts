import { fork, type ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { ChildMessage, StartMessage } from './protocol.ts';

const messageSchema: z.ZodType<ChildMessage> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), port: z.number(), contextTokens: z.number(), hasChatTemplate: z.boolean() }),
  z.object({ type: z.literal('queue'), waiting: z.number(), running: z.number() }),
  z.object({ type: z.literal('failed'), message: z.string(), isFinal: z.boolean() }),
]);

/** The engine's program: beside this file, as `.ts` in a clone and `.js` in the published package. */
export const childModule = fileURLToPath(new URL(`child/main${extname(import.meta.url)}`, import.meta.url));

/** How long the last message of a dead child may take to be read. */
const lastWordsMs = 1_000;

/** What becomes of a child, told as it happens. */
export interface ChildListener {
  onMessage(message: ChildMessage): void;
  /** One line of its output. */
  onLine(line: string): void;
}

/** A running engine process. It never outlives its owner: it exits when the IPC channel closes, and `stop` makes sure. */
export class EngineChild {
  /** Resolves when the process is gone, to how it ended in words. */
  readonly ended: Promise<string>;
  readonly #process: ChildProcess;
  #isGone = false;

  constructor(module: string, start: StartMessage, listener: ChildListener) {
    // The warning is Node 22's about stripping types. Nothing else of our own command line (an inspector's port) is for the child.
    const execArgv = ['--disable-warning=ExperimentalWarning'];
    this.#process = fork(module, [], { execArgv, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => listener.onLine(line));
    }
    this.#process.on('message', (message) => {
      const parsed = messageSchema.safeParse(message);
      if (parsed.success) listener.onMessage(parsed.data);
    });
    this.ended = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve(`could not be started: ${error.message}`));
      this.#process.once('exit', (code, signal) => {
        const end = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
        // Its last message, which says why it failed, may still be in the channel.
        if (!this.#process.connected) resolve(end);
        this.#process.once('disconnect', () => resolve(end));
        setTimeout(() => resolve(end), lastWordsMs).unref();
      });
    });
    void this.ended.then(() => (this.#isGone = true));
    // A child that died at once closes the channel; `ended` says so.
    this.#process.send(start, () => undefined);
  }

  /** Asks the process to end and kills it after `graceMs`; 0 kills at once. Resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    if (this.#isGone) return;
    if (graceMs > 0) this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), graceMs);
    await this.ended;
    clearTimeout(timer);
  }
}
