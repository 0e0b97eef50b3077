import { watch, type FSWatcher } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { ConfigError, Finding } from './config-error.ts';
import { readConfig } from './load.ts';
import { revealing } from './revealing.ts';
import type { Config } from './schema.ts';

interface WatchListener {
  /**
   * The file was changed and is good. `started` is what it held at first, `warnings` what is accepted without effect. What this throws is
   * told as a fault of the file.
   */
  onConfig(config: Config, started: Config, warnings: readonly Finding[]): void;
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
 * Watches a configuration file, and those that it includes. The folder is watched, not the file, since editors and ConfigMaps replace files instead of writing them.
 * A change made after it was read and before this call is found too. Returns the way to stop.
 */
export function watchConfig(
  { path, config: started }: ConfigFile,
  variables: Readonly<Record<string, string | undefined>>,
  listener: WatchListener,
): () => void {
  let last = JSON.stringify(started, revealing);
  let files: ReadonlySet<string> = new Set([resolve(path)]);
  const watchers = new Map<string, FSWatcher>();
  const reload = () => {
    try {
      const loaded = readConfig(path, variables);
      files = new Set(loaded.files.map((file) => resolve(file)));
      follow();
      const text = JSON.stringify(loaded.config, revealing);
      if (text === last) return;
      last = text;
      listener.onConfig(loaded.config, started, loaded.warnings);
    } catch (error) {
      last = '';
      listener.onFault(error instanceof Error ? error : new Error(String(error)));
    }
  };
  let timer = setTimeout(reload, settleMs);
  /** Watches the folders of all files that are not watched yet. */
  const follow = () => {
    for (const folder of new Set([...files].map((file) => dirname(file)))) {
      if (watchers.has(folder)) continue;
      const watcher = watch(folder, (_event, changed) => {
        if (changed !== null && changed !== '..data' && !files.has(join(folder, changed))) return;
        clearTimeout(timer);
        timer = setTimeout(reload, settleMs);
      });
      watcher.on('error', (error) => listener.onFault(error));
      watchers.set(folder, watcher);
    }
  };
  try {
    follow();
  } catch (error) {
    // The system may have no watches left; changes then take effect at the next start.
    listener.onFault(new Error('the configuration file cannot be watched', { cause: error }));
  }
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers.values()) watcher.close();
  };
}
