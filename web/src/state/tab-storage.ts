import { parseJson } from '../json.ts';

/** Values that live as long as the tab. */
export interface TabStorage {
  /** The parsed JSON under a name, or undefined. */
  read(name: string): unknown;
  /** Whether it was kept: false where storage is full or blocked. */
  write(name: string, value: unknown): boolean;
  remove(name: string): void;
}

/** Keeps JSON in the tab's `sessionStorage`; where that is blocked, nothing is kept and nothing fails. */
export function createTabStorage(open: () => Storage): TabStorage {
  function attempt<T>(use: (storage: Storage) => T, otherwise: T): T {
    try {
      return use(open());
    } catch {
      return otherwise;
    }
  }
  const keyOf = (name: string): string => `sluice-${name}`;
  return {
    read: (name) => attempt((storage) => parseJson(storage.getItem(keyOf(name)) ?? ''), undefined),
    write: (name, value) =>
      attempt((storage) => {
        storage.setItem(keyOf(name), JSON.stringify(value));
        return true;
      }, false),
    remove: (name) => attempt((storage) => storage.removeItem(keyOf(name)), undefined),
  };
}
