import { maxLayers } from '../state/series.ts';
import type { Call } from './call.ts';
import { type Fields, readFields, readNumber, readRows, readText } from './read.ts';

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
  /** Whether it stands for everybody who has no rows of their own. */
  isRest?: boolean;
}

/** The answer to `GET /spend/report`. */
export interface SpendReport {
  rows: SpendRow[];
  /** Of all requests, also those whose rows were left out. */
  total: SpendSums;
  /** Whether rows were left out. */
  isTruncated: boolean;
}

/** Days in UTC, both included. */
export interface Span {
  start: string;
  end: string;
}

/** Whose spend to sum; by default of everybody that the caller may see. */
export interface SpendQuery extends Span {
  keyHash?: string | undefined;
}

/** More rows than this are no plot: the dearest holders are asked for one by one then. */
const maxPlotRows = 2_000;

/** The filter of a report that picks one holder. */
const filters: Readonly<Record<SpendGroup, string>> = { model: 'model', key: 'api_key', team: 'team_id', user: 'user_id' };

function parseSums(row: Fields): SpendSums {
  return {
    costUsd: readNumber(row['cost_usd']) ?? 0,
    requests: readNumber(row['requests']) ?? 0,
    failedRequests: readNumber(row['failed_requests']) ?? 0,
    promptTokens: readNumber(row['prompt_tokens']) ?? 0,
    completionTokens: readNumber(row['completion_tokens']) ?? 0,
  };
}

/** Reads a report. Hashes without a label are shortened. */
export function parseReport(value: unknown): SpendReport {
  const fields = readFields(value);
  const rows = readRows(value, 'rows').map((row) => {
    const id = readText(row['id']) ?? '';
    const label = readText(row['label']) ?? id;
    return { ...parseSums(row), day: readText(row['day']), id, label: label.length === 64 ? `${label.slice(0, 12)}…` : label };
  });
  const total = parseSums(readFields(fields['total']));
  return { rows, total, isTruncated: fields['is_truncated'] === true };
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

/** What is left of each day when some holders are taken out. */
export function restOf(days: readonly SpendRow[], taken: readonly SpendRow[]): SpendRow[] {
  return days.map((row) => {
    const { costUsd } = sumUp(taken.filter(({ day }) => day === row.day));
    return { ...row, costUsd: Math.max(0, row.costUsd - costUsd), id: '', label: 'others', isRest: true };
  });
}

/** Reports on what was spent. */
export interface SpendApi {
  /** One row for each day that has any. */
  byDay(query: SpendQuery): Promise<SpendReport>;
  /** One row for each holder, the dearest first, at most `limit`. */
  byGroup(group: SpendGroup, query: SpendQuery, limit: number): Promise<SpendReport>;
  /** One row for each holder and day; where those are too many, of the dearest holders and of all others together. */
  byDayAndGroup(group: SpendGroup, query: SpendQuery): Promise<SpendRow[]>;
  /** As a file for a spreadsheet. */
  csv(group: SpendGroup, query: SpendQuery): Promise<string>;
}

/** Makes the calls about spend. */
export function createSpendApi(call: Call): SpendApi {
  async function report(groupBy: string, { start, end, keyHash }: SpendQuery, more: Record<string, string | number> = {}) {
    const query = { group_by: groupBy, start_date: start, end_date: end, api_key: keyHash, ...more };
    return parseReport(await call.get('/spend/report', query));
  }

  async function dearest(group: SpendGroup, query: SpendQuery): Promise<SpendRow[]> {
    const [holders, days] = await Promise.all([report(group, query, { limit: maxLayers + 1 }), report('day', query)]);
    // Requests that have no holder cannot be asked for: they are among the others.
    const named = holders.rows.filter(({ id }) => id !== '').slice(0, maxLayers);
    const taken = await Promise.all(
      named.map(async ({ id, label }) => {
        const { rows } = await report('day', query, { [filters[group]]: id });
        return rows.map((row) => ({ ...row, id, label }));
      }),
    );
    return [...taken.flat(), ...restOf(days.rows, taken.flat())];
  }

  return {
    byDay: (query) => report('day', query),
    byGroup: (group, query, limit) => report(group, query, { limit }),
    async byDayAndGroup(group, query) {
      const all = await report(`day,${group}`, query, { limit: maxPlotRows });
      return all.isTruncated ? dearest(group, query) : all.rows;
    },
    csv: (group, { start, end }) =>
      call.getText('/spend/report', { group_by: `day,${group}`, start_date: start, end_date: end, format: 'csv' }),
  };
}
