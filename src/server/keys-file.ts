import { readKeysFile } from '../config/keys-file.ts';
import { revealing } from '../config/revealing.ts';
import type { Config } from '../config/schema.ts';
import { watchFile } from '../config/watch-file.ts';
import type { Logger } from '../telemetry/log.ts';
import { hasBudget } from './keyed.ts';

type Keys = Config['keys'];

interface KeysFileInput {
  config: () => Config;
  variables: Readonly<Record<string, string | undefined>>;
  logger: Logger;
  /** Whether a database keeps what is spent. */
  hasStore: boolean;
  /** Other keys hold from now on. */
  onChange: () => void;
}

/**
 * The keys of `keysFile`, as they stand in it now. A good change holds at once; a bad one is told and those before it stay. A file that is missing holds no
 * key, so that everybody is refused.
 */
export class KeysFile {
  readonly #input: KeysFileInput;
  #keys: Keys = [];
  /** What was read or found at fault last: nothing is told twice. */
  #last: string | null = null;
  #path: string | undefined;
  #stopWatching: () => void = () => undefined;

  constructor(input: KeysFileInput) {
    this.#input = input;
    this.#path = input.config().keysFile;
    this.#read();
  }

  get keys(): Keys {
    return this.#keys;
  }

  /** Follows the file from now on; finds what was changed since it was read. */
  start(): void {
    this.#watch();
    this.#refresh();
  }

  /** Takes over a new configuration: another file, other guardrails. The caller tells whom it concerns. */
  reload(): void {
    const { keysFile } = this.#input.config();
    if (keysFile !== this.#path) {
      this.#path = keysFile;
      this.#keys = [];
      this.#last = null;
      this.#watch();
    }
    this.#read();
  }

  close(): void {
    this.#stopWatching();
  }

  #watch(): void {
    this.#stopWatching();
    this.#stopWatching = this.#path === undefined ? () => undefined : watchFile(this.#path, () => this.#refresh());
  }

  #refresh(): void {
    if (this.#read()) this.#input.onChange();
  }

  /** Whether other keys hold now. */
  #read(): boolean {
    const { config, variables, logger } = this.#input;
    const file = this.#path;
    if (file === undefined) return false;
    try {
      const keys = readKeysFile(file, { variables, guardrails: config().guardrails.map(({ name }) => name) });
      if (!this.#isNew(keys === null ? 'missing' : JSON.stringify(keys, revealing))) return false;
      this.#keys = keys ?? [];
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      if (this.#isNew(fault)) logger.error({ fault }, 'the keys file is not usable; the keys before it stay in force');
      return false;
    }
    this.#tell(file);
    return true;
  }

  #isNew(state: string): boolean {
    const isNew = state !== this.#last;
    this.#last = state;
    return isNew;
  }

  #tell(file: string): void {
    const { logger, hasStore } = this.#input;
    if (this.#keys.length === 0)
      logger.warn({ file }, 'the keys file is missing or holds no key: every request that needs one is refused with 401');
    else logger.info({ file, keys: this.#keys.length }, 'keys were read from the keys file');
    const budgets = this.#keys.filter(hasBudget).map(({ alias }) => alias);
    if (budgets.length > 0 && !hasStore)
      logger.warn(
        { file, aliases: budgets },
        'without a database budgets are counted in this process and begin anew at each start',
      );
  }
}
