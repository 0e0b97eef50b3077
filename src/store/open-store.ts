import { EmbeddedStore } from './embedded/embedded-store.ts';
import { ServerStore, type ServerStoreOptions } from './server-store.ts';
import type { Store } from './store.ts';

export interface OpenStoreOptions extends Omit<ServerStoreOptions, 'url'> {
  /** Of a PostgreSQL server; null: the embedded database. */
  url: string | null;
  /** Folder of the embedded database; made where it is missing. Its lock lies beside it, as `<directory>.lock`. */
  directory: string;
}

/**
 * Opens the database and brings it up to date. A server that cannot be reached gives a store that is `away`, comes back by itself, and migrates
 * then; the embedded database must open.
 * @throws Error that says what to do: the database is newer than this program, or the embedded one is in use, broken, or cannot be written
 */
export function openStore(options: OpenStoreOptions): Promise<Store> {
  const { url, directory, log } = options;
  if (url === null) return EmbeddedStore.open(directory, log);
  // Said here, since the driver's own error would carry the password.
  if (!/^postgres(ql)?:$/.test(URL.parse(url)?.protocol ?? '')) {
    return Promise.reject(new Error('the database’s URL must look like postgres://user:password@host:5432/name'));
  }
  return ServerStore.open({ ...options, url });
}
