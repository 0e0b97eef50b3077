import { expect, test } from 'vitest';
import { newRecord, type InferenceRecord } from '../telemetry/record.ts';
import { addLimitHeaders } from './limit-headers.ts';

function headersOf(own: Partial<InferenceRecord>): Record<string, string> {
  const headers: Record<string, string> = {};
  addLimitHeaders(headers, { ...newRecord('chat'), ...own });
  return headers;
}

const fact = (limit: number, remaining: number) => ({ limit, remaining });
const limits = {
  requests: fact(10, 3),
  tokens: fact(1000, 0),
  keyRequests: fact(20, 9),
  keyTokens: fact(2000, 5),
  resetMs: 59_001,
};

test('who asks without a key and without limits is told nothing', () => {
  expect(headersOf({ costNanoUsd: 5, backend: 'm#0' })).toEqual({});
});

test('the tightest limits by OpenAI’s names, the key’s by LiteLLM’s', () => {
  expect(headersOf({ limits })).toEqual({
    'x-ratelimit-limit-requests': '10',
    'x-ratelimit-remaining-requests': '3',
    'x-ratelimit-reset-requests': '60s',
    'x-ratelimit-limit-tokens': '1000',
    'x-ratelimit-remaining-tokens': '0',
    'x-ratelimit-reset-tokens': '60s',
    'x-ratelimit-api_key-limit-requests': '20',
    'x-ratelimit-api_key-remaining-requests': '9',
    'x-litellm-key-rpm-limit': '20',
    'x-ratelimit-api_key-limit-tokens': '2000',
    'x-ratelimit-api_key-remaining-tokens': '5',
    'x-litellm-key-tpm-limit': '2000',
  });
});

const answered = {
  keyHash: 'a'.repeat(64),
  requestModel: 'm',
  responseModel: 'm',
  backend: 'm#0',
  attempts: 2,
  costNanoUsd: 1_500_000,
  keySpendNanoUsd: 2_000_000_000,
  keyMaxBudgetNanoUsd: 5_000_000_000,
};

test('a key’s answer tells its cost, what the key has spent and may spend, and who answered', () => {
  expect(headersOf(answered)).toEqual({
    'x-litellm-model-group': 'm',
    'x-litellm-model-id': 'm#0',
    'x-litellm-attempted-retries': '1',
    'x-litellm-attempted-fallbacks': '0',
    'x-litellm-response-cost': '0.0015',
    'x-litellm-key-spend': '2',
    'x-litellm-key-max-budget': '5',
  });
});

test('a stream says nothing of a cost that is not known when it begins', () => {
  expect(headersOf({ ...answered, isStreaming: true })).not.toHaveProperty('x-litellm-response-cost');
});

test('an answer of another model is one of a fallback', () => {
  expect(headersOf({ ...answered, responseModel: 'other' })['x-litellm-attempted-fallbacks']).toBe('1');
});

test('no value names the key', () => {
  expect(JSON.stringify(headersOf({ ...answered, limits }))).not.toContain('aaaa');
});

test('a model may be named in any script', () => {
  const headers = headersOf({ ...answered, requestModel: 'модель', backend: 'модель#0' });
  expect(() => new Headers(headers)).not.toThrow();
  expect(decodeURIComponent(headers['x-litellm-model-group']!)).toBe('модель');
});
