import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chatAnswer } from '../../wire/chat.ts';
import type { ProviderName } from '../index.ts';
import { fromUpstream } from './answer.ts';
import { answer, chatRequest, context, fixture, target } from './testing.ts';

describe.each<[ProviderName, string]>([
  ['vllm', 'vllm-chat.body'],
  ['llamacpp', 'llama-cpp-python-chat.body'],
  ['ollama', 'ollama-cut-prompt.body'],
])('a recorded answer of %s (%s)', (provider, name) => {
  const read = () => fromUpstream(answer(200, fixture(name)), context(target(provider)));

  test('is an answer as we promise it, under the name of our model', () => {
    expect(chatAnswer.parse(read().value)).toMatchObject({ model: 'tiny', choices: [{ logprobs: null }] });
  });

  test('has its tokens counted by the engine', () => {
    expect(read().usage).toMatchObject({ isEstimated: false });
  });
});

test('an answer in which nothing is wrong keeps its bytes', () => {
  const on = target('vllm', { responseModel: 'smol' });
  expect(fromUpstream(answer(200, fixture('vllm-chat.body')), context(on)).isChanged).toBe(false);
});

test("Ollama's ids, which repeat themselves, become ours", () => {
  const { value } = fromUpstream(answer(200, fixture('ollama-cut-prompt.body')), context(target('ollama')));
  expect(value['id']).toBe('chatcmpl-ours');
});

test('a prompt that Ollama cut is an error where the context is configured, though it was answered with 200', () => {
  const on = target('ollama', { contextTokens: 2048 });
  const read = () => fromUpstream(answer(200, fixture('ollama-cut-prompt.body')), context(on));
  expect(read).toThrow(expect.objectContaining({ code: 'context_length_exceeded', param: 'messages' }));
});

test.each([undefined, null])('usage that is %s is estimated, and told where the engine is known to leave it out', (usage) => {
  const body = JSON.stringify({ ...(JSON.parse(fixture('llama-cpp-python-chat.body')) as object), usage });
  const { value, usage: counted } = fromUpstream(answer(200, body), context(target('llamacpp')));
  expect(counted).toMatchObject({ promptTokens: 4, isEstimated: true });
  expect(value['usage']).toMatchObject({ prompt_tokens: 4, completion_tokens: expect.any(Number) });
});

test('the tokens of an answer are estimated from its text alone', () => {
  const { usage: _usage, ...rest } = JSON.parse(fixture('llama-cpp-python-chat.body')) as Record<string, unknown>;
  // "The river that I": 16 characters.
  expect(fromUpstream(answer(200, JSON.stringify(rest)), context(target('llamacpp'))).usage).toMatchObject({
    completionTokens: 4,
  });
});

test('an abort that nobody asked for is a failure of the engine', () => {
  const body = fixture('vllm-chat.body').replace('"finish_reason":"length"', '"finish_reason":"abort"');
  const read = () => fromUpstream(answer(200, body), context(target('vllm')));
  expect(read).toThrow(expect.objectContaining({ code: 'service_unavailable' }));
});

test.each([
  ['a page', '<html>It works!</html>'],
  ['cut JSON', fixture('vllm-chat.body').slice(0, 100)],
  ['a list', '[]'],
  ['an error with status 200', '{"error":{"message":"CUDA out of memory at 0x7f"}}'],
  ['no choices', '{"id":"a","choices":[]}'],
  ['a choice without a message', '{"choices":[{"index":0}]}'],
  ['nothing', ''],
])('%s is a bad_gateway that does not show it', (_name, body) => {
  try {
    fromUpstream(answer(200, body), context(target('openai')));
  } catch (error) {
    expect(error).toMatchObject({ code: 'bad_gateway', message: expect.not.stringMatching(/html|CUDA|0x/) });
    return;
  }
  throw new Error('this should have failed');
});

describe('embeddings', () => {
  const float32 = fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
  const encode = (vector: readonly number[] | string, format: 'float' | 'base64'): unknown => {
    const body = JSON.stringify({ object: 'list', data: [{ object: 'embedding', index: 0, embedding: vector }], model: 'smol' });
    const request = chatRequest({ operation: 'embeddings', body: { model: 'tiny', input: 'a', encoding_format: format } });
    const { value } = fromUpstream(answer(200, body), context(target('openai'), request));
    return (value['data'] as { embedding: unknown }[])[0]!.embedding;
  };

  test('floats and base64 turn into each other without loss', () => {
    fc.assert(
      fc.property(fc.array(float32, { minLength: 1, maxLength: 50 }), (vector) => {
        const base64 = encode(vector, 'base64');
        expect(base64).toBeTypeOf('string');
        expect(encode(base64 as string, 'float')).toEqual(vector);
        expect(encode(base64 as string, 'base64')).toBe(base64);
        expect(encode(vector, 'float')).toEqual(vector);
      }),
    );
  });

  test.each([
    [
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [[]],
    [null],
  ])('%j is no vector: llama-cpp-python gives one a token without a pooling', (vector) => {
    expect(() => encode(vector as never, 'base64')).toThrow(expect.objectContaining({ code: 'bad_gateway' }));
  });

  test('tokens are estimated from the input where the engine counts none', () => {
    const request = chatRequest({ operation: 'embeddings', body: { model: 'tiny', input: 'a' } });
    const body = '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1,2]}]}';
    expect(fromUpstream(answer(200, body), context(target('llamacpp'), request)).usage).toMatchObject({
      promptTokens: 4,
      completionTokens: 0,
    });
  });
});
