import { describe, expect, test } from 'vitest';
import type { ProviderName } from '../index.ts';
import { adaptToQuirks } from './quirks.ts';
import { chatRequest, target } from './testing.ts';

const named = { type: 'function', function: { name: 'f' } };
const { body: chat } = chatRequest();

const adapt = (provider: ProviderName, fields: object) =>
  adaptToQuirks(chatRequest({ body: { ...chat, ...fields } }), target(provider));
const adaptCompletion = (provider: ProviderName, fields: object) =>
  adaptToQuirks(chatRequest({ operation: 'completions', body: { model: 'tiny', prompt: 'a', ...fields } }), target(provider));

describe('what an engine would ignore in silence is refused by name', () => {
  test.each<[ProviderName, string, object]>([
    ['ollama', 'n', { n: 2 }],
    ['llamacpp', 'n', { n: 2 }],
    ['ollama', 'tool_choice', { tool_choice: 'required' }],
    ['llamacpp', 'tool_choice', { tool_choice: 'required' }],
    ['ollama', 'tool_choice', { tool_choice: named }],
  ])('%s: %s', (provider, param, fields) => {
    expect(() => adapt(provider, fields)).toThrow(expect.objectContaining({ code: 'unsupported_parameter', param }));
  });

  test.each<[ProviderName, string, object]>([
    ['ollama', 'prompt', { prompt: ['a', 'b'] }],
    ['llamacpp', 'prompt', { prompt: [1, 2] }],
    ['ollama', 'logprobs', { logprobs: 2 }],
  ])('%s: %s of completions', (provider, param, fields) => {
    expect(() => adaptCompletion(provider, fields)).toThrow(expect.objectContaining({ code: 'unsupported_parameter', param }));
  });
});

describe('what an engine can do goes through', () => {
  test.each<[ProviderName, object]>([
    ['vllm', { n: 2, tool_choice: 'required', max_completion_tokens: 3 }],
    ['openai', { n: 2, tool_choice: named, response_format: { type: 'json_schema', json_schema: { name: 'a', schema: {} } } }],
    ['llamacpp', { n: 1, tool_choice: named }],
    ['ollama', { n: 1, tool_choice: 'auto', logprobs: true }],
  ])('%s: %j', (provider, fields) => {
    expect(adapt(provider, fields)).toEqual({ ...chat, ...fields });
  });
});

describe('what an engine knows by another name gets that name', () => {
  test.each<ProviderName>(['ollama', 'llamacpp'])('%s: max_completion_tokens', (provider) => {
    expect(adapt(provider, { max_completion_tokens: 3 })).toMatchObject({ max_tokens: 3 });
    expect(adapt(provider, { max_completion_tokens: null, max_tokens: 5 })).toMatchObject({ max_tokens: 5 });
  });

  test('llama-cpp-python: a JSON schema', () => {
    const schema = { type: 'object' };
    const format = { type: 'json_schema', json_schema: { name: 'a', schema, strict: true } };
    expect(adapt('llamacpp', { response_format: format })).toMatchObject({ response_format: { type: 'json_object', schema } });
    expect(adapt('llamacpp', { response_format: { type: 'json_object' } })).toMatchObject({
      response_format: { type: 'json_object' },
    });
  });

  test('a list with one prompt is that prompt', () => {
    expect(adaptCompletion('ollama', { prompt: ['a'] })).toMatchObject({ prompt: 'a' });
  });

  test('the request itself stays as it was, for the next backend', () => {
    const request = chatRequest({ body: { ...chat, max_completion_tokens: 3 } });
    const before = structuredClone(request);
    adaptToQuirks(request, target('llamacpp'));
    expect(request).toEqual(before);
  });
});
