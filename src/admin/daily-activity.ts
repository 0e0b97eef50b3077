import type { Kysely } from 'kysely';
import { toUsd } from '../money/usd.ts';
import type { Database } from '../store/schema.ts';
import type { DaySpan, SpendFilter } from '../store/spend-filter.ts';
import { holderLabels, keyLabels, type KeyLabel } from '../store/spend-holders.ts';
import { noSpend, sumSpendBy, type SpendGroup, type SpendSums } from '../store/spend-reports.ts';
import { groupsAtOnce, refuseTooMany } from './too-many-groups.ts';

type Fields = Record<string, unknown>;
type Column = 'day' | 'model' | 'provider' | 'key_hash' | 'team_id';
type Groups = readonly SpendGroup<Column>[];

/** How names are found while an answer is made. */
interface Labels {
  keys: ReadonlyMap<string, KeyLabel>;
  teams: ReadonlyMap<string, string>;
}

interface ActivityInput {
  filter: SpendFilter;
  span: DaySpan;
  /** With a part for each team. */
  byTeam: boolean;
}

/** LiteLLM's daily activity: what each day came to, the latest first, broken down by model, provider, key and team, and the total. */
export async function dailyActivity(db: Kysely<Database>, { filter, span, byTeam }: ActivityInput): Promise<Fields> {
  const columns = ['day', 'model', 'provider', 'key_hash', 'team_id'] as const;
  const groups = await sumSpendBy(db, { filter, span, columns, limit: groupsAtOnce + 1 });
  refuseTooMany(groups);
  const idsOf = (column: Column) => [...new Set(groups.map((group) => group.columns[column]))].filter((id) => id !== '');
  const labels = { keys: await keyLabels(db, idsOf('key_hash')), teams: await holderLabels(db, 'team', idsOf('team_id')) };
  const days = [...Map.groupBy(groups, (group) => group.columns.day)].toReversed();
  const results = days.map(([date, ofDay]) => ({
    date,
    metrics: metricsOf(ofDay),
    breakdown: {
      mcp_servers: {},
      models: partsOf(ofDay, 'model', labels),
      model_groups: partsOf(ofDay, 'model', labels),
      providers: partsOf(ofDay, 'provider', labels),
      api_keys: keysOf(ofDay, labels),
      entities: byTeam ? partsOf(ofDay, 'team_id', labels) : {},
    },
  }));
  const total = Object.entries(metricsOf(groups)).map(([name, value]) => [`total_${name.replace(/^total_/, '')}`, value]);
  return { results, metadata: { ...Object.fromEntries(total), page: 1, total_pages: 1, has_more: false } };
}

function partsOf(groups: Groups, column: Column, labels: Labels): Fields {
  const parts = Map.groupBy(groups, (group) => group.columns[column]);
  return Object.fromEntries(
    [...parts].map(([name, part]) => {
      const metadata = column === 'team_id' ? { team_alias: labels.teams.get(name) ?? null } : {};
      return [name, { metrics: metricsOf(part), metadata, api_key_breakdown: keysOf(part, labels) }];
    }),
  );
}

function keysOf(groups: Groups, { keys }: Labels): Fields {
  const parts = Map.groupBy(groups, (group) => group.columns.key_hash);
  return Object.fromEntries(
    [...parts].map(([hash, part]) => {
      const key = keys.get(hash);
      const metadata = { key_alias: key?.alias ?? null, team_id: key?.teamId ?? null, user_id: key?.userId ?? null };
      return [hash, { metrics: metricsOf(part), metadata }];
    }),
  );
}

function metricsOf(groups: Groups) {
  const total: SpendSums = { ...noSpend };
  for (const { sums } of groups) {
    total.requests += sums.requests;
    total.failedRequests += sums.failedRequests;
    total.promptTokens += sums.promptTokens;
    total.completionTokens += sums.completionTokens;
    total.cachedTokens += sums.cachedTokens;
    total.costNanoUsd += sums.costNanoUsd;
  }
  return {
    spend: toUsd(total.costNanoUsd),
    prompt_tokens: total.promptTokens,
    completion_tokens: total.completionTokens,
    cache_read_input_tokens: total.cachedTokens,
    cache_creation_input_tokens: 0,
    total_tokens: total.promptTokens + total.completionTokens,
    successful_requests: total.requests - total.failedRequests,
    failed_requests: total.failedRequests,
    api_requests: total.requests,
  };
}
