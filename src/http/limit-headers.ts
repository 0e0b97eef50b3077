import { toUsd } from '../money/usd.ts';
import type { InferenceRecord } from '../telemetry/record.ts';

/**
 * What an answer says of limits and spend: OpenAI's names, and LiteLLM's beside them. Written into `headers`, in lower case. Streams say nothing of
 * their cost, which is not known when they begin.
 */
export function addLimitHeaders(headers: Record<string, string>, record: InferenceRecord): void {
  const { limits, keyHash } = record;
  if (limits !== null) {
    const { requests, tokens, keyRequests, keyTokens, resetMs } = limits;
    const reset = `${Math.ceil(resetMs / 1000)}s`;
    if (requests !== null) {
      headers['x-ratelimit-limit-requests'] = String(requests.limit);
      headers['x-ratelimit-remaining-requests'] = String(requests.remaining);
      headers['x-ratelimit-reset-requests'] = reset;
    }
    if (tokens !== null) {
      headers['x-ratelimit-limit-tokens'] = String(tokens.limit);
      headers['x-ratelimit-remaining-tokens'] = String(tokens.remaining);
      headers['x-ratelimit-reset-tokens'] = reset;
    }
    if (keyRequests !== null) {
      headers['x-ratelimit-api_key-limit-requests'] = String(keyRequests.limit);
      headers['x-ratelimit-api_key-remaining-requests'] = String(keyRequests.remaining);
      headers['x-litellm-key-rpm-limit'] = String(keyRequests.limit);
    }
    if (keyTokens !== null) {
      headers['x-ratelimit-api_key-limit-tokens'] = String(keyTokens.limit);
      headers['x-ratelimit-api_key-remaining-tokens'] = String(keyTokens.remaining);
      headers['x-litellm-key-tpm-limit'] = String(keyTokens.limit);
    }
  }
  if (keyHash !== null) addKeyHeaders(headers, record);
}

function addKeyHeaders(headers: Record<string, string>, record: InferenceRecord): void {
  const { backend, requestModel, responseModel, attempts, costNanoUsd, keySpendNanoUsd, keyMaxBudgetNanoUsd } = record;
  if (requestModel !== null) headers['x-litellm-model-group'] = headerText(requestModel);
  if (backend !== null) {
    headers['x-litellm-model-id'] = headerText(backend);
    headers['x-litellm-attempted-retries'] = String(Math.max(0, attempts - 1));
    headers['x-litellm-attempted-fallbacks'] = responseModel === requestModel ? '0' : '1';
  }
  if (costNanoUsd !== null && !record.isStreaming) headers['x-litellm-response-cost'] = String(toUsd(costNanoUsd));
  if (keySpendNanoUsd !== null) headers['x-litellm-key-spend'] = String(toUsd(keySpendNanoUsd));
  if (keyMaxBudgetNanoUsd !== null) headers['x-litellm-key-max-budget'] = String(toUsd(keyMaxBudgetNanoUsd));
}

/** Names of models may hold any letters; headers may not. */
function headerText(name: string): string {
  return /^[\x20-\x7e]*$/.test(name) ? name : encodeURIComponent(name.toWellFormed());
}
