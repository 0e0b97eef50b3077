import type { Call } from './call.ts';
import { type Fields, readNumber, readRows, readText, readTime } from './read.ts';

/** Limits that keys, teams and users have alike. null: no limit; 0: nothing. Money in USD. */
export interface Limits {
  maxBudgetUsd: number | null;
  softBudgetUsd: number | null;
  /** `1d`, `30d`, `1mo` …; null: the budget never starts anew. */
  budgetDuration: string | null;
  budgetResetsAtMs: number | null;
  requestsPerMinute: number | null;
  tokensPerMinute: number | null;
  maxParallel: number | null;
}

/** Reads the limits out of a row. */
export function parseLimits(fields: Fields): Limits {
  return {
    maxBudgetUsd: readNumber(fields['max_budget']),
    softBudgetUsd: readNumber(fields['soft_budget']),
    budgetDuration: readText(fields['budget_duration']),
    budgetResetsAtMs: readTime(fields['budget_reset_at']),
    requestsPerMinute: readNumber(fields['rpm_limit']),
    tokensPerMinute: readNumber(fields['tpm_limit']),
    maxParallel: readNumber(fields['max_parallel_requests']),
  };
}

/** How much of one limit is used now. Money in USD. */
export interface LimitUse {
  /** Whose limit it is, e.g. `key` or `team`. */
  scope: string;
  kind: 'requests' | 'tokens' | 'parallel' | 'budget';
  /** null: no limit. */
  max: number | null;
  used: number;
  resetsAtMs: number | null;
}

const kinds: readonly LimitUse['kind'][] = ['budget', 'requests', 'tokens', 'parallel'];

/** Reads `GET /limits/usage`; rows of an unknown kind are left out. */
export function parseLimitUse(value: unknown): LimitUse[] {
  return readRows(value, 'limits', 'data').flatMap((fields) => {
    const kind = kinds.find((kind) => kind === fields['kind']);
    if (kind === undefined) return [];
    return [
      {
        scope: readText(fields['scope']) ?? 'key',
        kind,
        max: readNumber(fields['max']),
        used: readNumber(fields['used']) ?? 0,
        resetsAtMs: readTime(fields['resets_at']),
      },
    ];
  });
}

/** The use of every limit that a key is under, by the key's hash. */
export async function readLimitUse(call: Call, hash: string): Promise<LimitUse[]> {
  return parseLimitUse(await call.get('/limits/usage', { key: hash }));
}
