import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { unreachable } from '../unreachable.ts';
import type { ThreadData, ThreadError, ThreadMessage, ThreadRequest } from './protocol.ts';

/** The thread's program: beside this file, as `.ts` in a clone and `.js` in the published package. */
const threadModule = new URL(`thread${extname(import.meta.url)}`, import.meta.url);

/** What a statement gave. */
export interface StatementResult {
  rows: unknown[];
  /** `SELECT`, `INSERT`, `COMMIT` … */
  command: string;
  rowCount: number;
}

/** A statement that the database refused, with the fields that the driver for servers gives. */
export class StatementError extends Error {
  readonly code: string | undefined;
  readonly detail: string | undefined;
  readonly constraint: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;

  constructor({ message, code, detail, constraint, table, column }: ThreadError) {
    super(message);
    this.name = 'StatementError';
    this.code = code;
    this.detail = detail;
    this.constraint = constraint;
    this.table = table;
    this.column = column;
  }
}

/** The embedded database, in a thread of its own. It ends for good with its first failure; another must be started. */
export class DatabaseThread {
  /** Resolves to why when the thread is gone. */
  readonly ended: Promise<string>;
  readonly #worker: Worker;
  readonly #pending = new Map<number, { resolve(result: StatementResult): void; reject(error: unknown): void }>();
  #lastId = 0;
  #isGone = false;

  private constructor(data: ThreadData, onReady: () => void) {
    // A small young generation: a busy thread would keep a hundred megabytes of garbage otherwise.
    const resourceLimits = { maxYoungGenerationSizeMb: 4 };
    this.#worker = new Worker(threadModule, {
      workerData: data,
      resourceLimits,
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    let reason = 'the database’s thread ended';
    this.#worker.on('message', (message: ThreadMessage) => {
      if (message.type === 'ready') onReady();
      else if (message.type === 'failed') {
        reason = message.message;
        void this.#worker.terminate();
      } else this.#settle(message);
    });
    this.#worker.on('error', (error) => (reason = error instanceof Error ? error.message : String(error)));
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#isGone = true;
        for (const { reject } of this.#pending.values()) reject(unreachable(new Error(reason)));
        this.#pending.clear();
        resolve(reason);
      });
    });
  }

  /** Makes a new, empty database in a folder. It takes seconds and 700 MB, which its thread gives back. */
  static async create(directory: string): Promise<void> {
    const thread = new DatabaseThread({ task: 'create', directory }, () => undefined);
    let reason: unknown;
    thread.#worker.on('error', (error) => (reason = error));
    await thread.ended;
    if (reason !== undefined) throw reason;
  }

  /** Opens the database of a folder. */
  static async open(directory: string): Promise<DatabaseThread> {
    const ready = Promise.withResolvers<null>();
    const thread = new DatabaseThread({ task: 'serve', directory }, () => ready.resolve(null));
    const reason = await Promise.race([ready.promise, thread.ended]);
    if (reason !== null) throw new Error(reason);
    return thread;
  }

  /** @throws StatementError; GatewayError `service_unavailable` where the database failed */
  run(sql: string, parameters: readonly unknown[]): Promise<StatementResult> {
    return this.#send({ sql, parameters });
  }

  /** Writes everything to its place and ends the thread. */
  async close(): Promise<void> {
    await this.#send(null).catch(() => undefined);
    await this.#worker.terminate();
  }

  #send(statement: ThreadRequest['statement']): Promise<StatementResult> {
    if (this.#isGone) return Promise.reject(unreachable(undefined));
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, no window
      this.#worker.postMessage({ id, statement } satisfies ThreadRequest);
      this.#pending.set(id, { resolve, reject });
    });
  }

  #settle(message: Extract<ThreadMessage, { id: number }>): void {
    const waiting = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === 'error') waiting?.reject(new StatementError(message.error));
    else waiting?.resolve(message);
  }
}
