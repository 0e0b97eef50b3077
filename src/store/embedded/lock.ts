import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, readlinkSync, rmSync, rmdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who holds a folder. */
interface Holder {
  pid: number;
  /** When that process started, as the system counts; another process with the same number has another. null: not known here. */
  started: string | null;
  /** The machine since its last start, and the space in which process numbers mean something. */
  machine: string;
  /** Of this one lock. */
  id: string;
}

/** How often the holder shows that it lives, for those who cannot see its process. */
const touchEveryMs = 3_000;
/** Without a sign for so long a holder on another machine, or in another container, is dead. */
const silenceMs = 15_000;

/** Somebody else has the database open. */
export class LockedError extends Error {}

/**
 * A lock that is a file: two processes on one embedded database would destroy it without noticing. A dead process's lock is taken over: on the
 * same machine one whose process is gone (its number may belong to another process by now), elsewhere one that was silent for 15 s.
 */
export class FileLock {
  readonly #path: string;
  readonly #id: string;
  readonly #timer: NodeJS.Timeout;

  private constructor(path: string, id: string) {
    this.#path = path;
    this.#id = id;
    this.#timer = setInterval(() => this.#touch(), touchEveryMs).unref();
  }

  /** @throws LockedError where a live process holds it; the system's error where the file cannot be written */
  static take(path: string, pid: number = process.pid): FileLock {
    const holder: Holder = { pid, started: startOf(pid), machine: machine(), id: randomUUID() };
    const own = `${path}.${holder.id}`;
    writeFileSync(own, JSON.stringify(holder), { mode: 0o600 });
    try {
      if (!tryLink(own, path)) takeOver(own, path);
    } finally {
      rmSync(own, { force: true });
    }
    return new FileLock(path, holder.id);
  }

  release(): void {
    clearInterval(this.#timer);
    if (read(this.#path)?.id === this.#id) rmSync(this.#path, { force: true });
  }

  #touch(): void {
    try {
      const now = new Date();
      utimesSync(this.#path, now, now);
    } catch {
      // A folder that cannot be written for a while: the lock only looks older than it is.
    }
  }
}

/** Puts the file in its place unless there is one, in one step. */
function tryLink(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Replaces a dead holder's file. Of several who try at once, one at a time looks and acts. */
function takeOver(own: string, path: string): void {
  const gate = `${path}.takeover`;
  try {
    mkdirSync(gate);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // Whoever died in the middle of this must not keep everybody out.
    if (ageMs(gate) > silenceMs) rmdirSync(gate);
    throw new LockedError('another process is just opening it; try again');
  }
  try {
    const holder = read(path);
    const reason = holder === null ? null : whyAlive(holder, path);
    if (reason !== null) throw new LockedError(reason);
    rmSync(path, { force: true });
    if (!tryLink(own, path)) throw new LockedError('another process is just opening it; try again');
  } finally {
    rmdirSync(gate);
  }
}

/** Why a holder must be taken for alive; null: it is dead. */
function whyAlive(holder: Holder, path: string): string | null {
  if (holder.machine === machine()) {
    if (!isRunning(holder.pid) || startOf(holder.pid) !== holder.started) return null;
    return `process ${holder.pid} has it open${holder.pid === process.pid ? ' (this very process)' : ''}`;
  }
  const silentMs = ageMs(path);
  if (silentMs > silenceMs) return null;
  return (
    `process ${holder.pid} of another machine or container had it open ${Math.round(silentMs / 1000)} s ago; ` +
    `if that one is dead, try again in ${Math.ceil((silenceMs - silentMs) / 1000)} s`
  );
}

/** null: nothing that one of us wrote, as after a full disk. */
function read(path: string): Holder | null {
  try {
    const { pid, started, machine: where, id } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>;
    return typeof pid === 'number' && typeof where === 'string' && typeof id === 'string'
      ? { pid, started: started ?? null, machine: where, id }
      : null;
  } catch {
    return null;
  }
}

function ageMs(path: string): number {
  try {
    return Math.max(0, Date.now() - statSync(path).mtimeMs);
  } catch {
    return Infinity;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, and is not ours.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of /proc/<pid>/stat (proc(5)): ticks between the machine's start and the process's. null where there is no /proc. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name in brackets, may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function machine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}
