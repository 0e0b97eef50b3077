import { expect, test } from 'vitest';
import type { InferenceRequest } from '../providers/provider.ts';
import { estimateRequest } from './token-estimate.ts';

const unbounded = { maxOutputTokens: null, contextTokens: null, engineContextTokens: null };
const asking = (fields: Record<string, unknown> = {}): InferenceRequest => ({
  operation: 'chat',
  isStreaming: false,
  wantsUsageEvent: false,
  body: { model: 'm', messages: [{ role: 'user', content: 'Hello' }], ...fields },
});

test('what the request asks for is reserved, and nothing is added to it', () => {
  expect(estimateRequest(asking({ max_tokens: 50, n: 2 }), unbounded, 4096)).toMatchObject({
    outputTokens: 100,
    impliedMaxTokens: null,
  });
});

test('without any bound the assumed one is reserved and sent', () => {
  expect(estimateRequest(asking(), unbounded, 4096)).toMatchObject({ outputTokens: 4096, impliedMaxTokens: 4096 });
});

test('a context that is configured leaves room for the prompt and for what a chat template adds to it', () => {
  const { promptTokens, impliedMaxTokens } = estimateRequest(asking(), { ...unbounded, contextTokens: 8192 }, 4096);
  // Llama 3's template adds a date and a few marks: 36 tokens for this prompt.
  expect(impliedMaxTokens).toBeLessThanOrEqual(8192 - 36);
  expect(impliedMaxTokens).toBeGreaterThan(8192 - promptTokens - 100);
});

test('an engine that keeps to its context by itself is sent no bound that it would refuse', () => {
  const embedded = { ...unbounded, engineContextTokens: 4096 };
  expect(estimateRequest(asking(), embedded, 4096)).toMatchObject({ outputTokens: 4096, impliedMaxTokens: null });
  expect(estimateRequest(asking(), { ...embedded, maxOutputTokens: 256 }, 4096)).toMatchObject({
    outputTokens: 256,
    impliedMaxTokens: 256,
  });
  const long = { messages: [{ role: 'user', content: 'word '.repeat(4000) }] };
  expect(estimateRequest(asking(long), embedded, 4096)).toMatchObject({ outputTokens: 4096, impliedMaxTokens: null });
});
