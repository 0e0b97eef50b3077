import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { ConfigError } from './config-error.ts';
import { loadConfig } from './load.ts';
import type { Config } from './schema.ts';

interface WatchListener {
  /** The file was changed and is good. `started` is what it held at first. What this throws is told as a fault of the file. */
  onConfig(config: Config, started: Config): void;
  /** The file was changed and cannot be used; what was in force stays in force. */
  onFault(error: ConfigError | Error): void;
}

/** A configuration file and what was read from it. */
export interface ConfigFile {
  path: string;
  config: Config;
}

const settleMs = 100;

/**
 * Watches a configuration file. The folder is watched, not the file, since editors and ConfigMaps replace files instead of writing them.
 * A change made after it was read and before this call is found too. Returns the way to stop.
 */
export function watchConfig(
  { path, config: started }: ConfigFile,
  variables: Readonly<Record<string, string | undefined>>,
  listener: WatchListener,
): () => void {
  let last = JSON.stringify(started, revealing);
  const reload = () => {
    try {
      const config = loadConfig(path, variables);
      const text = JSON.stringify(config, revealing);
      if (text === last) return;
      last = text;
      listener.onConfig(config, started);
    } catch (error) {
      last = '';
      listener.onFault(error instanceof Error ? error : new Error(String(error)));
    }
  };
  let timer = setTimeout(reload, settleMs);
  const name = basename(path);
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(dirname(path), (_event, changed) => {
      if (changed !== null && changed !== name && changed !== '..data') return;
      clearTimeout(timer);
      timer = setTimeout(reload, settleMs);
    });
    watcher.on('error', (error) => listener.onFault(error));
  } catch (error) {
    // The system may have no watches left; changes then take effect at the next start.
    listener.onFault(new Error('the configuration file cannot be watched', { cause: error }));
  }
  return () => {
    clearTimeout(timer);
    watcher?.close();
  };
}

/** Secrets print as `***`, so a changed secret would look like no change: compare what they hide. */
function revealing(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const original = this[key];
  return original instanceof Object && 'reveal' in original && typeof original.reveal === 'function' ? original.reveal() : value;
}
