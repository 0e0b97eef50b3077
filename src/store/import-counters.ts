import { sql, type Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** A counter of money as another gateway left it. */
export interface ImportedCounter {
  /** As in `Budget.scope`. */
  scope: string;
  duration: string | null;
  /** ISO 8601 */
  period_end: string | null;
  /** Nano-dollars. */
  spent: number;
}

/**
 * Writes counters, never backwards: within one period the larger of two sums stays, a later period wins over an earlier one, and a counter of the same
 * duration that has gone on to a later period stays as it is. Returns how many changed.
 */
export async function raiseCounters(db: Kysely<Database>, counters: readonly ImportedCounter[], now: Date): Promise<number> {
  const { rows } = await sql`
    insert into spend as known (scope, duration, period_end, spent)
    select * from json_to_recordset(${JSON.stringify(counters)}::text::json) as given(scope text, duration text, period_end timestamptz, spent bigint)
    order by scope collate "C"
    on conflict (scope) do update set
      duration = excluded.duration,
      period_end = excluded.period_end,
      spent = case
        when known.period_end <= ${now}::timestamptz or known.duration = excluded.duration and known.period_end < excluded.period_end
          then excluded.spent
        else greatest(known.spent, excluded.spent) end
    where (known.duration = excluded.duration and known.period_end > excluded.period_end) is not true
      and (known.duration is distinct from excluded.duration or known.period_end is distinct from excluded.period_end
        or known.spent < excluded.spent)
    returning scope`.execute(db);
  return rows.length;
}
