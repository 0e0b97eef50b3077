import type { Transaction } from 'kysely';
import type { SpendRow } from '../core/spend.ts';
import { addDailySums, insertLedgerRows } from './ledger-writer.ts';
import type { Database } from './schema.ts';
import { dailySums, type DailySum } from './spend-sums.ts';

const sumsAtOnce = 2_000;

/** What was added. */
export interface LedgerImportCounts {
  rows: number;
  costNanoUsd: number;
}

/**
 * Adds another gateway's requests to the ledger, page by page, each once however often it is given. The sums by day are written at the end, in the
 * order in which gateways write theirs, so that none waits for the other.
 */
export class LedgerImport {
  readonly #transaction: Transaction<Database>;
  readonly #sums = new Map<string, DailySum>();
  #rows = 0;
  #costNanoUsd = 0;

  constructor(transaction: Transaction<Database>) {
    this.#transaction = transaction;
  }

  async add(rows: readonly SpendRow[]): Promise<void> {
    const added = await insertLedgerRows(this.#transaction, rows);
    for (const sum of dailySums(added)) this.#merge(sum);
    this.#rows += added.length;
    for (const { costNanoUsd } of added) this.#costNanoUsd += costNanoUsd;
  }

  async finish(): Promise<LedgerImportCounts> {
    const sorted = [...this.#sums].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, sum]) => sum);
    for (let at = 0; at < sorted.length; at += sumsAtOnce) {
      await addDailySums(this.#transaction, sorted.slice(at, at + sumsAtOnce));
    }
    return { rows: this.#rows, costNanoUsd: this.#costNanoUsd };
  }

  #merge(sum: DailySum): void {
    const { day, key_hash, user_id, team_id, customer_id, model, provider } = sum;
    const name = [day, key_hash, user_id, team_id, customer_id, model, provider].join('\0');
    const known = this.#sums.get(name);
    if (known === undefined) {
      this.#sums.set(name, sum);
      return;
    }
    known.requests += sum.requests;
    known.failed_requests += sum.failed_requests;
    known.prompt_tokens += sum.prompt_tokens;
    known.completion_tokens += sum.completion_tokens;
    known.cached_tokens += sum.cached_tokens;
    known.cost += sum.cost;
  }
}
