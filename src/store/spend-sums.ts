import type { SpendRow } from '../core/spend.ts';

/** What a batch adds to one row of `daily_spend`. */
export interface DailySum {
  day: string;
  key_hash: string;
  user_id: string;
  team_id: string;
  customer_id: string;
  model: string;
  provider: string;
  requests: number;
  failed_requests: number;
  prompt_tokens: number;
  completion_tokens: number;
  cached_tokens: number;
  cost: number;
}

/** What a batch adds to one counter. */
export interface CounterSum {
  scope: string;
  duration: string | null;
  /** ISO 8601 */
  period_end: string | null;
  cost: number;
}

const dayMs = 86_400_000;

/** Sums by UTC day of the end, key, user, team, customer, model and provider. */
export function dailySums(rows: readonly SpendRow[]): DailySum[] {
  const sums = new Map<string, DailySum>();
  for (const row of rows) {
    const dayNumber = Math.floor(row.endedAtMs / dayMs);
    const holders = `${row.keyHash ?? ''}\n${row.userId ?? ''}\n${row.teamId ?? ''}\n${row.customerId ?? ''}`;
    const key = `${dayNumber}\n${row.model}\n${row.provider}\n${holders}`;
    let sum = sums.get(key);
    if (sum === undefined) sums.set(key, (sum = emptySum(row, new Date(dayNumber * dayMs).toISOString().slice(0, 10))));
    sum.requests += 1;
    if (row.httpStatus >= 400) sum.failed_requests += 1;
    sum.prompt_tokens += row.promptTokens;
    sum.completion_tokens += row.completionTokens;
    sum.cached_tokens += row.cachedTokens;
    sum.cost += row.costNanoUsd;
  }
  return [...sums.values()];
}

function emptySum(row: SpendRow, day: string): DailySum {
  return {
    day,
    key_hash: row.keyHash ?? '',
    user_id: row.userId ?? '',
    team_id: row.teamId ?? '',
    customer_id: row.customerId ?? '',
    model: row.model,
    provider: row.provider,
    requests: 0,
    failed_requests: 0,
    prompt_tokens: 0,
    completion_tokens: 0,
    cached_tokens: 0,
    cost: 0,
  };
}

/**
 * Sums by counter and period, in rounds: a counter is raised once a round, its earlier periods before its later ones, because one statement
 * cannot touch a row twice. Nearly always there is one round; at the border of a period there are two.
 */
export function counterRounds(rows: readonly SpendRow[]): CounterSum[][] {
  const byScope = new Map<string, CounterSumAt[]>();
  for (const { charges, costNanoUsd } of rows) {
    for (const { scope, duration, periodEndMs } of charges) {
      let sums = byScope.get(scope);
      if (sums === undefined) byScope.set(scope, (sums = []));
      const sum = sums.find((known) => known.periodEndMs === periodEndMs && known.duration === duration);
      if (sum === undefined) sums.push({ scope, duration, periodEndMs, cost: costNanoUsd });
      else sum.cost += costNanoUsd;
    }
  }
  const rounds: CounterSum[][] = [];
  for (const sums of byScope.values()) {
    if (sums.length > 1) sums.sort((one, other) => (one.periodEndMs ?? 0) - (other.periodEndMs ?? 0));
    for (const [at, { scope, duration, periodEndMs, cost }] of sums.entries()) {
      const period_end = periodEndMs === null ? null : new Date(periodEndMs).toISOString();
      (rounds[at] ??= []).push({ scope, duration, period_end, cost });
    }
  }
  return rounds;
}

interface CounterSumAt {
  scope: string;
  duration: string | null;
  periodEndMs: number | null;
  cost: number;
}
