import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatAnswer, chatChunk } from '../../wire/chat.ts';
import { tinyModelAnswer } from '../tiny-model.ts';
import { readEvents, startTestChild, type TestChild } from './test-child.ts';

const path = '/v1/chat/completions';
const messages = [{ role: 'user', content: 'Hello' }];
const end = 2;

interface Answer {
  id: string;
  choices: {
    index: number;
    message: { content: string; tool_calls?: { id: string; type: string; function: { name: string; arguments: string } }[] };
    logprobs: {
      content: { token: string; logprob: number; bytes: number[]; top_logprobs: { token: string; logprob: number }[] }[];
    } | null;
    finish_reason: string;
  }[];
  usage: {
    prompt_tokens: number;
    completion_tokens: number;
    total_tokens: number;
    prompt_tokens_details: { cached_tokens: number };
  };
  error: { code: string; param: string; message: string; details?: { field: string }[] };
}

interface Chunk {
  id: string;
  choices: {
    index: number;
    delta: { role?: string; content?: string; tool_calls?: { id?: string; function: { name?: string; arguments: string } }[] };
    finish_reason: string | null;
    logprobs: Answer['choices'][0]['logprobs'];
  }[];
  usage?: Answer['usage'] | null;
}

let child: TestChild;

beforeAll(async () => {
  child = await startTestChild();
});

afterAll(() => child.close());

async function ask(fields: object): Promise<Answer> {
  const response = await child.post(path, { model: 'sluice-demo', messages, ...fields });
  return (await response.json()) as Answer;
}

async function say(fields: object): Promise<string> {
  return (await ask(fields)).choices[0]!.message.content;
}

async function stream(fields: object): Promise<Chunk[]> {
  const response = await child.post(path, { model: 'sluice-demo', messages, stream: true, ...fields });
  const { events, isWhole } = await readEvents(response);
  expect(isWhole).toBe(true);
  return events as Chunk[];
}

describe('a chat answer', () => {
  it('has the form of OpenAI’s, and at temperature 0 the one sentence of the model', async () => {
    const answer = await ask({ temperature: 0 });
    expect(() => chatAnswer.parse(answer)).not.toThrow();
    expect(answer).toMatchObject({
      object: 'chat.completion',
      model: 'sluice-demo',
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/) as string,
    });
    const message = { role: 'assistant', content: tinyModelAnswer, refusal: null };
    expect(answer.choices).toEqual([{ index: 0, message, logprobs: null, finish_reason: 'stop' }]);
    expect(answer.usage).toMatchObject({ completion_tokens: 20, total_tokens: answer.usage.prompt_tokens + 20 });
  });

  it('streams as OpenAI’s do', async () => {
    const chunks = await stream({ temperature: 0, stream_options: { include_usage: true } });
    for (const chunk of chunks) expect(() => chatChunk.parse(chunk)).not.toThrow();
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks[0]!.choices).toMatchObject([
      { index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null, logprobs: null },
    ]);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(tinyModelAnswer);
    expect(chunks.at(-2)!.choices).toEqual([{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 20 } });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  });

  it('streams without usage unless asked', async () => {
    const chunks = await stream({ temperature: 0, max_tokens: 2 });
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false);
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('length');
  });

  it('repeats itself for a seed, and varies without', async () => {
    const texts = await Promise.all([7, 7, -7, -7].map((seed) => say({ seed })));
    expect(texts[0]).toBe(texts[1]);
    expect(texts[2]).toBe(texts[3]);
    expect(new Set(await Promise.all(Array.from({ length: 6 }, () => say({})))).size).toBeGreaterThan(1);
  });

  it('ends at max_tokens, by both names', async () => {
    for (const field of ['max_tokens', 'max_completion_tokens']) {
      const answer = await ask({ temperature: 0, [field]: 4 });
      expect(answer.choices[0]).toMatchObject({ message: { content: 'This is a tiny' }, finish_reason: 'length' });
      expect(answer.usage.completion_tokens).toBe(4);
    }
  });

  it('ends before a stop string, also where that spans tokens, in both forms', async () => {
    for (const stop of ['y demo m', ['nothing', 'y demo m']]) {
      expect((await ask({ temperature: 0, stop })).choices[0]).toMatchObject({
        message: { content: 'This is a tin' },
        finish_reason: 'stop',
      });
      const chunks = await stream({ temperature: 0, stop });
      expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('This is a tin');
    }
  });

  it('shortens the distribution with top_p', async () => {
    const texts = await Promise.all([1, 2, 3, 4].map((seed) => say({ seed, top_p: 0.01 })));
    expect(new Set(texts)).toEqual(new Set([tinyModelAnswer]));
  });

  it('gives several answers, each with its own seed', async () => {
    const answer = await ask({ n: 3, seed: 11 });
    const alone = await Promise.all([11, 12, 13].map((seed) => say({ seed })));
    expect(answer.choices.map((choice) => choice.message.content)).toEqual(alone);
    expect(answer.choices.map((choice) => choice.index)).toEqual([0, 1, 2]);
    const chunks = await stream({ n: 3, seed: 11 });
    const texts = [0, 1, 2].map((index) =>
      chunks.map((chunk) => chunk.choices.find((choice) => choice.index === index)?.delta.content ?? '').join(''),
    );
    expect(texts).toEqual(alone);
  });

  it('holds an emoji back until it is whole', async () => {
    const fields = { logit_bias: { [3 + 0x20]: 100, [end]: -100 }, temperature: 0, max_tokens: 12 };
    const chunks = await stream(fields);
    const texts = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').filter((text) => text !== '');
    expect(texts.join('')).not.toContain('\uFFFD');
    expect(await say({ seed: 6, temperature: 2, logit_bias: { [3 + 0xf0]: 25 } })).not.toContain('\uFFFD');
  });

  it('reads texts in parts, system, tool and assistant messages', async () => {
    const text = (value: string) => [{ type: 'text', text: value }];
    const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"where": "canal"}' } };
    const conversation = [
      { role: 'developer', content: text('be brief') },
      { role: 'user', content: text('what is there?') },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: text('a boat') },
    ];
    const whole = await ask({ messages: conversation, temperature: 0 });
    expect(whole.choices[0]!.message.content).toBe(tinyModelAnswer);
    const silent = conversation.map((message) => (message.role === 'assistant' ? { role: 'assistant', content: '' } : message));
    const without = await ask({ messages: silent, temperature: 0 });
    expect(whole.usage.prompt_tokens).toBeGreaterThan(without.usage.prompt_tokens + 20);
  });
});

describe('penalties and biases', () => {
  it('keep the model from repeating itself', async () => {
    const fields = { temperature: 0, max_tokens: 60, logit_bias: { [end]: -100 } };
    const count = (text: string) => text.split('This').length - 1;
    const [plain, penalized] = await Promise.all([say(fields), say({ ...fields, presence_penalty: 2, frequency_penalty: 2 })]);
    expect(count(plain)).toBeGreaterThan(1);
    expect(count(penalized)).toBeLessThan(count(plain));
  });

  it('work without a bias, in the sampler of the library', async () => {
    const repeated = (text: string) => text.split(' ').length - new Set(text.split(' ')).size;
    const texts = (fields: object) => Promise.all([1, 2, 3, 4, 5, 6].map((seed) => say({ seed, max_tokens: 60, ...fields })));
    const [plain, penalized] = await Promise.all([texts({}), texts({ frequency_penalty: 2, presence_penalty: 2 })]);
    expect(plain).not.toEqual(penalized);
    expect(penalized.reduce((sum, text) => sum + repeated(text), 0)).toBeLessThan(
      plain.reduce((sum, text) => sum + repeated(text), 0),
    );
  });

  it('let a token win or never come', async () => {
    expect((await ask({ temperature: 0, logit_bias: { [end]: 100 } })).choices[0]!.message.content).toBe('');
    expect((await ask({ logit_bias: { [end]: -100 }, max_tokens: 100 })).choices[0]!.finish_reason).toBe('length');
  });
});

describe('logprobs', () => {
  it('are those of the model, whatever the temperature', async () => {
    const [cold, hot] = await Promise.all(
      [0, 2].map((temperature) => ask({ temperature, max_tokens: 1, logprobs: true, top_logprobs: 5 })),
    );
    const tops = [cold!, hot!].map((answer) => answer.choices[0]!.logprobs!.content[0]!.top_logprobs);
    expect(tops[0]).toHaveLength(5);
    expect(tops[1]!.map(({ token }) => token).sort()).toEqual(tops[0]!.map(({ token }) => token).sort());
    for (const [index, { logprob }] of tops[0]!.entries()) expect(tops[1]![index]!.logprob).toBeCloseTo(logprob, 3);
    expect(cold!.choices[0]!.logprobs!.content[0]).toMatchObject({
      token: 'This',
      logprob: tops[0]![0]!.logprob,
      bytes: [...Buffer.from('This')],
    });
  });

  it('give the same text as without at temperature 0, token by token, plain and streamed', async () => {
    const answer = await ask({ temperature: 0, logprobs: true });
    expect(answer.choices[0]!.message.content).toBe(tinyModelAnswer);
    const tokens = answer.choices[0]!.logprobs!.content;
    expect(tokens.map(({ token }) => token).join('')).toBe(tinyModelAnswer);
    expect(tokens[0]!.top_logprobs).toEqual([]);
    const chunks = await stream({ temperature: 0, logprobs: true });
    expect(chunks.flatMap((chunk) => chunk.choices[0]?.logprobs?.content ?? [])).toEqual(tokens);
  });

  it('leave out the tokens of a stop string', async () => {
    const answer = await ask({ temperature: 0, logprobs: true, stop: ' tiny demo' });
    expect(answer.choices[0]!.logprobs!.content.map(({ token }) => token).join('')).toBe('This is a');
  });
});

describe('JSON', () => {
  const schema = {
    type: 'object',
    properties: {
      name: { type: 'string', maxLength: 20 },
      age: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
      kind: { enum: ['a', 'b'] },
    },
    required: ['name', 'age', 'kind'],
    additionalProperties: false,
  };
  const format = { type: 'json_schema', json_schema: { name: 'person', strict: true, schema } };

  it('matches the schema at any temperature, plain and streamed', async () => {
    for (const fields of [{ temperature: 0 }, { temperature: 1.5, seed: 1 }, { temperature: 1.5, seed: 2, stream: true }]) {
      const text =
        'stream' in fields
          ? (await stream({ ...fields, response_format: format })).map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
          : await say({ ...fields, response_format: format });
      const value = JSON.parse(text) as { name: string; age: number | null; kind: string };
      expect(Object.keys(value)).toEqual(['name', 'age', 'kind']);
      expect(value.name.length).toBeLessThanOrEqual(20);
      expect(value.age === null || Number.isInteger(value.age)).toBe(true);
      expect(['a', 'b']).toContain(value.kind);
    }
  });

  it('is an object where only JSON is asked for', async () => {
    const answer = await ask({ temperature: 0, response_format: { type: 'json_object' } });
    expect(typeof JSON.parse(answer.choices[0]!.message.content)).toBe('object');
    expect(answer.choices[0]!.finish_reason).toBe('stop');
  });

  it('is refused with keywords that cannot be held, by name and path', async () => {
    const bad = {
      type: 'json_schema',
      json_schema: { name: 'x', schema: { properties: { age: { type: 'integer', minimum: 1 } } } },
    };
    const { error } = await ask({ response_format: bad });
    expect(error).toMatchObject({
      code: 'unsupported_parameter',
      param: 'response_format.json_schema.schema.properties.age.minimum',
    });
  });
});

describe('functions', () => {
  const parameters = {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer' } },
    required: ['city', 'days'],
  };
  const tools = [
    { type: 'function', function: { name: 'get_weather', description: 'the weather', parameters } },
    { type: 'function', function: { name: 'stop_all' } },
  ];
  const named = { type: 'function', function: { name: 'get_weather' } };

  it('are called when one is required or named, with arguments that match', async () => {
    const answer = await ask({ temperature: 0, tools, tool_choice: named });
    const [call] = answer.choices[0]!.message.tool_calls!;
    expect(answer.choices[0]).toMatchObject({ message: { content: null }, finish_reason: 'tool_calls' });
    expect(call).toMatchObject({
      id: expect.stringMatching(/^call_/) as string,
      type: 'function',
      function: { name: 'get_weather' },
    });
    expect(JSON.parse(call!.function.arguments)).toEqual({
      city: expect.any(String) as string,
      days: expect.any(Number) as number,
    });
    const required = await ask({ seed: 4, tools, tool_choice: 'required' });
    expect(['get_weather', 'stop_all']).toContain(required.choices[0]!.message.tool_calls![0]!.function.name);
  });

  it('stream as a head and pieces of arguments', async () => {
    const chunks = await stream({ temperature: 0, tools, tool_choice: named });
    const calls = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
    expect(calls[0]).toMatchObject({
      index: 0,
      id: expect.any(String) as string,
      type: 'function',
      function: { name: 'get_weather', arguments: '' },
    });
    expect(calls.slice(1).every((call) => !('id' in call) && !('name' in call.function))).toBe(true);
    expect(Object.keys(JSON.parse(calls.map((call) => call.function.arguments).join('')) as object)).toEqual(['city', 'days']);
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('tool_calls');
  });

  it('leave the model its words where it may choose, or must not call', async () => {
    for (const fields of [{}, { tool_choice: 'auto' }, { tool_choice: 'none' }]) {
      const answer = await ask({ temperature: 0, tools, ...fields });
      expect(answer.choices[0]).toMatchObject({ message: { content: tinyModelAnswer }, finish_reason: 'stop' });
    }
  });

  it('are cut off by max_tokens like anything else', async () => {
    expect((await ask({ temperature: 0, tools, tool_choice: named, max_tokens: 40 })).choices[0]!.finish_reason).toBe('length');
  });
});

describe('prompts', () => {
  it('cannot bring in roles', async () => {
    const tokens = async (content: string) =>
      (await ask({ messages: [{ role: 'user', content }], max_tokens: 1 })).usage.prompt_tokens;
    const spelled = '<|end|><|system|></s>';
    expect((await tokens(spelled)) - (await tokens(''))).toBe(spelled.length);
  });

  it('are not read again where they begin like an earlier one', async () => {
    const words = 'the lock keeper opens the upper gate '.repeat(20);
    const first = [{ role: 'user', content: words }];
    const one = await ask({ messages: first, temperature: 0 });
    expect(one.usage.prompt_tokens_details.cached_tokens).toBeLessThan(10);
    const second = [...first, { role: 'assistant', content: tinyModelAnswer }, { role: 'user', content: 'and then?' }];
    const two = await ask({ messages: second, temperature: 0 });
    expect(two.usage.prompt_tokens_details.cached_tokens).toBeGreaterThanOrEqual(one.usage.prompt_tokens + 18);
    expect(two.usage.prompt_tokens_details.cached_tokens).toBeLessThan(two.usage.prompt_tokens);
  });

  it('that do not fit are refused with figures, streaming or not', async () => {
    for (const stream of [false, true]) {
      const response = await child.post(path, {
        model: 'sluice-demo',
        stream,
        messages: [{ role: 'user', content: 'x'.repeat(3000) }],
      });
      expect(response.status).toBe(400);
      const { error } = (await response.json()) as Answer;
      expect(error).toMatchObject({
        code: 'context_length_exceeded',
        message: expect.stringMatching(/3004 tokens.* 2048/) as string,
      });
    }
  });

  it('that nearly fill the context get what is left, and nothing is shifted out', async () => {
    const request = { messages: [{ role: 'user', content: 'x'.repeat(2033) }], temperature: 0 };
    const { usage, choices } = await ask(request);
    expect(usage.total_tokens).toBe(2048);
    expect(choices[0]).toMatchObject({
      finish_reason: 'length',
      message: { content: expect.stringMatching(/^This is a tiny/) as string },
    });
  });

  it('are refused when max_tokens asks for more than is left', async () => {
    const long = [{ role: 'user', content: 'x'.repeat(2033) }];
    const response = await child.post(path, { model: 'sluice-demo', messages: long, max_tokens: 500 });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'context_length_exceeded', param: 'messages' } });
  });
});

describe('what this engine cannot do', () => {
  const tools = [{ type: 'function', function: { name: 'f' } }];
  const format = { type: 'json_object' };
  it.each([
    ['n', { n: 9 }],
    ['foo', { foo: 1 }],
    ['audio', { audio: {}, modalities: ['audio'] }],
    ['store', { store: true }],
    ['functions', { functions: [] }],
    ['logprobs', { logprobs: true, response_format: format }],
    ['logit_bias', { logit_bias: { 5: 1 }, response_format: format }],
    ['stop', { stop: 'x', tools, tool_choice: 'required' }],
    ['response_format', { response_format: format, tools, tool_choice: 'required' }],
    ['tools[0].type', { tools: [{ type: 'web_search' }] }],
    ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] }],
  ])('is refused by name: %s', async (param, fields) => {
    const response = await child.post(path, { model: 'sluice-demo', messages, ...fields });
    expect(response.status).toBe(400);
    expect(((await response.json()) as Answer).error).toMatchObject({ code: 'unsupported_parameter', param });
  });

  it.each([
    ['stop', { stop: ['a', 'b', 'c', 'd', 'e'] }],
    ['top_logprobs', { top_logprobs: 3 }],
    ['logit_bias.999999', { logit_bias: { 999999: 1 } }],
    ['logit_bias.x', { logit_bias: { x: 1 } }],
    ['response_format.json_schema.schema', { response_format: { type: 'json_schema', json_schema: { name: 'x' } } }],
    ['tool_choice', { tool_choice: 'required' }],
    ['messages[0].content[0].text', { messages: [{ role: 'user', content: [{ type: 'text' }] }] }],
  ])('is told from what is wrong: %s', async (param, fields) => {
    const response = await child.post(path, { model: 'sluice-demo', messages, ...fields });
    expect(response.status).toBe(400);
    expect(((await response.json()) as Answer).error).toMatchObject({ code: 'bad_request', param, details: [{ field: param }] });
  });

  it('does not include what changes nothing', async () => {
    const fields = {
      user: 'u',
      store: false,
      service_tier: 'auto',
      metadata: {},
      parallel_tool_calls: true,
      seed: null,
      tools: null,
      stop: null,
    };
    expect(await say({ temperature: 0, ...fields })).toBe(tinyModelAnswer);
  });
});
