import type { AccessRow, CustomerRow, DeclaredKey, HolderRow, KeySource } from '../../store/access-query.ts';
import type { Change } from '../../store/store.ts';

/** A store's keys in memory, which can go away, and which counts how often it is asked. */
export class FakeSource implements KeySource {
  state: 'connected' | 'away' = 'connected';
  readonly keys = new Map<string, AccessRow>();
  readonly customers = new Map<string, CustomerRow>();
  readonly asked: string[] = [];
  holderRow: HolderRow = { user: null, team: null, member: null, spend: [] };
  /** While it is set, answers wait for it, and hold what was true when they were asked for. */
  gate: Promise<void> | null = null;
  readonly #listeners = new Set<(change: Change) => void>();

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  announce(...changes: Change[]): void {
    for (const change of changes) for (const listener of this.#listeners) listener(change);
  }

  key(hash: string): Promise<AccessRow | null> {
    return this.#answer('key', this.keys.get(hash) ?? null);
  }

  holders(key: DeclaredKey): Promise<HolderRow> {
    return this.#answer(`holders of ${key.teamId}`, this.holderRow);
  }

  customer(id: string): Promise<CustomerRow | null> {
    return this.#answer(`customer ${id}`, this.customers.get(id) ?? null);
  }

  hasCustomers(): Promise<boolean> {
    return this.#answer('customers', this.customers.size > 0);
  }

  async #answer<Value>(question: string, value: Value): Promise<Value> {
    this.asked.push(question);
    await this.gate;
    if (this.state === 'away') throw new Error('connection refused');
    return value;
  }
}
