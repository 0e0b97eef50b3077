import OpenAI, { APIConnectionError, APIUserAbortError, BadRequestError, InternalServerError, NotFoundError } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { freePort } from './support/process.ts';
import { overBackends } from './support/suite.ts';

const messages = [{ role: 'user' as const, content: 'Name a river.' }];
const short = { model: 'tiny', temperature: 0, max_tokens: 40, messages };
const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      description: 'The weather of a city',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string', maxLength: 10 } },
        required: ['city'],
        additionalProperties: false,
      },
    },
  },
];
const named = { type: 'function' as const, function: { name: 'get_weather' } };
const River = z.object({ name: z.string().max(12), kilometres: z.int() });

async function collect<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** What a promise rejects with. */
async function failure(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('this should have failed');
}

overBackends(({ backend: { can }, baseUrl, witness }) => {
  const client = () => new OpenAI({ baseURL: baseUrl(), apiKey: 'unused', maxRetries: 0 });

  test('a chat answer names the configured model, and has everything that the client declares', async () => {
    const answer = await client().chat.completions.create({ ...short, model: 'phi-3-mini' });
    const [choice] = answer.choices;
    expect(answer.model).toBe('tiny');
    expect(answer.choices).toHaveLength(1);
    expect(choice!.message).toMatchObject({ role: 'assistant', refusal: null });
    expect(choice!.message.content).not.toBe('');
    if (can.answer !== null) expect(choice).toMatchObject({ message: { content: can.answer }, finish_reason: 'stop' });
    expect(answer.usage!.prompt_tokens).toBeGreaterThan(3);
    expect(answer.usage!.total_tokens).toBe(answer.usage!.prompt_tokens + answer.usage!.completion_tokens);
    expect(answer._request_id).toMatch(/^req_/);
  });

  test('max_tokens ends an answer with "length", and so does its newer name', async () => {
    const { messages: _messages, max_tokens: _maxTokens, ...rest } = short;
    const older = await client().chat.completions.create({ ...rest, messages, max_tokens: 3 });
    const newer = await client().chat.completions.create({ ...rest, messages, max_completion_tokens: 3 });
    for (const answer of [older, newer]) {
      expect(answer.choices[0]!.finish_reason).toBe('length');
      expect(answer.usage!.completion_tokens).toBe(3);
    }
  });

  test('a stop string ends an answer and is no part of it', async () => {
    const whole = (await client().chat.completions.create(short)).choices[0]!.message.content!;
    const word = whole.split(' ')[3]!;
    const cut = (await client().chat.completions.create({ ...short, stop: word })).choices[0]!;
    expect(cut.finish_reason).toBe('stop');
    expect(whole.startsWith(cut.message.content!)).toBe(true);
    expect(cut.message.content).not.toContain(word);
  });

  test('a stream adds up to the same text as a plain answer', async () => {
    const plain = await client().chat.completions.create(short);
    const chunks = await collect(await client().chat.completions.create({ ...short, stream: true }));
    expect(chunks[0]!.choices[0]!.delta.role).toBe('assistant');
    expect(chunks.map((chunk) => chunk.choices[0]!.delta.content ?? '').join('')).toBe(plain.choices[0]!.message.content);
    expect(chunks.length).toBeGreaterThan(3);
    expect(new Set(chunks.map((chunk) => chunk.model))).toEqual(new Set(['tiny']));
  });

  test('include_usage adds one last event with the counts', async () => {
    const plain = await client().chat.completions.create(short);
    const stream = await client().chat.completions.create({ ...short, stream: true, stream_options: { include_usage: true } });
    const last = (await collect(stream)).at(-1)!;
    expect(last.choices).toEqual([]);
    expect(last.usage!.prompt_tokens).toBeGreaterThan(3);
    expect(last.usage!.completion_tokens).toBeGreaterThanOrEqual(plain.usage!.completion_tokens - 1);
    expect(last.usage!.completion_tokens).toBeLessThanOrEqual(plain.usage!.completion_tokens);
  });

  test("the client's own stream helper puts a message together", async () => {
    const stream = client().chat.completions.stream({ ...short, stream_options: { include_usage: true } });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]!.message.content).toBe((await client().chat.completions.create(short)).choices[0]!.message.content);
    expect(final.usage!.total_tokens).toBeGreaterThan(0);
  });

  for (const [kind, choice] of [
    ['required', 'required'],
    ['named', named],
  ] as const) {
    const request = { ...short, max_tokens: 200, tools, tool_choice: choice };
    const isAble = kind === 'named' ? can.namedTool : can.requiredTool;

    test(`tool_choice ${kind} calls the function, plain and streamed, or is refused by name`, async () => {
      if (!isAble) {
        const error = await failure(client().chat.completions.create(request));
        expect(error).toBeInstanceOf(BadRequestError);
        expect(error).toMatchObject({ param: 'tool_choice', type: 'invalid_request_error' });
        return;
      }
      const plain = (await client().chat.completions.create(request)).choices[0]!;
      const streamed = (await client().chat.completions.stream(request).finalChatCompletion()).choices[0]!;
      for (const { message, finish_reason: finishReason } of [plain, streamed]) {
        const [call] = message.tool_calls!;
        expect(message.tool_calls).toHaveLength(1);
        expect(call).toMatchObject({ id: expect.stringMatching(/./), type: 'function', function: { name: 'get_weather' } });
        if (!can.schemaArguments) continue;
        expect(finishReason).toBe('tool_calls');
        expect(JSON.parse(call!.type === 'function' ? call!.function.arguments : '')).toEqual({ city: expect.any(String) });
      }
    });
  }

  test('parse() gives an object of the schema', async () => {
    const answer = await client().chat.completions.parse({
      ...short,
      max_tokens: 200,
      response_format: zodResponseFormat(River, 'river'),
    });
    expect(River.parse(answer.choices[0]!.message.parsed)).toEqual(answer.choices[0]!.message.parsed);
  });

  test('JSON mode gives an object', async () => {
    const answer = await client().chat.completions.create({
      ...short,
      max_tokens: 200,
      response_format: { type: 'json_object' },
      messages: [{ role: 'user', content: 'A river as JSON.' }],
    });
    const { message, finish_reason: finishReason } = answer.choices[0]!;
    // A real model may ramble on within its object.
    if (finishReason === 'stop') expect(JSON.parse(message.content!)).toBeTypeOf('object');
  });

  test('n gives that many answers, or is refused by name', async () => {
    const request = { ...short, n: 3, temperature: 1, seed: 7 };
    if (!can.severalAnswers) {
      const error = await failure(client().chat.completions.create(request));
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error).toMatchObject({ param: 'n', code: 'unsupported_parameter' });
      return;
    }
    const { choices } = await client().chat.completions.create(request);
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    const chunks = await collect(await client().chat.completions.create({ ...request, stream: true }));
    expect(new Set(chunks.map((chunk) => chunk.choices[0]!.index))).toEqual(new Set([0, 1, 2]));
  });

  test('logprobs stand beside each token, or are refused by name', async () => {
    const request = { ...short, max_tokens: 4, logprobs: true, top_logprobs: 2 };
    if (!can.logprobs) {
      const error = await failure(client().chat.completions.create(request));
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error).toMatchObject({ param: 'logprobs' });
      return;
    }
    const { logprobs } = (await client().chat.completions.create(request)).choices[0]!;
    expect(logprobs!.content).toHaveLength(4);
    for (const { logprob, top_logprobs: top } of logprobs!.content!) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(top).toHaveLength(2);
    }
  });

  test('embeddings are the same by default (base64) and as floats', async () => {
    const request = { model: 'tiny-embed', input: ['lock gate', 'narrow boat'] };
    if (!can.embeddings) {
      await failure(client().embeddings.create(request));
      return;
    }
    const byDefault = await client().embeddings.create(request);
    const floats = await client().embeddings.create({ ...request, encoding_format: 'float' });
    expect(byDefault.data.map(({ index }) => index)).toEqual([0, 1]);
    expect(byDefault.data[0]!.embedding.length).toBeGreaterThan(100);
    const asFloat32 = floats.data.map(({ embedding }) => [...Float32Array.from(embedding)]);
    expect(byDefault.data.map(({ embedding }) => embedding)).toEqual(asFloat32);
    expect(byDefault.model).toBe('tiny-embed');
    expect(byDefault.usage.prompt_tokens).toBeGreaterThan(0);
  });

  test('the model list has every model and alias, and nothing of the engine', async () => {
    const rows = await collect(client().models.list());
    expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(['tiny', 'phi-3-mini']));
    expect(await client().models.retrieve('phi-3-mini')).toEqual(rows.find(({ id }) => id === 'phi-3-mini'));
    expect(JSON.stringify(rows)).not.toMatch(/gguf|upstream|root/);
    expect(await failure(client().models.retrieve('nobody'))).toBeInstanceOf(NotFoundError);
  });

  test('completions answer plain and streamed', async () => {
    const request = { model: 'tiny', prompt: 'A narrow boat', max_tokens: 8, temperature: 0 };
    const answer = await client().completions.create(request);
    expect(answer.object).toBe('text_completion');
    expect(answer.choices[0]!.text).not.toBe('');
    const chunks = await collect(await client().completions.create({ ...request, stream: true }));
    expect(chunks.map((chunk) => chunk.choices[0]!.text).join('')).toBe(answer.choices[0]!.text);
  });

  test('an unknown model is a NotFoundError, also where the engine would serve any name', async () => {
    const error = await failure(client().chat.completions.create({ ...short, model: 'nobody' }));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ status: 404, code: 'model_not_found', param: 'model', type: 'invalid_request_error' });
  });

  test('wrong fields are a BadRequestError that names each of them, streamed or not', async () => {
    for (const stream of [false, true]) {
      const wrong = { ...short, stream, temperature: 'hot', messages: [{ role: 'pirate', content: 'Ahoy' }] };
      const error = await failure(client().chat.completions.create(wrong as never));
      expect(error).toBeInstanceOf(BadRequestError);
      expect((error as BadRequestError).error).toMatchObject({
        code: 'bad_request',
        details: [{ field: expect.any(String) }, { field: expect.any(String) }],
      });
    }
  });

  test('a prompt over the context is a BadRequestError with code context_length_exceeded', async () => {
    const long = [{ role: 'user' as const, content: 'The keeper counts every boat. '.repeat(1_000) }];
    for (const stream of [false, true]) {
      const error = await failure(client().chat.completions.create({ ...short, stream, messages: long }));
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error).toMatchObject({ code: 'context_length_exceeded', param: 'messages' });
    }
  });

  test('more tokens than the context has are refused the same way', async () => {
    const error = await failure(client().chat.completions.create({ ...short, max_tokens: 50_000 }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ code: 'context_length_exceeded' });
  });

  test('an engine that is down is an InternalServerError that says when to try again', async () => {
    for (const stream of [false, true]) {
      const error = await failure(client().chat.completions.create({ ...short, stream, model: 'down' }));
      expect(error).toBeInstanceOf(InternalServerError);
      expect(error).toMatchObject({ status: 503, code: 'service_unavailable', error: { retry_after: expect.any(Number) } });
      expect((error as InternalServerError).headers!.get('retry-after')).toMatch(/^[1-9]\d*$/);
    }
  });

  test('a body that is no JSON never reaches the engine', async () => {
    const answer = await fetch(`${baseUrl()}/chat/completions`, { method: 'POST', body: '{"model":' });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: 'bad_request', type: 'invalid_request_error' } });
  });

  test('an AbortController ends a stream, and the gateway goes on serving', async () => {
    const controller = new AbortController();
    const stream = await client().chat.completions.create(
      { ...short, temperature: 1, max_tokens: 400, stream: true },
      { signal: controller.signal },
    );
    let seen = 0;
    for await (const _chunk of stream) if (++seen === 2) controller.abort();
    expect(seen).toBeLessThan(20);
    expect((await client().chat.completions.create(short)).choices).toHaveLength(1);
  });

  test('an AbortController ends a plain request', async () => {
    const aborted = client().chat.completions.create({ ...short, max_tokens: 400 }, { signal: AbortSignal.timeout(1) });
    expect(await failure(aborted)).toBeInstanceOf(APIUserAbortError);
  });

  test('every answer has an id of its own', () => {
    const ids = witness().answers.flatMap(({ body }) => /"id":"((?:chat)?cmpl-[^"]+)"/.exec(body)?.[1] ?? []);
    expect(ids.length).toBeGreaterThan(10);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('a gateway that is not there is an APIConnectionError', async () => {
  const client = new OpenAI({ baseURL: `http://127.0.0.1:${await freePort()}/v1`, apiKey: 'unused', maxRetries: 0 });
  const error = await failure(client.models.list());
  expect(error).toBeInstanceOf(APIConnectionError);
  expect(error).not.toBeInstanceOf(InternalServerError);
});
