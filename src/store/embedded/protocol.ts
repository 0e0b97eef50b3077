/** What the database's thread is started with. */
export interface ThreadData {
  /** `create` makes a new database in the folder and ends; `serve` opens it and answers statements. */
  task: 'create' | 'serve';
  directory: string;
}

/** A statement for the thread; null: vanish in order. */
export interface ThreadRequest {
  id: number;
  statement: { sql: string; parameters: readonly unknown[] } | null;
}

/** The fields of an error of PostgreSQL, under the names that its driver for servers uses. */
export interface ThreadError {
  message: string;
  code?: string;
  detail?: string;
  constraint?: string;
  table?: string;
  column?: string;
}

export type ThreadMessage =
  | { type: 'ready' }
  | { type: 'result'; id: number; rows: unknown[]; command: string; rowCount: number }
  /** The statement was refused. */
  | { type: 'error'; id: number; error: ThreadError }
  /** The database itself is broken: nothing will be answered any more. */
  | { type: 'failed'; message: string };
