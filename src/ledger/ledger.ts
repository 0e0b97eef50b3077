import type { SpendSink } from '../core/spend.ts';

/** The ledger as the rest of the gateway knows it: rows go in, are written in batches, and are never lost on the way. */
export interface Ledger extends SpendSink {
  /** `spooling`: the database is away and rows go to disk. */
  readonly state: 'ok' | 'spooling';
  /** Rows that are not in the database yet, in memory and on disk. */
  readonly pendingRows: number;
  /** Writes what is pending now; resolves when it is in the database or on disk. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Where the ledger says what went wrong. */
export interface LedgerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
