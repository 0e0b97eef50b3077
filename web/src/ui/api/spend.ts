import type { Call } from './call.ts';
import { type Fields, readNumber, readRows, readText } from './read.ts';

/** What spend can be summed by. */
export type SpendGroup = 'model' | 'key' | 'team' | 'user';

/** What a span of time came to. */
export interface SpendSums {
  costUsd: number;
  requests: number;
  failedRequests: number;
  promptTokens: number;
  completionTokens: number;
}

/** Sums of one holder (or of all), over the whole span or on one day. */
export interface SpendRow extends SpendSums {
  /** UTC, `2026-11-21`; null: over the whole span. */
  day: string | null;
  /** The name of the model, or the id of the holder; '' where a request had none. */
  id: string;
  /** How people call it. */
  label: string;
}

/** Days in UTC, both included. */
export interface Span {
  start: string;
  end: string;
}

/** Whose spend to sum; by default of everybody that the caller may see. */
export interface SpendQuery extends Span {
  keyHash?: string | undefined;
  teamId?: string | undefined;
}

const idFields: Readonly<Record<SpendGroup, readonly string[]>> = {
  model: ['model'],
  key: ['key_hash', 'api_key', 'key'],
  team: ['team_id', 'team'],
  user: ['user_id', 'user'],
};

function firstText(row: Fields, names: readonly string[]): string | null {
  for (const name of names) {
    const text = readText(row[name]);
    if (text !== null) return text;
  }
  return null;
}

function parseSums(row: Fields): SpendSums {
  const firstNumber = (...names: string[]): number =>
    names.map((name) => readNumber(row[name])).find((number) => number !== null) ?? 0;
  return {
    costUsd: firstNumber('spend', 'cost', 'cost_usd'),
    requests: firstNumber('requests', 'api_requests'),
    failedRequests: firstNumber('failed_requests', 'failed'),
    promptTokens: firstNumber('prompt_tokens'),
    completionTokens: firstNumber('completion_tokens'),
  };
}

/** Reads the rows of `GET /spend/report`. */
export function parseReport(value: unknown, group: SpendGroup | null): SpendRow[] {
  return readRows(value, 'rows', 'data', 'results').map((row) => {
    const id = group === null ? '' : (firstText(row, [...idFields[group], 'group', 'id']) ?? '');
    const alias = group === null ? null : firstText(row, [`${group}_alias`, 'alias', 'label', 'key_name']);
    const day = firstText(row, ['day', 'date'])?.slice(0, 10) ?? null;
    return { ...parseSums(row), day, id, label: alias ?? (group === 'key' && id.length === 64 ? `${id.slice(0, 12)}…` : id) };
  });
}

/** The sum of rows. */
export function sumUp(rows: readonly SpendSums[]): SpendSums {
  const sums = { costUsd: 0, requests: 0, failedRequests: 0, promptTokens: 0, completionTokens: 0 };
  for (const row of rows) {
    sums.costUsd += row.costUsd;
    sums.requests += row.requests;
    sums.failedRequests += row.failedRequests;
    sums.promptTokens += row.promptTokens;
    sums.completionTokens += row.completionTokens;
  }
  return sums;
}

/** Reports on what was spent. */
export interface SpendApi {
  /** One row for each day that has any. */
  byDay(query: SpendQuery): Promise<SpendRow[]>;
  /** One row for each holder, the dearest first. */
  byGroup(group: SpendGroup, query: SpendQuery): Promise<SpendRow[]>;
  /** One row for each holder and day. */
  byDayAndGroup(group: SpendGroup, query: SpendQuery): Promise<SpendRow[]>;
  /** As a file for a spreadsheet. */
  csv(group: SpendGroup | 'day', query: SpendQuery): Promise<string>;
}

/** Makes the calls about spend. */
export function createSpendApi(call: Call): SpendApi {
  const queryOf = (groupBy: string, { start, end, keyHash, teamId }: SpendQuery) => ({
    group_by: groupBy,
    start_date: start,
    end_date: end,
    api_key: keyHash,
    team_id: teamId,
  });
  return {
    byDay: async (query) => parseReport(await call.get('/spend/report', queryOf('day', query)), null),
    async byGroup(group, query) {
      const rows = parseReport(await call.get('/spend/report', queryOf(group, query)), group);
      return rows.sort((a, b) => b.costUsd - a.costUsd || b.requests - a.requests);
    },
    byDayAndGroup: async (group, query) => parseReport(await call.get('/spend/report', queryOf(`day,${group}`, query)), group),
    csv: (group, query) => call.getText('/spend/report', { ...queryOf(group, query), format: 'csv' }),
  };
}
