import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Operation } from '../providers/provider.ts';
import { estimateRequest } from './token-estimate.ts';

const unbounded = { maxOutputTokens: null, contextTokens: null, engineContextTokens: null };
const assumed = 100;

function estimate(operation: Operation, body: Record<string, unknown>, model: Partial<typeof unbounded> | object = {}) {
  return estimateRequest({ operation, body, isStreaming: false, wantsUsageEvent: false }, { ...unbounded, ...model }, assumed);
}
const messages = [{ role: 'user', content: 'hi' }];

describe('the answer', () => {
  test('is as long as the request allows, for every answer that it asks for', () => {
    expect(estimate('chat', { messages, max_tokens: 7 })).toMatchObject({ outputTokens: 7, impliedMaxTokens: null });
    expect(estimate('chat', { messages, max_completion_tokens: 7, n: 3 })).toMatchObject({ outputTokens: 21 });
    expect(estimate('completions', { prompt: ['a', 'b'], max_tokens: 7, best_of: 2 })).toMatchObject({ outputTokens: 28 });
    expect(estimate('completions', { prompt: [1, 2, 3], max_tokens: 7 })).toMatchObject({ outputTokens: 7 });
  });

  test('of two bounds is held to the larger, since engines differ in which they keep', () => {
    expect(estimate('chat', { messages, max_completion_tokens: 1, max_tokens: 500 })).toMatchObject({ outputTokens: 500 });
  });

  test('is not bounded by a field that plain completions do not have', () => {
    expect(estimate('completions', { prompt: 'a', max_completion_tokens: 1 })).toMatchObject({
      outputTokens: assumed,
      impliedMaxTokens: assumed,
    });
  });

  test('without a bound gets one: the model’s longest, what its context leaves, or what is assumed', () => {
    expect(estimate('chat', { messages })).toMatchObject({ outputTokens: assumed, impliedMaxTokens: assumed });
    expect(estimate('chat', { messages, max_tokens: null }, { maxOutputTokens: 30 })).toMatchObject({ impliedMaxTokens: 30 });
    const { promptTokens, impliedMaxTokens } = estimate('chat', { messages }, { contextTokens: 1_000 });
    expect(promptTokens + impliedMaxTokens!).toBeLessThanOrEqual(1_000);
    expect(impliedMaxTokens).toBeGreaterThan(900);
  });

  test('of a prompt that seems to fill the context is bounded by the context itself', () => {
    const long = [{ role: 'user', content: 'x'.repeat(4_000) }];
    expect(estimate('chat', { messages: long }, { contextTokens: 1_000 })).toMatchObject({
      outputTokens: 1_000,
      impliedMaxTokens: null,
    });
  });

  test('of embeddings has no tokens', () => {
    expect(estimate('embeddings', { input: ['a', 'b'] })).toMatchObject({ outputTokens: 0, impliedMaxTokens: null });
  });
});

describe('a context', () => {
  const hello = { messages: [{ role: 'user', content: 'Hello' }] };
  const estimateIn = (model: object, body: Record<string, unknown> = hello) =>
    estimateRequest({ operation: 'chat', body, isStreaming: false, wantsUsageEvent: false }, { ...unbounded, ...model }, 4096);

  test('that is configured leaves room for the prompt and for what a chat template adds to it', () => {
    const { promptTokens, impliedMaxTokens } = estimateIn({ contextTokens: 8192 });
    // Llama 3's template adds a date and a few marks: 36 tokens for this prompt.
    expect(impliedMaxTokens).toBeLessThanOrEqual(8192 - 36);
    expect(impliedMaxTokens).toBeGreaterThan(8192 - promptTokens - 100);
  });

  test('to which an engine keeps by itself needs no bound that it would refuse', () => {
    const embedded = { engineContextTokens: 4096 };
    expect(estimateIn(embedded)).toMatchObject({ outputTokens: 4096, impliedMaxTokens: null });
    expect(estimateIn({ ...embedded, maxOutputTokens: 256 })).toMatchObject({ outputTokens: 256, impliedMaxTokens: 256 });
    const long = { messages: [{ role: 'user', content: 'word '.repeat(4000) }] };
    expect(estimateIn(embedded, long)).toMatchObject({ outputTokens: 4096, impliedMaxTokens: null });
  });
});

describe('the prompt', () => {
  const more = (body: Record<string, unknown>) => estimate('chat', { messages, ...body }).promptTokens;

  test('holds everything that reaches the model', () => {
    const least = more({});
    const padding = 'x'.repeat(300);
    const tool = { type: 'function', function: { name: 'f', description: padding } };
    const answered = {
      role: 'assistant',
      tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: padding } }],
    };
    for (const body of [
      { tools: [tool] },
      { functions: [tool.function] },
      { response_format: { type: 'json_schema', json_schema: { name: 'f', schema: { description: padding } } } },
      { messages: [...messages, answered] },
      { messages: [...messages, { role: 'user', content: [{ type: 'text', text: padding }] }] },
      { messages: [...messages, { role: 'user', content: [{ type: 'image_url', image_url: { url: 'u' } }] }] },
    ]) {
      expect(more(body), JSON.stringify(body)).toBeGreaterThanOrEqual(least + 100);
    }
  });

  test('of token ids has a token for each', () => {
    const { promptTokens } = estimate('completions', { prompt: [[1, 2, 3], [4]] });
    expect(promptTokens - estimate('completions', { prompt: [[1]] }).promptTokens).toBe(3);
  });
});

test('law: whatever stands in the fields, estimates are whole numbers that counters take', () => {
  const value = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(null, undefined, 1e308, Infinity, NaN, 0.5, 2 ** 53),
    fc.string(),
  );
  fc.assert(
    fc.property(
      fc.constantFrom<Operation>('chat', 'completions'),
      fc.array(value, { minLength: 4, maxLength: 4 }),
      (operation, values) => {
        const [max_tokens, max_completion_tokens, n, best_of] = values;
        const given = { messages, prompt: 'a', max_tokens, max_completion_tokens, n, best_of };
        const { promptTokens, outputTokens, impliedMaxTokens } = estimate(operation, given);
        for (const tokens of [promptTokens, outputTokens, impliedMaxTokens ?? 0]) {
          expect(Number.isFinite(tokens) && Number.isInteger(tokens) && tokens >= 0).toBe(true);
        }
      },
    ),
  );
});
