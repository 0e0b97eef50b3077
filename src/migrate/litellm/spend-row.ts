import { createHash } from 'node:crypto';
import type { SpendRow } from '../../core/spend.ts';
import { digestOf } from './plan-keys.ts';
import type { SourceRow } from './source.ts';
import { countOf, dateOf, nanoUsdOf, objectOf, textOf, toCount, toList, toObject } from './values.ts';

/** What a row of the ledger's id may measure. */
const longestId = 200;

/** A row of LiteLLM's log of requests as a row of the ledger. It charges nobody: what holders have spent is imported with them. */
export function spendRowOf(source: SourceRow): SpendRow {
  const requestId = String(source['request_id']);
  const started = dateOf(source, 'startTime') ?? new Date(0);
  const ended = dateOf(source, 'endTime') ?? started;
  const first = dateOf(source, 'completionStartTime');
  const metadata = objectOf(source, 'metadata');
  const model = textOf(source, 'model_group') ?? textOf(source, 'model') ?? '';
  const failure = failureOf(source, metadata);
  return {
    id: ledgerId(requestId),
    requestId,
    startedAtMs: started.getTime(),
    endedAtMs: Math.max(ended.getTime(), started.getTime()),
    firstByteMs: first === null || first < started ? null : first.getTime() - started.getTime(),
    keyHash: keyHashOf(textOf(source, 'api_key')),
    keyAlias: textOf(metadata, 'user_api_key_alias'),
    userId: textOf(source, 'user'),
    teamId: textOf(source, 'team_id'),
    customerId: textOf(source, 'end_user'),
    tags: toList(source['request_tags']),
    operation: operationOf(textOf(source, 'call_type') ?? ''),
    // LiteLLM notes the end as the first token where nothing was streamed.
    isStreaming: first !== null && first < ended,
    originalModel: model,
    model,
    responseModel: textOf(source, 'model') ?? model,
    backend: textOf(source, 'model_id') ?? '',
    provider: textOf(source, 'custom_llm_provider') ?? '',
    promptTokens: countOf(source, 'prompt_tokens') ?? 0,
    completionTokens: countOf(source, 'completion_tokens') ?? 0,
    cachedTokens: toCount(toObject(metadata['additional_usage_values'])['cache_read_input_tokens']) ?? 0,
    isEstimated: false,
    costNanoUsd: nanoUsdOf(source, 'spend') ?? 0,
    httpStatus: failure ?? 200,
    errorCode: failure === null ? null : 'bad_gateway',
    ip: textOf(source, 'requester_ip_address'),
    charges: [],
  };
}

function ledgerId(requestId: string): string {
  const isShort = requestId.length <= longestId;
  return `litellm:${isShort ? requestId : createHash('sha256').update(requestId).digest('hex')}`;
}

/** Names that LiteLLM uses for itself, such as `litellm-internal-health-check`, are no keys. */
function keyHashOf(apiKey: string | null): string | null {
  return apiKey !== null && /^([0-9a-f]{64}$|sk-)/.test(apiKey) ? digestOf(apiKey) : null;
}

function operationOf(callType: string): SpendRow['operation'] {
  if (callType.includes('embedding')) return 'embeddings';
  return callType.includes('text_completion') ? 'completions' : 'chat';
}

/** The status of a failed request; null: it succeeded. Older versions note failures in the metadata alone. */
function failureOf(source: SourceRow, metadata: Record<string, unknown>): number | null {
  if ((textOf(source, 'status') ?? textOf(metadata, 'status')) !== 'failure') return null;
  const code = Number(toObject(metadata['error_information'])['error_code']);
  return Number.isInteger(code) && code >= 400 && code <= 599 ? code : 500;
}
