import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Whether the process that wrote a lock file still runs. */
async function isHeld(path: string): Promise<boolean> {
  const holder = Number(await readFile(path, 'utf8').catch(() => ''));
  if (!Number.isInteger(holder) || holder <= 0) return false;
  try {
    process.kill(holder, 0);
    return true;
  } catch {
    return false;
  }
}

/** Does something that two runs on one machine must not do at once; the second waits and then usually finds it done. */
export async function exclusively<T>(lockPath: string, say: (line: string) => void, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(lockPath), { recursive: true });
  let isFirstTry = true;
  for (;;) {
    try {
      await writeFile(lockPath, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (!(await isHeld(lockPath))) await rm(lockPath, { force: true });
      else {
        if (isFirstTry) say(`another run is at work (${lockPath}); waiting for it`);
        isFirstTry = false;
        await pause(500);
      }
    }
  }
  try {
    return await work();
  } finally {
    await rm(lockPath, { force: true });
  }
}
