import type { Kysely, Selectable } from 'kysely';
import { toUsd } from '../money/usd.ts';
import { ledgerRows } from '../store/ledger-rows.ts';
import type { Database, LedgerTable } from '../store/schema.ts';
import type { DaySpan, SpendFilter } from '../store/spend-filter.ts';
import { sumSpendBy } from '../store/spend-reports.ts';
import type { SpendLogsQuery } from '../wire/admin/spend.ts';
import { daySpan, daysOf, timeSpan } from './spend-dates.ts';
import { groupsAtOnce, refuseTooMany } from './too-many-groups.ts';

const usualPageRows = 100;

const callTypes: Readonly<Record<string, string>> = {
  chat: 'acompletion',
  completions: 'atext_completion',
  embeddings: 'aembedding',
};

type Fields = Record<string, unknown>;

/** `GET /spend/logs`: with both dates sums by day, unless `summarize` is false; else rows of the ledger, the newest first, a page at a time. */
export async function spendLogs(db: Kysely<Database>, filter: SpendFilter, query: SpendLogsQuery): Promise<Fields[]> {
  const { start_date, end_date, summarize, request_id, page } = query;
  if (summarize && start_date !== undefined && end_date !== undefined && request_id === undefined) {
    return spendByDay(db, filter, daySpan(query, 1, 0));
  }
  const limit = query.page_size ?? query.size ?? usualPageRows;
  const span = timeSpan(query);
  const rows = await ledgerRows(db, { filter, requestId: request_id, ...span, limit, offset: (page - 1) * limit });
  return rows.map(toSpendLog);
}

/** `{startTime, spend, users, models}` for every day of the span. */
async function spendByDay(db: Kysely<Database>, filter: SpendFilter, span: DaySpan): Promise<Fields[]> {
  const groups = await sumSpendBy(db, { filter, span, columns: ['day', 'user_id', 'model'], limit: groupsAtOnce + 1 });
  refuseTooMany(groups);
  const byDay = Map.groupBy(groups, ({ columns }) => columns.day);
  return daysOf(span).map((day) => {
    const ofDay = byDay.get(day) ?? [];
    const sumBy = (column: 'user_id' | 'model') => {
      const sums = new Map<string, number>();
      for (const { columns, sums: own } of ofDay) {
        sums.set(columns[column], (sums.get(columns[column]) ?? 0) + own.costNanoUsd);
      }
      return Object.fromEntries([...sums].map(([name, cost]) => [name, toUsd(cost)]));
    };
    const cost = ofDay.reduce((sum, { sums }) => sum + sums.costNanoUsd, 0);
    return { startTime: day, spend: toUsd(cost), users: sumBy('user_id'), models: sumBy('model') };
  });
}

/** A row as LiteLLM 1.102 answers it. What it holds of texts, caches and tools we do not keep: empty there. */
function toSpendLog(row: Selectable<LedgerTable>): Fields {
  const status = row.http_status >= 400 ? 'failure' : 'success';
  const tokens = {
    total_tokens: row.prompt_tokens + row.completion_tokens,
    prompt_tokens: row.prompt_tokens,
    completion_tokens: row.completion_tokens,
  };
  const firstByteAtMs = row.first_byte_ms === null ? row.ended_at.getTime() : row.started_at.getTime() + row.first_byte_ms;
  return {
    request_id: row.request_id,
    call_type: callTypes[row.operation] ?? row.operation,
    api_key: row.key_hash ?? '',
    spend: toUsd(row.cost),
    ...tokens,
    startTime: row.started_at.toISOString(),
    endTime: row.ended_at.toISOString(),
    request_duration_ms: row.ended_at.getTime() - row.started_at.getTime(),
    completionStartTime: new Date(firstByteAtMs).toISOString(),
    model: row.response_model,
    model_id: row.backend,
    model_group: row.model,
    custom_llm_provider: row.provider,
    api_base: '',
    user: row.user_id ?? '',
    metadata: metadataOf(row, status, tokens),
    cache_hit: 'False',
    cache_key: 'Cache OFF',
    request_tags: row.tags,
    team_id: row.team_id ?? '',
    organization_id: '',
    end_user: row.customer_id ?? '',
    requester_ip_address: row.ip,
    messages: {},
    response: {},
    proxy_server_request: {},
    session_id: null,
    status,
    mcp_namespaced_tool_name: null,
    agent_id: null,
  };
}

function metadataOf(row: Selectable<LedgerTable>, status: string, usage: Fields): Fields {
  const error = {
    error_code: String(row.http_status),
    error_class: row.error_code ?? '',
    llm_provider: row.provider,
    error_message: '',
    traceback: '',
  };
  return {
    status,
    usage_object: { ...usage, cached_tokens: row.cached_tokens, is_estimated: row.is_estimated },
    is_streaming: row.is_streaming,
    original_model_group: row.original_model,
    user_api_key: row.key_hash ?? '',
    user_api_key_alias: row.key_alias,
    user_api_key_user_id: row.user_id,
    user_api_key_team_id: row.team_id,
    requester_ip_address: row.ip,
    error_information: status === 'failure' ? error : null,
  };
}
