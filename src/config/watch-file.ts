import { unwatchFile, watch, watchFile as pollFile, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';

const settleMs = 100;
/** How soon a change is found that nobody told: of a folder that came later, or was replaced. */
const pollMs = 5_000;

/**
 * Calls `onChange` when a file may have been written, replaced, made or removed. Its folder is watched, not the file, since files are replaced instead of
 * written; besides, it is looked at every 5 s, which works where the folder is not there yet. Returns the way to stop.
 */
export function watchFile(path: string, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, settleMs);
  };
  let watcher: FSWatcher | null = null;
  try {
    watcher = watch(dirname(path), { persistent: false }, (_event, changed) => {
      if (changed === null || changed === basename(path) || changed === '..data') soon();
    });
    watcher.on('error', () => undefined);
  } catch {
    // No such folder yet, or no watches left: it is looked at all the same.
  }
  pollFile(path, { persistent: false, interval: pollMs }, soon);
  return () => {
    clearTimeout(timer);
    watcher?.close();
    unwatchFile(path, soon);
  };
}
