import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../errors.ts';
import { chatRequest } from './chat.ts';
import { completionRequest } from './completions.ts';
import { embeddingRequest } from './embeddings.ts';
import { formatPath, parseBody } from './parse.ts';

const good = { model: 'tiny', messages: [{ role: 'user', content: 'Hi' }] };

function refusalOf(schema: Parameters<typeof parseBody>[0], body: unknown): GatewayError {
  try {
    parseBody(schema, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('this should have been refused');
}

const fieldsOf = (body: unknown, schema: Parameters<typeof parseBody>[0] = chatRequest) =>
  refusalOf(schema, body).details!.map(({ field }) => field);

test('a good body comes back as it was, unknown fields included', () => {
  const body = { ...good, guided_choice: ['a'], metadata: { a: 1 } };
  expect(parseBody(chatRequest, Buffer.from(JSON.stringify(body)))).toEqual(body);
});

test('null means absent, as the official clients send it', () => {
  const body = { ...good, temperature: null, stop: null, tools: null, stream: null, n: null, max_tokens: null };
  expect(parseBody(chatRequest, Buffer.from(JSON.stringify(body)))).toEqual(body);
});

describe('every wrong field is named, at any depth', () => {
  test.each<[string, unknown, string[]]>([
    ['nothing given', {}, ['model', 'messages']],
    ['numbers', { ...good, temperature: 'hot', top_p: 2, max_tokens: 0 }, ['max_tokens', 'temperature', 'top_p']],
    ['no messages', { ...good, messages: [] }, ['messages']],
    ['messages that are a text', { ...good, messages: 'Hi' }, ['messages']],
    ['a role', { ...good, messages: [{ role: 'pirate', content: 'Ahoy' }] }, ['messages[0].role']],
    ['a missing content', { ...good, messages: [...good.messages, { role: 'user' }] }, ['messages[1].content']],
    [
      'a content part',
      { ...good, messages: [{ role: 'user', content: [{ text: 1 }] }] },
      ['messages[0].content[0].type', 'messages[0].content[0].text'],
    ],
    [
      'a function name',
      { ...good, tools: [{ type: 'function', function: { name: 'get weather' } }] },
      ['tools[0].function.name'],
    ],
    ['tool_choice', { ...good, tool_choice: 'always' }, ['tool_choice']],
    ['response_format', { ...good, response_format: { type: 'yaml' } }, ['response_format.type']],
    ['stream_options', { ...good, stream_options: { include_usage: 'yes' } }, ['stream_options.include_usage']],
  ])('%s', (_name, body, fields) => {
    expect(fieldsOf(body).toSorted()).toEqual(fields.toSorted());
  });

  test('of completions and embeddings too', () => {
    expect(fieldsOf({ model: 'tiny' }, completionRequest)).toEqual(['prompt']);
    expect(fieldsOf({ model: 'tiny', prompt: 'a', logprobs: true }, completionRequest)).toEqual(['logprobs']);
    expect(fieldsOf({ model: '', input: '' }, embeddingRequest)).toContain('model');
    expect(fieldsOf({ model: 'tiny', input: 'a', encoding_format: 'hex' }, embeddingRequest)).toEqual(['encoding_format']);
  });

  test('the message shows the first and counts the others', () => {
    const error = refusalOf(chatRequest, {});
    expect(error).toMatchObject({ code: 'bad_request', param: 'model' });
    expect(error.message).toMatch(/^model: .+ \(and 1 more, see details\)$/);
  });
});

test.each([
  ['nothing', '', /body is empty/],
  ['no JSON', '{"model":', /not valid JSON/],
  ['a list', '[]', /not an array/],
  ['a text', '"hi"', /not a string/],
  ['null', 'null', /not null/],
])('a body that is %s is refused in words', (_name, body, words) => {
  expect(refusalOf(chatRequest, body).message).toMatch(words);
});

test('a refusal of broken JSON does not show what was in it, since errors are logged', () => {
  const secret = fc.stringMatching(/^[a-z]{12}$/);
  fc.assert(
    fc.property(secret, fc.integer({ min: 1, max: 70 }), (word, length) => {
      const broken = JSON.stringify({ messages: [{ content: `${word} ${word} ${word}` }] }).slice(0, length);
      if (broken.length < 3) return;
      expect(refusalOf(chatRequest, broken).message).not.toContain(word);
      expect(refusalOf(chatRequest, `${word} ${broken}`).message).not.toContain(word);
    }),
  );
});

test('any JSON is either parsed or refused with a bad_request that has details', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      try {
        parseBody(chatRequest, Buffer.from(text));
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad_request' });
      }
    }),
  );
});

test('paths read as one would write them', () => {
  expect(formatPath(['messages', 0, 'content'])).toBe('messages[0].content');
  expect(formatPath([])).toBe('body');
});
