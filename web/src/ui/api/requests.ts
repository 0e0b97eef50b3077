import type { Call } from './call.ts';
import { readFields, readNumber, readRows, readText, readTime } from './read.ts';

/** One request in the ledger: what it was and what it took, never what was said. */
export interface LedgerRow {
  id: string;
  startedAtMs: number | null;
  keyHash: string | null;
  keyAlias: string | null;
  model: string;
  isFailed: boolean;
  errorCode: string | null;
  durationMs: number | null;
  promptTokens: number;
  completionTokens: number;
  costUsd: number;
}

function durationOf(startedAtMs: number | null, endedAtMs: number | null): number | null {
  return startedAtMs === null || endedAtMs === null ? null : endedAtMs - startedAtMs;
}

/** Reads rows of `GET /spend/logs`, the newest first. */
export function parseLedgerRows(value: unknown): LedgerRow[] {
  const rows = readRows(value, 'data', 'logs').map((row) => {
    const metadata = readFields(row['metadata']);
    const startedAtMs = readTime(row['startTime']);
    const errorCode = readText(row['error_code']) ?? readText(readFields(metadata['error_information'])['error_code']);
    return {
      id: readText(row['request_id']) ?? '',
      startedAtMs,
      keyHash: readText(row['api_key']),
      keyAlias: readText(row['key_alias']) ?? readText(metadata['user_api_key_alias']),
      model: readText(row['model_group']) ?? readText(row['model']) ?? '',
      isFailed: (readText(row['status']) ?? readText(metadata['status'])) === 'failure',
      errorCode,
      durationMs: readNumber(row['request_duration_ms']) ?? durationOf(startedAtMs, readTime(row['endTime'])),
      promptTokens: readNumber(row['prompt_tokens']) ?? 0,
      completionTokens: readNumber(row['completion_tokens']) ?? 0,
      costUsd: readNumber(row['spend']) ?? 0,
    };
  });
  return rows.sort((a, b) => (b.startedAtMs ?? 0) - (a.startedAtMs ?? 0));
}

/** Which requests to read: days in UTC, both included. */
export interface LedgerQuery {
  start: string;
  end: string;
  size: number;
  keyHash?: string | undefined;
}

/** The newest requests. */
export async function readRequests(call: Call, { start, end, size, keyHash }: LedgerQuery): Promise<LedgerRow[]> {
  const query = { start_date: start, end_date: end, summarize: false, page: 1, size, api_key: keyHash };
  return parseLedgerRows(await call.get('/spend/logs', query));
}
