import { rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A process that has not shown itself for this long is taken for dead, wherever it ran. */
const silentAfterMs = 60_000;
/** How often a live process shows itself. */
const beatEveryMs = 10_000;

interface SpoolOwnerInput {
  directory: string;
  /** Unix milliseconds. */
  now: () => number;
  host: string;
  pid: number;
  /** Tells this process from earlier ones with the same number, as in containers. */
  instance: string;
}

/**
 * Who owns which files of a spool directory, when several gateways share one. A live owner touches a file of its own every 10 seconds. Its files may
 * be taken over when that file is gone (it closed), when its process is (same host), or when it was silent for a minute (any host).
 */
export class SpoolOwner {
  /** Part of the names of its files. */
  readonly name: string;
  readonly #input: SpoolOwnerInput;
  readonly #beatPath: string;
  #beatAtMs = Number.NEGATIVE_INFINITY;

  constructor(input: SpoolOwnerInput) {
    this.#input = input;
    this.name = `${input.host.replace(/[^\w-]/g, '-')}~${input.pid}~${input.instance.replace(/[^\w-]/g, '-')}`;
    this.#beatPath = this.#beatPathOf(this.name);
  }

  /** False after a pause so long (a suspended machine) that another may have taken the files that were open. */
  get isSurelyOurs(): boolean {
    return this.#input.now() - this.#beatAtMs < silentAfterMs / 2;
  }

  /** Shows that this process lives, if that was not done in the last 10 seconds. */
  async beat(): Promise<void> {
    const nowMs = this.#input.now();
    if (nowMs - this.#beatAtMs < beatEveryMs) return;
    await writeFile(this.#beatPath, '', { flag: 'a' });
    await utimes(this.#beatPath, nowMs / 1000, nowMs / 1000);
    this.#beatAtMs = nowMs;
  }

  /** Whether the files of another owner may be taken over. */
  async isGone(other: string): Promise<boolean> {
    if (other === this.name) return false;
    const beat = await stat(this.#beatPathOf(other)).catch(() => null);
    if (beat === null || this.#input.now() - beat.mtimeMs > silentAfterMs) return true;
    const [host, pid] = other.split('~');
    const [ownHost] = this.name.split('~');
    return host === ownHost && (Number(pid) === this.#input.pid || !isRunning(Number(pid)));
  }

  /** Removes what is left of an owner whose files were taken over. */
  async bury(other: string): Promise<void> {
    await rm(this.#beatPathOf(other), { force: true });
  }

  async close(): Promise<void> {
    await rm(this.#beatPath, { force: true });
  }

  #beatPathOf(owner: string): string {
    return join(this.#input.directory, `${owner}.alive`);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
