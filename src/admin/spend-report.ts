import type { Kysely } from 'kysely';
import { toUsd } from '../money/usd.ts';
import type { Database } from '../store/schema.ts';
import type { DaySpan, SpendFilter } from '../store/spend-filter.ts';
import { holderLabels, keyLabels } from '../store/spend-holders.ts';
import { sumSpend, sumSpendBy, sumSpendByTag, sumTaggedSpend, type SpendColumn, type SpendSums } from '../store/spend-reports.ts';
import type { SpendReport, spendReportGroups } from '../wire/admin/spend.ts';

type Group = (typeof spendReportGroups)[number];

const columnOf: Readonly<Record<Exclude<Group, 'tag'>, SpendColumn>> = {
  key: 'key_hash',
  user: 'user_id',
  team: 'team_id',
  model: 'model',
  customer: 'customer_id',
};

interface ReportInput {
  filter: SpendFilter;
  span: DaySpan;
  /** `day`, a group, or `day,` and a group. */
  groupBy: string;
  limit: number;
}

/** Sums by day, by a group, or by both, with the groups' names, and the total. */
export async function spendReport(db: Kysely<Database>, input: ReportInput): Promise<SpendReport> {
  const { filter, span, groupBy, limit } = input;
  const parts = groupBy.split(',');
  const byDay = parts.includes('day');
  const group = parts.find((part): part is Group => part !== 'day') ?? null;
  // One more than asked for tells whether there are more.
  const found = await sumsOf(db, { filter, span, byDay, group, limit: limit + 1 });
  const kept = found.slice(0, limit);
  const labels = group === null ? null : await labelsOf(db, group, new Set(kept.map(({ id }) => id)));
  const total = group === 'tag' ? await sumTaggedSpend(db, filter, span) : await sumSpend(db, filter, span);
  return {
    start_date: span.start,
    end_date: span.end,
    group_by: groupBy,
    rows: kept.map(({ day, id, sums }) => ({
      ...(byDay ? { day } : {}),
      ...(labels === null ? {} : { id, label: labels.get(id) ?? id }),
      ...toFields(sums),
    })),
    is_truncated: found.length > limit,
    total: toFields(total),
  };
}

interface SumsInput extends Omit<ReportInput, 'groupBy'> {
  byDay: boolean;
  group: Group | null;
}

async function sumsOf(db: Kysely<Database>, { byDay, group, ...rest }: SumsInput) {
  if (group === 'tag') {
    const groups = await sumSpendByTag(db, { ...rest, byDay });
    return groups.map(({ columns, sums }) => ({ day: columns.day, id: columns.tag, sums }));
  }
  const column = group === null ? null : columnOf[group];
  const columns: SpendColumn[] = [...(byDay ? (['day'] as const) : []), ...(column === null ? [] : [column])];
  const groups = await sumSpendBy(db, { ...rest, columns });
  return groups.map(({ columns, sums }) => ({ day: columns.day, id: column === null ? '' : columns[column], sums }));
}

async function labelsOf(db: Kysely<Database>, group: Group, ids: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  if (group === 'key') {
    const labels = await keyLabels(db, [...ids]);
    return new Map([...labels].map(([hash, { alias, name }]) => [hash, alias ?? name]));
  }
  if (group === 'model' || group === 'tag') return new Map();
  return holderLabels(db, group, [...ids]);
}

function toFields(sums: SpendSums): SpendReport['total'] {
  return {
    requests: sums.requests,
    failed_requests: sums.failedRequests,
    prompt_tokens: sums.promptTokens,
    completion_tokens: sums.completionTokens,
    cached_tokens: sums.cachedTokens,
    cost_usd: toUsd(sums.costNanoUsd),
    cost_nano_usd: String(sums.costNanoUsd),
  };
}
