import { expect, test } from 'vitest';
import { answerAsStream } from './answer-as-stream.ts';

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
const events = (text: string) =>
  text
    .split('\n\n')
    .filter((block) => block.startsWith('data: {'))
    .map((block) => JSON.parse(block.slice(6)) as unknown);

test('a chat answer becomes an event for what each choice says, one for its end, usage, and [DONE]', () => {
  const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };
  const message = { role: 'assistant', content: null, refusal: null, tool_calls: [call] };
  const answer = {
    id: 'c1',
    object: 'chat.completion',
    created: 5,
    model: 'tiny',
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'tool_calls' }],
    usage,
  };
  const text = answerAsStream(answer, true);
  const head = { id: 'c1', object: 'chat.completion.chunk', created: 5, model: 'tiny' };
  expect(events(text)).toEqual([
    {
      ...head,
      choices: [
        { index: 0, delta: { role: 'assistant', tool_calls: [{ index: 0, ...call }] }, logprobs: null, finish_reason: null },
      ],
      usage: null,
    },
    { ...head, choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'tool_calls' }], usage: null },
    { ...head, choices: [], usage },
  ]);
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
});

test('a completion keeps its text, and usage stays out where nobody asked', () => {
  const answer = {
    id: 'x',
    object: 'text_completion',
    choices: [{ index: 0, text: 'hi', logprobs: null, finish_reason: 'stop' }],
    usage,
  };
  expect(events(answerAsStream(answer, false))).toEqual([
    { id: 'x', object: 'text_completion', choices: [{ index: 0, text: 'hi', logprobs: null, finish_reason: null }] },
    { id: 'x', object: 'text_completion', choices: [{ index: 0, text: '', logprobs: null, finish_reason: 'stop' }] },
  ]);
});
