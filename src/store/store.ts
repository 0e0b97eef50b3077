import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** Something was changed: caches of it are old. `id` null: any of them. */
export interface Change {
  entity: 'key' | 'user' | 'team' | 'member' | 'budget' | 'customer' | 'model';
  /** Key hash, user id, team id, `team/user`, budget id, customer id, model id. */
  id: string | null;
}

/** The database as the rest of the gateway knows it: a server, or the embedded one. SQL stands in `src/store` only. */
export interface Store {
  readonly db: Kysely<Database>;
  readonly kind: 'server' | 'embedded';
  /** `away`: the last attempt failed; it is tried again by itself. Statements reject while it lasts. */
  readonly state: 'connected' | 'away';
  /** Hears of changes that any gateway on this database made, within a second; after a lost connection, of `{ id: null }` for every entity. */
  onChange(listener: (change: Change) => void): () => void;
  /** Tells every gateway. Inside a transaction it is told when that commits. */
  announce(changes: readonly Change[], inside?: Kysely<Database>): Promise<void>;
  /** Hears when the database is gone or back. */
  onState(listener: (state: 'connected' | 'away') => void): () => void;
  close(): Promise<void>;
}
