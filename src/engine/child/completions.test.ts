import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completionAnswer } from '../../wire/completions.ts';
import { embeddingAnswer } from '../../wire/embeddings.ts';
import { tinyModelAnswer } from '../tiny-model.ts';
import { readEvents, startTestChild, type TestChild } from './test-child.ts';

interface Answer {
  choices: { index: number; text: string; finish_reason: string | null; logprobs: Record<string, unknown[]> | null }[];
  data: { embedding: number[] | string }[];
  usage: { prompt_tokens: number; completion_tokens: number };
  error: { code: string; param: string };
}

let child: TestChild;

beforeAll(async () => {
  child = await startTestChild();
});

afterAll(() => child.close());

async function post(path: string, fields: object): Promise<Answer> {
  const response = await child.post(path, { model: 'sluice-demo', ...fields });
  return (await response.json()) as Answer;
}

const complete = (fields: object): Promise<Answer> => post('/v1/completions', { temperature: 0, max_tokens: 40, ...fields });

describe('completions', () => {
  it('continue a text, in the form of OpenAI’s', async () => {
    const answer = await complete({ prompt: 'This is a' });
    expect(() => completionAnswer.parse(answer)).not.toThrow();
    expect(answer).toMatchObject({ object: 'text_completion', id: expect.stringMatching(/^cmpl-/) as string });
    expect(answer.choices).toEqual([
      { index: 0, text: tinyModelAnswer.slice('This is a'.length), logprobs: null, finish_reason: 'stop' },
    ]);
    // The three words, and the token that begins every text.
    expect(answer.usage.prompt_tokens).toBe(4);
  });

  it('begin a new sentence behind a full stop', async () => {
    expect((await complete({ prompt: 'Explain locks.' })).choices[0]!.text).toBe(` ${tinyModelAnswer}`);
  });

  it('take texts, tokens, and lists of both', async () => {
    const { choices: texts } = await complete({ prompt: ['This is', 'This is a'], n: 2 });
    expect(texts.map(({ index, text }) => [index, text])).toEqual(
      [0, 1, 2, 3].map((index) => [index, tinyModelAnswer.slice(index < 2 ? 7 : 9)]),
    );
    const [bos, user, assistant] = [1, 260, 261];
    expect((await complete({ prompt: [bos, user, assistant] })).choices[0]!.text).toBe(tinyModelAnswer);
    expect((await complete({ prompt: [[bos, user], [bos]] })).choices).toHaveLength(2);
  });

  it('read control tokens in a text as such: the prompt is the caller’s', async () => {
    expect((await complete({ prompt: '<|user|>hi<|end|><|assistant|>' })).usage.prompt_tokens).toBe(6);
  });

  it('stream', async () => {
    const fields = {
      model: 'sluice-demo',
      prompt: 'This is a',
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 3,
    };
    const { events, isWhole } = await readEvents(await child.post('/v1/completions', fields));
    const chunks = events as (Answer & { usage: Answer['usage'] | null })[];
    expect(isWhole).toBe(true);
    expect(chunks.map((chunk) => chunk.choices[0]?.text ?? '').join('')).toBe(' tiny demo model');
    expect(chunks.at(-2)).toMatchObject({ choices: [{ finish_reason: 'length' }], usage: null });
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 3 } });
  });

  it('give log probabilities in the old form', async () => {
    const answer = await complete({ prompt: 'This is a', logprobs: 2, max_tokens: 2 });
    const { tokens, token_logprobs: own, top_logprobs: top, text_offset: offsets } = answer.choices[0]!.logprobs!;
    expect(tokens).toEqual([' tiny', ' demo']);
    expect(offsets).toEqual([0, 5]);
    expect(Object.keys(top![0] as object)).toHaveLength(2);
    expect(own![0]).toBe((top![0] as Record<string, number>)[' tiny']);
    expect((await complete({ prompt: 'This is a', logprobs: 0, max_tokens: 1 })).choices[0]!.logprobs).toMatchObject({
      top_logprobs: [{}],
    });
  });

  it('have 16 tokens unless told, as OpenAI’s', async () => {
    const answer = await post('/v1/completions', { prompt: 'Boats.', logit_bias: { 2: -100 } });
    expect(answer.usage.completion_tokens).toBe(16);
  });

  it.each([
    ['echo', 'unsupported_parameter', { echo: true }],
    ['suffix', 'unsupported_parameter', { suffix: 'x' }],
    ['best_of', 'unsupported_parameter', { best_of: 4 }],
    ['prompt[1]', 'bad_request', { prompt: [5, 999999] }],
    ['prompt', 'bad_request', { prompt: Array.from({ length: 65 }, () => 'x') }],
  ])('refuse %s with %s', async (param, code, fields) => {
    expect((await complete({ prompt: 'x', ...fields })).error).toMatchObject({ code, param });
  });
});

describe('embeddings', () => {
  const embed = (fields: object): Promise<Answer> => post('/v1/embeddings', fields);

  it('have length 1, and are the same as floats and in base64', async () => {
    const input = [' lock keeper', ' narrow boat'];
    const floats = await embed({ input });
    expect(() => embeddingAnswer.parse(floats)).not.toThrow();
    const encoded = await embed({ input, encoding_format: 'base64' });
    for (const [index, { embedding }] of floats.data.entries()) {
      expect(Math.hypot(...(embedding as number[]))).toBeCloseTo(1, 5);
      const bytes = Buffer.from(encoded.data[index]!.embedding as string, 'base64');
      expect(Array.from({ length: bytes.length / 4 }, (_, place) => bytes.readFloatLE(place * 4))).toEqual(embedding);
    }
    expect(floats.data[0]).not.toEqual({ ...floats.data[1], index: 0 });
    expect(floats.usage.prompt_tokens).toBe(6);
  });

  it('take a text or tokens, and give the same for both', async () => {
    const [text, tokens] = await Promise.all(['boat', 'boat'].map(async (input) => (await embed({ input })).data[0]!.embedding));
    expect(text).toEqual(tokens);
    const lists = await embed({ input: [[300, 301], [300]] });
    expect(lists.data).toHaveLength(2);
    expect((await embed({ input: [300] })).data[0]!.embedding).toEqual(lists.data[1]!.embedding);
  });

  it.each([
    ['dimensions', 'unsupported_parameter', { dimensions: 8 }],
    ['input[0]', 'bad_request', { input: [999999] }],
  ])('refuse %s', async (param, code, fields) => {
    expect((await embed({ input: 'x', ...fields })).error).toMatchObject({ code, param });
  });

  it('refuse a text that does not fit', async () => {
    expect((await embed({ input: 'x'.repeat(3000) })).error).toMatchObject({ code: 'context_length_exceeded' });
  });
});
