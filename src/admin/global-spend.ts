import type { Kysely } from 'kysely';
import { toUsd } from '../money/usd.ts';
import type { Database } from '../store/schema.ts';
import type { DaySpan, SpendFilter } from '../store/spend-filter.ts';
import { holderLabels, keyLabels } from '../store/spend-holders.ts';
import { sumSpendBy, type SpendColumn, type SpendGroup } from '../store/spend-reports.ts';
import type { GlobalSpendReportQuery } from '../wire/admin/spend.ts';
import { groupsAtOnce, refuseTooMany } from './too-many-groups.ts';

type Fields = Record<string, unknown>;

/** What the global reports are about. */
export interface GlobalInput {
  filter: SpendFilter;
  span: DaySpan;
}

/** `GET /global/spend/logs`: each day that has spend. */
export async function globalSpendByDay(db: Kysely<Database>, input: GlobalInput): Promise<Fields[]> {
  const days = await sumSpendBy(db, { ...input, columns: ['day'], limit: groupsAtOnce });
  const { keyHash } = input.filter;
  return days.map(({ columns, sums }) => ({
    date: columns.day,
    spend: toUsd(sums.costNanoUsd),
    ...(keyHash === undefined ? {} : { api_key: keyHash }),
  }));
}

/** `GET /global/spend/keys`: the dearest keys. */
export async function globalSpendByKey(db: Kysely<Database>, input: GlobalInput & { limit: number }): Promise<Fields[]> {
  const groups = await sumSpendBy(db, { ...input, columns: ['key_hash'] });
  const labels = await keyLabels(
    db,
    groups.map(({ columns }) => columns.key_hash),
  );
  return groups.map(({ columns: { key_hash }, sums }) => {
    const label = labels.get(key_hash);
    return {
      api_key: key_hash,
      key_alias: label?.alias ?? null,
      key_name: label?.name ?? null,
      total_spend: toUsd(sums.costNanoUsd),
    };
  });
}

/** `GET /global/spend/models`: the dearest models. */
export async function globalSpendByModel(db: Kysely<Database>, input: GlobalInput & { limit: number }): Promise<Fields[]> {
  const groups = await sumSpendBy(db, { ...input, columns: ['model'] });
  return groups.map(({ columns, sums }) => ({ model: columns.model, total_spend: toUsd(sums.costNanoUsd) }));
}

/** `GET /global/spend/teams`: each day by team, the teams' names, and what each came to. */
export async function globalSpendByTeam(db: Kysely<Database>, input: GlobalInput): Promise<Fields> {
  const groups = await sumSpendBy(db, { ...input, columns: ['day', 'team_id'], limit: groupsAtOnce + 1 });
  refuseTooMany(groups);
  const totals = await sumSpendBy(db, { ...input, columns: ['team_id'], limit: groupsAtOnce });
  const ids = totals.map(({ columns }) => columns.team_id);
  const aliases = await holderLabels(db, 'team', ids);
  const nameOf = (id: string) => aliases.get(id) ?? (id === '' ? 'Unassigned' : id);
  const days = Map.groupBy(groups, ({ columns }) => columns.day);
  return {
    daily_spend: [...days].map(([date, ofDay]) => ({
      date,
      ...Object.fromEntries(ofDay.map(({ columns, sums }) => [nameOf(columns.team_id), toUsd(sums.costNanoUsd)])),
    })),
    teams: ids.map(nameOf),
    total_spend_per_team: totals.map(({ columns: { team_id }, sums }) => ({
      team_id: nameOf(team_id),
      total_spend: toUsd(sums.costNanoUsd),
    })),
  };
}

/** `GET /global/spend/report`: by day and team or customer, or by key, each with its models. */
export async function globalSpendReport(
  db: Kysely<Database>,
  { group_by, ...input }: GlobalInput & Pick<GlobalSpendReportQuery, 'group_by'>,
): Promise<Fields[]> {
  if (group_by === 'api_key') return reportByKey(db, input);
  const column: SpendColumn = group_by === 'team' ? 'team_id' : 'customer_id';
  const columns = ['day', column, 'model', 'key_hash'] as const;
  const groups = await sumSpendBy(db, { ...input, columns, limit: groupsAtOnce + 1 });
  refuseTooMany(groups);
  const names = await holderLabels(db, group_by, [...new Set(groups.map(({ columns }) => columns[column]))]);
  const days = Map.groupBy(groups, ({ columns }) => columns.day);
  return [...days].map(([day, ofDay]) => {
    const holders = [...Map.groupBy(ofDay, ({ columns }) => columns[column])].map(([id, own]) => ({
      ...(group_by === 'team' ? { team_name: names.get(id) ?? id, team_id: id } : { customer: id }),
      total_spend: costOf(own),
      metadata: own.map(({ columns, sums }) => ({
        model: columns.model,
        spend: toUsd(sums.costNanoUsd),
        total_tokens: sums.promptTokens + sums.completionTokens,
        api_key: columns.key_hash,
      })),
    }));
    return { group_by_day: `${day}T00:00:00+00:00`, [group_by === 'team' ? 'teams' : 'customers']: holders };
  });
}

async function reportByKey(db: Kysely<Database>, input: GlobalInput): Promise<Fields[]> {
  const groups = await sumSpendBy(db, { ...input, columns: ['key_hash', 'model'], limit: groupsAtOnce + 1 });
  refuseTooMany(groups);
  return [...Map.groupBy(groups, ({ columns }) => columns.key_hash)].map(([hash, own]) => ({
    api_key: hash,
    ...totalsOf(own),
    model_details: own.map((group) => ({ model: group.columns.model, ...totalsOf([group]) })),
  }));
}

type AnyGroup = Pick<SpendGroup<never>, 'sums'>;

function totalsOf(groups: readonly AnyGroup[]): Fields {
  return {
    total_cost: costOf(groups),
    total_input_tokens: groups.reduce((sum, { sums }) => sum + sums.promptTokens, 0),
    total_output_tokens: groups.reduce((sum, { sums }) => sum + sums.completionTokens, 0),
  };
}

function costOf(groups: readonly AnyGroup[]): number {
  return toUsd(groups.reduce((sum, { sums }) => sum + sums.costNanoUsd, 0));
}
