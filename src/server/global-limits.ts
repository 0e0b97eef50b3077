import type { Config } from '../config/schema.ts';
import type { Scope } from '../core/access.ts';
import { buildScope, noLimits } from '../keys/build-scope.ts';
import type { JsonRow } from '../store/access-query.ts';
import type { SpendTable } from '../store/schema.ts';

/** Name of the counter of everything that is spent. */
export const globalCounter = 'global:all';

interface GlobalLimitsInput {
  config: () => Config;
  /** Unix milliseconds. */
  now: () => number;
  /** The counter of everything as the database has it; none: nothing was spent. */
  read: () => Promise<readonly JsonRow<SpendTable>[]>;
  onFailure: (error: unknown) => void;
}

/** How old what the database said of the spend of all gateways may be. */
const everyMs = 60_000;

/** The limits over everything, and what the database knows to be spent of their budget. */
export class GlobalLimits {
  readonly #input: GlobalLimitsInput;
  #spend: readonly JsonRow<SpendTable>[] = [];
  #scope: Scope | null;
  #timer: NodeJS.Timeout | undefined;

  constructor(input: GlobalLimitsInput) {
    this.#input = input;
    this.#scope = scopeOf(input.config(), this.#spend, input.now());
  }

  /** null: nothing is limited. Another object whenever anything of it is another. */
  get scope(): Scope | null {
    return this.#scope;
  }

  /** Takes over a new configuration. */
  reload(): void {
    this.#scope = scopeOf(this.#input.config(), this.#spend, this.#input.now());
  }

  /** Reads what was spent, where it is limited. Without the database, what was known before goes on. */
  async load(): Promise<void> {
    if (this.#scope === null || this.#scope.budget === null) return;
    try {
      this.#spend = await this.#input.read();
    } catch (error) {
      this.#input.onFailure(error);
      return;
    }
    this.reload();
  }

  /** Goes on reading every minute: other gateways spend too. */
  start(): void {
    this.#timer = setInterval(() => void this.load(), everyMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function scopeOf({ limits: { global } }: Config, spend: readonly JsonRow<SpendTable>[], nowMs: number): Scope | null {
  if (Object.values(global).every((value) => value === undefined)) return null;
  const { requestsPerMinute, tokensPerMinute, maxParallel, budgetUsd, softBudgetUsd, budgetPeriod } = global;
  const limits = {
    ...noLimits,
    requestsPerMinute: requestsPerMinute ?? null,
    tokensPerMinute: tokensPerMinute ?? null,
    maxParallel: maxParallel ?? null,
    maxNanoUsd: budgetUsd ?? null,
    softNanoUsd: softBudgetUsd ?? null,
    duration: budgetPeriod ?? null,
  };
  const scope = buildScope({ kind: 'global', id: 'all', label: 'this gateway' }, limits, { spend, nowMs });
  return budgetUsd === undefined && softBudgetUsd === undefined ? { ...scope, budget: null } : scope;
}
