import type { Scope } from '../core/access.ts';
import type { CustomerRow } from '../store/access-query.ts';
import { buildScope, limitsOf, nextPeriodMs } from './build-scope.ts';
import { blockedCustomer } from './key-errors.ts';

/** An end user in memory; `row` null: the store has none of that name. */
export class CachedCustomer {
  readonly row: CustomerRow | null;
  #scope: Scope | null;
  #changesAtMs: number;

  constructor(row: CustomerRow | null, nowMs: number) {
    this.row = row;
    this.#scope = row === null ? null : customerScope(row, nowMs);
    this.#changesAtMs = this.#scope === null ? Infinity : nextPeriodMs([this.#scope]);
  }

  /** Its limits now. @throws GatewayError `unauthorized` where it is blocked */
  scopeAt(nowMs: number): Scope | null {
    if (this.row === null) return null;
    if (this.row.customer.blocked) throw blockedCustomer(this.row.customer.id);
    if (nowMs >= this.#changesAtMs) {
      this.#scope = customerScope(this.row, nowMs);
      this.#changesAtMs = nextPeriodMs([this.#scope]);
    }
    return this.#scope;
  }
}

function customerScope({ customer, budget, spend }: CustomerRow, nowMs: number): Scope {
  const { id, alias } = customer;
  return buildScope({ kind: 'customer', id, label: alias ?? id }, limitsOf(customer, budget), { spend, nowMs });
}
