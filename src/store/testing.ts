import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import { columnReaders } from './column-types.ts';
import { up } from './migrations/001-initial.ts';
import type { Database } from './schema.ts';
import type { Change, Store } from './store.ts';

/** A store in this process's memory, migrated and empty, for tests. It takes seconds to make: one a test file. */
export async function memoryStore(): Promise<Store> {
  const pglite = await PGlite.create({ parsers: { ...columnReaders } });
  const db = new Kysely<Database>({ dialect: new PGliteDialect({ pglite }) });
  await up(db as Kysely<unknown>);
  const listeners = new Set<(change: Change) => void>();
  return {
    db,
    kind: 'embedded',
    state: 'connected',
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    announce: (changes) => {
      for (const change of changes) for (const listener of listeners) listener(change);
      return Promise.resolve();
    },
    onState: () => () => undefined,
    close: () => db.destroy(),
  };
}
