import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { codeOf, toStorageError } from '../model-error.ts';

/** A holder refreshes its lock this often. */
const heartbeatMs = 5_000;
/** A lock that nobody has refreshed for this long is abandoned, whoever holds it (another host, a reused process id). */
const abandonedMs = 60_000;

const holderSchema = z.object({ pid: z.int().positive().nullable(), host: z.string() });

interface LockOptions {
  clock: Clock;
  signal: AbortSignal;
  /** Called once when somebody else holds the lock. */
  onWait?: ((holder: string) => void) | undefined;
  /** How often a waiter looks again. */
  pollMs?: number;
}

/**
 * Runs `work` while holding the lock file `path`, so that two processes do not do the same work at once. Waits while a living process holds
 * it; takes it over when that process is dead. The folder must exist.
 */
export async function withFileLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const content = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
  let hasWaited = false;
  while (!(await tryTake(path, content))) {
    const holder = await readIfThere(path);
    if (holder === null) continue;
    if (await isAbandoned(path, holder, options.clock)) {
      await takeAway(path, holder);
      continue;
    }
    if (!hasWaited) options.onWait?.(`process ${holderOf(holder).pid ?? 'unknown'}`);
    hasWaited = true;
    await options.clock.sleep(options.pollMs ?? 500, options.signal);
  }
  const heartbeat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), heartbeatMs);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if ((await readIfThere(path)) === content) await rm(path, { force: true });
  }
}

async function tryTake(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (codeOf(error) === 'ENOSPC') await rm(path, { force: true });
    throw toStorageError(error, path);
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw toStorageError(error, path);
  }
}

async function isAbandoned(path: string, content: string, clock: Clock): Promise<boolean> {
  const holder = holderOf(content);
  if (holder.host === hostname() && holder.pid !== null && !isAlive(holder.pid)) return true;
  const info = await stat(path).catch(() => null);
  return info !== null && clock.now() - info.mtimeMs > abandonedMs;
}

/**
 * Removes an abandoned lock. Renaming it first shows whether it still is the one that was judged: if another waiter was quicker and holds a new
 * lock by now, that one goes back.
 */
async function takeAway(path: string, judged: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, 'utf8')) !== judged) await link(aside, path).catch(() => undefined);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw toStorageError(error, path);
  } finally {
    await rm(aside, { force: true });
  }
}

/** What a lock file says of its holder; an unknown process where it cannot be understood (it is just being written). */
function holderOf(content: string): z.infer<typeof holderSchema> {
  try {
    return holderSchema.parse(JSON.parse(content));
  } catch {
    return { pid: null, host: '' };
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
