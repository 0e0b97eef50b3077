import type { FinishedRequest, GuardSummary } from './record.ts';

const longestPath = 256;

/** The one line that is logged of a request: ids, model, status, durations in milliseconds, token counts; never text. */
export function accessLine({ requestId, method, path, status, durationMs, errorCode, inference }: FinishedRequest): object {
  const line = { request_id: requestId, method, path: path.slice(0, longestPath), status, duration_ms: round(durationMs) };
  if (inference === null) return errorCode === null ? line : { ...line, error: errorCode };
  const { usage } = inference;
  return {
    ...line,
    model: inference.requestModel ?? undefined,
    response_model: inference.responseModel === inference.requestModel ? undefined : (inference.responseModel ?? undefined),
    backend: inference.backend ?? undefined,
    attempts: inference.attempts,
    stream: inference.isStreaming || undefined,
    first_byte_ms: inference.firstByteMs === null ? undefined : round(inference.firstByteMs),
    queued_ms: inference.queuedMs === 0 ? undefined : round(inference.queuedMs),
    overhead_ms: inference.overheadMs === null ? undefined : round(inference.overheadMs),
    prompt_tokens: usage?.promptTokens,
    completion_tokens: usage?.completionTokens,
    cached_tokens: usage?.cachedTokens || undefined,
    usage_estimated: usage?.isEstimated || undefined,
    finish_reason: inference.finishReason ?? undefined,
    error: inference.errorCode ?? errorCode ?? undefined,
    client_gone: inference.isClientGone || undefined,
    guardrails: inference.guard?.applied,
    guardrail_findings: findingsOf(inference.guard),
  };
}

/** `email mask input: 2`, by what was found and done. */
function findingsOf(guard: GuardSummary | null): Record<string, number> | undefined {
  if (guard === null || guard.findings.length === 0) return undefined;
  return Object.fromEntries(
    guard.findings.map(({ kind, action, direction, count }) => [`${kind} ${action} ${direction}`, count]),
  );
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
