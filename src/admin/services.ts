import { readCounters } from '../store/budgets-counters.ts';
import type { Store } from '../store/store.ts';

/** What scopes spent in their current periods, nano-dollars; scopes that spent nothing may be missing. */
export type CurrentSpend = (scopes: readonly string[]) => Promise<ReadonlyMap<string, number>>;

/** What the admin API works with. */
export interface AdminServices {
  store: Store;
  /** Unix milliseconds. */
  now: () => number;
  /** A new key: `sk-` and at least 128 random bits. */
  newKey: () => string;
  /** A new id for a user, team or budget whose maker gave none. */
  newId: () => string;
  currentSpend: CurrentSpend;
}

/** Spend as the database knows it: behind by what gateways have not written yet. */
export function storedSpend(store: Store, now: () => number): CurrentSpend {
  return (scopes) => readCounters(store.db, scopes, new Date(now()));
}
