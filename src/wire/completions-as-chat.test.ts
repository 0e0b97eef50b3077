import { describe, expect, test } from 'vitest';
import { completionAnswer, completionChunk } from './completions.ts';
import { fromChatAnswer, toChatRequest } from './completions-as-chat.ts';

describe('the request', () => {
  test('makes the prompt one user message and keeps everything else', () => {
    expect(toChatRequest({ model: 'tiny', prompt: 'Hi', max_tokens: 3, seed: 1, stop: ['.'], stream: true })).toEqual({
      model: 'tiny',
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 3,
      seed: 1,
      stop: ['.'],
      stream: true,
    });
  });

  test('takes a list with one prompt', () => {
    expect(toChatRequest({ prompt: ['Hi'] })).toMatchObject({ messages: [{ content: 'Hi' }] });
  });

  test('asks for logprobs in the form of chats', () => {
    expect(toChatRequest({ prompt: 'Hi', logprobs: 2 })).toMatchObject({ logprobs: true, top_logprobs: 2 });
    const none = toChatRequest({ prompt: 'Hi', logprobs: 0 });
    expect(none).toMatchObject({ logprobs: true });
    expect(none).not.toHaveProperty('top_logprobs');
    expect(toChatRequest({ prompt: 'Hi', logprobs: null })).not.toHaveProperty('logprobs');
  });

  test.each([{ suffix: 'end' }, { echo: true }, { best_of: 3 }])('refuses %j, which has no meaning in a chat', (field) => {
    const [param] = Object.keys(field);
    const convert = () => toChatRequest({ prompt: 'Hi', ...field });
    expect(convert).toThrow(expect.objectContaining({ code: 'unsupported_parameter', param }));
  });

  test.each([{ suffix: '' }, { echo: false }, { best_of: 1 }, { suffix: null }])('takes %j, which changes nothing', (field) => {
    expect(Object.keys(toChatRequest({ prompt: 'Hi', ...field }))).toEqual(['messages']);
  });

  test.each([[['a', 'b']], [[1, 2]], [[[1]]]])('refuses %j as a prompt', (prompt) => {
    expect(() => toChatRequest({ prompt })).toThrow(expect.objectContaining({ code: 'unsupported_parameter', param: 'prompt' }));
  });
});

describe('the answer', () => {
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  const shape = { id: 'chatcmpl-1', created: 1, model: 'tiny' };

  test('is a text completion', () => {
    const logprobs = {
      content: [
        { token: 'A', logprob: -1, top_logprobs: [{ token: 'A', logprob: -1 }] },
        { token: ' lock', logprob: -2, top_logprobs: [] },
      ],
    };
    const message = { role: 'assistant', content: 'A lock', refusal: null };
    const answer = fromChatAnswer({
      ...shape,
      object: 'chat.completion',
      choices: [{ index: 0, message, logprobs, finish_reason: 'stop' }],
      usage,
    });
    expect(completionAnswer.parse(answer)).toEqual({
      ...shape,
      id: 'cmpl-1',
      object: 'text_completion',
      choices: [
        {
          text: 'A lock',
          index: 0,
          logprobs: { tokens: ['A', ' lock'], token_logprobs: [-1, -2], top_logprobs: [{ A: -1 }, {}], text_offset: [0, 1] },
          finish_reason: 'stop',
        },
      ],
      usage,
    });
  });

  const chunk = (delta: object, rest: object = {}) => ({
    ...shape,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: null }],
    ...rest,
  });

  test('streamed, each piece of text is an event; one that only opens the message is none', () => {
    expect(fromChatAnswer(chunk({ role: 'assistant', content: '' }))).toBeNull();
    expect(fromChatAnswer(chunk({ role: 'assistant', content: '' }, { usage: null }))).toBeNull();
    expect(completionChunk.parse(fromChatAnswer(chunk({ content: 'A' })))).toMatchObject({ choices: [{ text: 'A' }] });
  });

  test('streamed, the end and the usage are events', () => {
    const end = { choices: [{ index: 0, delta: {}, finish_reason: 'length' }] };
    expect(fromChatAnswer(chunk({}, end))).toMatchObject({ choices: [{ text: '', finish_reason: 'length' }] });
    expect(fromChatAnswer(chunk({}, { choices: [], usage }))).toMatchObject({ choices: [], usage });
  });
});
