import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { ConfigError } from './config-error.ts';
import { loadConfig } from './load.ts';
import type { Config } from './schema.ts';

interface WatchListener {
  /** The file was changed and is good. */
  onConfig(config: Config): void;
  /** The file was changed and cannot be used; what was in force stays in force. */
  onFault(error: ConfigError | Error): void;
}

const settleMs = 100;

/**
 * Watches a configuration file. The folder is watched, not the file, since editors and ConfigMaps replace files instead of writing them.
 * Returns the way to stop.
 */
export function watchConfig(
  path: string,
  variables: Readonly<Record<string, string | undefined>>,
  listener: WatchListener,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let last = '';
  const reload = () => {
    try {
      const config = loadConfig(path, variables);
      const text = JSON.stringify(config, revealing);
      if (text === last) return;
      last = text;
      listener.onConfig(config);
    } catch (error) {
      last = '';
      listener.onFault(error instanceof Error ? error : new Error(String(error)));
    }
  };
  try {
    last = JSON.stringify(loadConfig(path, variables), revealing);
  } catch {
    // The caller has loaded it a moment ago; if it went bad since, the watcher reports it at its next change.
  }
  const name = basename(path);
  const watcher = watch(dirname(path), (_event, changed) => {
    if (changed !== null && changed !== name && changed !== '..data') return;
    clearTimeout(timer);
    timer = setTimeout(reload, settleMs);
  });
  watcher.on('error', (error) => listener.onFault(error));
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}

/** Secrets print as `***`, so a changed secret would look like no change: compare what they hide. */
function revealing(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const original = this[key];
  return original instanceof Object && 'reveal' in original && typeof original.reveal === 'function' ? original.reveal() : value;
}
