import { describe, expect, test } from 'vitest';
import { GatewayError } from '../src/errors.ts';
import type { GuardSession } from '../src/guardrails/guard-session.ts';
import type { GuardQuery } from '../src/guardrails/guardrails.ts';
import { guardrailsOf, piiSettings, replacingSettings, sessionOf } from '../src/guardrails/testing.ts';
import { OpenAiStreamDecoder } from '../src/providers/openai/stream.ts';
import { chatRequest, context, events, target } from '../src/providers/openai/testing.ts';
import type { JsonObject } from '../src/wire/parse.ts';

const email = 'jane.doe@example.com';
const card = '4111 1111 1111 1111';

async function inputOf(body: JsonObject, session = sessionOf([piiSettings()])): Promise<JsonObject> {
  await session.input(body);
  return body;
}

/** What a client gets of a stream of these events. */
function stream(session: GuardSession, chunks: readonly unknown[], { done = true, wantsUsageEvent = true } = {}) {
  const request = chatRequest({ isStreaming: true, wantsUsageEvent });
  const decoder = new OpenAiStreamDecoder(context(target('openai'), request), null, session.streamFilter());
  const data = chunks.map((chunk) => Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`));
  if (done) data.push(Buffer.from('data: [DONE]\n\n'));
  const output = data.map((piece) => (decoder.push(piece) ?? '').toString());
  output.push((decoder.end() ?? '').toString());
  return { facts: decoder.facts, output: output.join(''), events: events(output.join('')) as unknown as Chunk[] };
}

interface Chunk {
  choices: { index: number; delta: JsonObject; finish_reason: string | null; logprobs: unknown }[];
  usage?: unknown;
}

const chunk = (delta: JsonObject, more: JsonObject = {}, top: JsonObject = {}) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'tiny',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...more }],
  ...top,
});
const content = (text: string) => chunk({ content: text });
const finish = chunk({}, { finish_reason: 'stop' });
const contentOf = (chunks: readonly Chunk[], index = 0) =>
  chunks
    .flatMap(({ choices }) => choices.filter((choice) => choice.index === index).map(({ delta }) => delta['content'] ?? ''))
    .join('');

describe('the texts of a request', () => {
  test('messages, parts, system prompts and tool results are masked, and nothing else is touched', async () => {
    const schema = { type: 'object', properties: { [email]: { type: 'string', default: email } } };
    const body = await inputOf({
      model: 'tiny',
      messages: [
        { role: 'system', content: `Ask ${email}.` },
        {
          role: 'user',
          name: email,
          content: [
            { type: 'text', text: `Card ${card}` },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: 'call_1',
              type: 'function',
              function: { name: 'mail', arguments: `{"to":"${email}","n":1,"card":4111111111111111}` },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'SSN 123-45-6789' },
      ],
      tools: [{ type: 'function', function: { name: 'mail', description: `Writes to ${email}`, parameters: schema } }],
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
      session_note: email,
      metadata: { name: email },
      max_tokens: 5,
    });
    expect(body).toEqual({
      model: 'tiny',
      messages: [
        { role: 'system', content: 'Ask [EMAIL_REDACTED].' },
        {
          role: 'user',
          name: '[EMAIL_REDACTED]',
          content: [
            { type: 'text', text: 'Card [CREDIT_CARD_REDACTED]' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: 'call_1',
              type: 'function',
              function: { name: 'mail', arguments: '{"to":"[EMAIL_REDACTED]","n":1,"card":"[CREDIT_CARD_REDACTED]"}' },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'SSN [US_SSN_REDACTED]' },
      ],
      tools: [{ type: 'function', function: { name: 'mail', description: 'Writes to [EMAIL_REDACTED]', parameters: schema } }],
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
      session_note: '[EMAIL_REDACTED]',
      metadata: { name: '[EMAIL_REDACTED]' },
      max_tokens: 5,
    });
  });

  test('prompts and inputs are masked, as a text and as a list; tokens are refused', async () => {
    expect(await inputOf({ prompt: `a ${email}` })).toEqual({ prompt: 'a [EMAIL_REDACTED]' });
    expect(await inputOf({ prompt: ['x', email] })).toEqual({ prompt: ['x', '[EMAIL_REDACTED]'] });
    expect(await inputOf({ input: [email] })).toEqual({ input: ['[EMAIL_REDACTED]'] });
    await expect(inputOf({ prompt: [1, 2] })).rejects.toMatchObject({ code: 'bad_request', param: 'prompt' });
    await expect(inputOf({ input: [[1, 2]] })).rejects.toMatchObject({ code: 'bad_request', param: 'input' });
  });

  test('what is percent-encoded is read too', async () => {
    expect(await inputOf({ prompt: 'see ?q=jane.doe%40example.com&x=50%25' })).toEqual({
      prompt: 'see ?q=[EMAIL_REDACTED]&x=50%25',
    });
  });

  test('a block names the kind and the field, and no value', async () => {
    const session = sessionOf([piiSettings({ detectors: [{ kind: 'email', action: 'block' }] })]);
    const error = await session
      .input({ messages: [{ role: 'user', content: `to ${email}` }] })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({
      code: 'content_blocked',
      param: 'messages[0].content',
      details: [{ field: 'messages[0].content', message: 'email' }],
    });
    expect(String(error)).not.toContain('jane');
    expect(session.report.findings).toEqual([{ guardrail: 'pii', kind: 'email', action: 'block', direction: 'input', count: 1 }]);
  });

  test('a hash is the same for the same value, and is none of it', async () => {
    const hashing = () => sessionOf([piiSettings({ detectors: [{ kind: 'email', action: 'hash' }] })]);
    const one = await inputOf({ prompt: `${email} ${email}` }, hashing());
    expect(one['prompt']).toMatch(/^(\[EMAIL_[0-9a-f]{8}\]) \1$/);
    expect(await inputOf({ prompt: `${email} ${email}` }, hashing())).toEqual(one);
  });

  test('a guardrail that only logs counts and changes nothing', async () => {
    const session = sessionOf([piiSettings({ logOnly: true })]);
    expect(await inputOf({ prompt: email }, session)).toEqual({ prompt: email });
    expect(session.report.findings).toEqual([{ guardrail: 'pii', kind: 'email', action: 'log', direction: 'input', count: 1 }]);
    expect(contentOf(stream(session, [content('a@exam'), content('ple.com'), finish]).events)).toBe('a@example.com');
    expect(session.report.findings).toHaveLength(2);
  });
});

describe('whole answers', () => {
  test('content, reasoning, refusal, arguments and text are masked; log probabilities go; usage stays', async () => {
    const answer = {
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: `Write ${email}`,
            reasoning_content: card,
            refusal: null,
            tool_calls: [{ id: 'x', type: 'function', function: { name: 'f', arguments: `{"a":"${email}"}` } }],
          },
          logprobs: { content: [{ token: email }] },
          finish_reason: 'stop',
        },
        {
          index: 1,
          message: { role: 'assistant', content: 'clean' },
          logprobs: { content: [{ token: 'clean' }] },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    };
    expect(await sessionOf([piiSettings()]).answer(answer)).toBe(true);
    expect(JSON.stringify(answer)).not.toMatch(/jane|4111/);
    expect(answer.choices[0]!.logprobs).toBe(null);
    expect(answer.choices[1]!.logprobs).toEqual({ content: [{ token: 'clean' }] });
    expect(JSON.parse(answer.choices[0]!.message.tool_calls![0]!.function.arguments)).toEqual({ a: '[EMAIL_REDACTED]' });
    expect(answer.usage).toEqual({ prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 });
  });

  test('an answer that was asked to be JSON stays JSON', async () => {
    const session = sessionOf([piiSettings()]);
    await session.input({ messages: [], response_format: { type: 'json_object' } });
    const answer = { choices: [{ index: 0, message: { content: '{"card": 4111111111111111}' } }] };
    await session.answer(answer);
    expect(JSON.parse(answer.choices[0]!.message.content)).toEqual({ card: '[CREDIT_CARD_REDACTED]' });
  });

  test('an answer without finds is left as it is', async () => {
    const answer = { choices: [{ index: 0, message: { content: 'A lock lifts boats.' } }] };
    expect(await sessionOf([piiSettings()]).answer(answer)).toBe(false);
  });
});

describe('tokens', () => {
  const forms: [string, (token: string) => string][] = [
    ['as it is', (token) => token],
    ['in small letters', (token) => token.toLowerCase()],
    ['with a capital', (token) => token.charAt(0) + token.slice(1).toLowerCase()],
    ['with a space', (token) => token.replace('_', ' ')],
    ['with a hyphen', (token) => token.replace('_', '-')],
    ['escaped for Markdown', (token) => token.replace('_', '\\_')],
    ['in bold', (token) => `**${token}**`],
    ['as code', (token) => `\`${token}\``],
    ['with spaces around the line', (token) => token.replace('_', ' _ ')],
    ['half in bold', (token) => token.replace('_', '**_')],
    ['with a space inside its number', (token) => `${token.slice(0, -2)} ${token.slice(-2)}`],
  ];

  test.each(forms)('%s, a token becomes the value again, whole and streamed by every cut', async (_name, write) => {
    const session = sessionOf([replacingSettings()]);
    const body = await inputOf({ messages: [{ role: 'user', content: `Mail ${email}!` }] }, session);
    const sent = (body['messages'] as { content: string }[])[0]!.content;
    const token = /EMAIL_[0-9A-F]{4}/.exec(sent)?.[0];
    expect(sent).toBe(`Mail ${token}!`);
    const written = `I wrote to ${write(token!)}, and to bob@example.com.`;
    const answer = { choices: [{ index: 0, message: { content: written } }] };
    await session.answer(answer);
    expect(answer.choices[0]!.message.content).toContain(email);
    expect(answer.choices[0]!.message.content).toContain('[EMAIL_REDACTED]');
    for (let cut = 1; cut < written.length; cut++) {
      const { events: got } = stream(session, [content(written.slice(0, cut)), content(written.slice(cut)), finish]);
      expect(contentOf(got)).toBe(answer.choices[0]!.message.content);
    }
  });

  test('the same value has one token, different values different ones, and strangers stay', async () => {
    const session = sessionOf([replacingSettings()]);
    const body = await inputOf({ prompt: `${email} ${email} bob@example.com` }, session);
    const [one, two, three] = String(body['prompt']).split(' ');
    expect(one).toBe(two);
    expect(one).not.toBe(three);
    const answer = { choices: [{ index: 0, text: 'EMAIL_ZZZZ EMAIL_0000X' }] };
    await session.answer(answer);
    expect(answer.choices[0]!.text).toBe('EMAIL_ZZZZ EMAIL_0000X');
  });

  test('values come back within the arguments of a call, escaped', async () => {
    const session = sessionOf([replacingSettings()]);
    const token = String((await inputOf({ prompt: email }, session))['prompt']);
    const call = (text: string) => chunk({ tool_calls: [{ index: 0, function: { arguments: text } }] });
    const { events: got } = stream(session, [call('{"to":"'), call(token.slice(0, 5)), call(token.slice(5)), call('"}'), finish]);
    const written = got
      .flatMap(({ choices }) =>
        choices.map(
          ({ delta }) =>
            (delta['tool_calls'] as { function: { arguments: string } }[] | undefined)?.[0]?.function.arguments ?? '',
        ),
      )
      .join('');
    expect(JSON.parse(written)).toEqual({ to: email });
  });
});

describe('streams', () => {
  test('what is held back goes out before the finish reason, in an event of its own', () => {
    const { events: got, output } = stream(sessionOf([piiSettings()]), [
      chunk({ role: 'assistant', content: '' }),
      content('call 415'),
      content(' 555'),
      finish,
      chunk({}, {}, { choices: [], usage: { prompt_tokens: 1, total_tokens: 1 } }),
    ]);
    expect(contentOf(got)).toBe('call 415 555');
    const last = got.findIndex(({ choices }) => choices[0]?.finish_reason === 'stop');
    expect(got[last]!.choices[0]!.delta).toEqual({});
    expect(got[last - 1]!.choices[0]!.delta).toEqual({ content: expect.stringMatching(/555$/) as string });
    expect(got.at(-1)!.usage).toEqual({ prompt_tokens: 1, total_tokens: 1 });
    expect(output.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  test('what is held back goes out where the engine gives no finish reason, with and without [DONE]', () => {
    for (const done of [true, false]) {
      expect(contentOf(stream(sessionOf([piiSettings()]), [content('x'), content('jane@exam')], { done }).events)).toBe(
        'xjane@exam',
      );
    }
  });

  test('an event that brings text and the finish reason keeps the order', () => {
    const { events: got } = stream(sessionOf([piiSettings()]), [
      content('to jane@'),
      chunk({ content: 'example.com now' }, { finish_reason: 'stop' }),
    ]);
    expect(contentOf(got)).toBe('to [EMAIL_REDACTED] now');
  });

  test('choices, fields and calls are texts of their own', () => {
    const at = (index: number, delta: JsonObject) => chunk(delta, { index });
    const call = (index: number, text: string) => chunk({ tool_calls: [{ index, function: { arguments: text } }] });
    const { events: got } = stream(sessionOf([piiSettings()]), [
      at(0, { content: 'jane@' }), at(1, { content: 'example.com ' }), at(0, { content: 'example.com ok' }),
      at(1, { refusal: '4111 1111 ' }), at(1, { refusal: '1111 1111.' }), call(0, '{"a":"jane@'), call(1, '{"b":"x"}'), call(0, 'example.com"}'),
      chunk({}, { finish_reason: 'stop' }), at(1, {}), chunk({}, { index: 1, finish_reason: 'stop' }),
    ]); // prettier-ignore
    expect(contentOf(got, 0)).toBe('[EMAIL_REDACTED] ok');
    expect(contentOf(got, 1)).toBe('example.com ');
    const text = JSON.stringify(got);
    expect(text).toContain('[CREDIT_CARD_REDACTED]');
    expect(text).not.toContain('4111');
    expect(text).not.toContain('jane');
  });

  test('thoughts are let go when the answer begins, and unknown fields are filtered too', () => {
    const { events: got } = stream(sessionOf([piiSettings()]), [
      chunk({ reasoning_content: 'hm jane@example' }),
      content('Yes. '),
      chunk({ content: '', record_field: 'jane@' }),
      chunk({ content: '', record_field: 'example.com' }),
      finish,
    ]);
    const said = got.map(({ choices }) => choices[0]!.delta);
    expect(said.findIndex((delta) => String(delta['reasoning_content']).endsWith('example'))).toBeLessThan(
      said.findIndex((delta) => delta['content'] === 'Yes. '),
    );
    expect(said.map((delta) => delta['record_field'] ?? '').join('')).toBe('[EMAIL_REDACTED]');
  });

  test('a block breaks the stream off with content_blocked and without [DONE]', () => {
    const session = sessionOf([piiSettings({ detectors: [{ kind: 'email', action: 'block' }] })]);
    const { facts, output } = stream(session, [content('Hello. '), content('jane@'), content('example.com '), finish]);
    expect(facts.failure).toMatchObject({ code: 'content_blocked' });
    expect(output).toContain('Hello. ');
    expect(output).not.toMatch(/jane|DONE/);
  });

  test('log probabilities pass with text that passes, and not with text that was held or changed', () => {
    const withLogprobs = (text: string) => chunk({ content: text }, { logprobs: { content: [{ token: text }] } });
    const { events: got } = stream(sessionOf([piiSettings()]), [
      withLogprobs('Hi. '),
      withLogprobs('jane@'),
      withLogprobs('example.com '),
      finish,
    ]);
    expect(got[0]!.choices[0]!.logprobs).toEqual({ content: [{ token: 'Hi. ' }] });
    expect(JSON.stringify(got.slice(1))).not.toContain('token');
  });

  test('a surrogate pair is never parted', () => {
    const { events: got } = stream(sessionOf([piiSettings()]), [content('a \ud83d'), content('\ude00 b.'), finish]);
    for (const { choices } of got) expect(String(choices[0]!.delta['content'] ?? '').isWellFormed()).toBe(true);
    expect(contentOf(got)).toBe('a 😀 b.');
  });
});

describe('which guardrails run', () => {
  const query = { model: 'tiny', keyAlias: null, teamId: null, required: [], requested: [] };
  const names = (changes: Partial<GuardQuery>) =>
    guardrailsOf([
      piiSettings({ name: 'all' }),
      piiSettings({ name: 'model', models: ['big'] }),
      piiSettings({ name: 'key', keys: ['ci'] }),
      piiSettings({ name: 'team', teams: ['red'] }),
      piiSettings({ name: 'asked', always: false }),
    ]).forRequest({ ...query, ...changes })?.report.applied;

  test('those of the model, the key and the team, and those that are asked for, in the order of the configuration', () => {
    expect(names({})).toEqual(['all']);
    expect(names({ model: 'big' })).toEqual(['all', 'model']);
    expect(names({ keyAlias: 'ci', teamId: 'red' })).toEqual(['all', 'key', 'team']);
    expect(names({ requested: ['asked', 'all'] })).toEqual(['all', 'asked']);
    expect(names({ required: ['asked'] })).toEqual(['all', 'asked']);
  });

  test('none costs nothing, and one that is not there is refused', () => {
    expect(guardrailsOf([]).forRequest(query)).toBe(null);
    expect(guardrailsOf([piiSettings({ always: false })]).forRequest(query)).toBe(null);
    expect(() => names({ requested: ['x'] })).toThrow(expect.objectContaining({ code: 'bad_request', param: 'guardrails' }));
    expect(() => names({ required: ['x'] })).toThrow(expect.objectContaining({ code: 'service_unavailable' }));
  });

  test('a guardrail outside may allow, rewrite and block; without its answer nothing passes', async () => {
    const webhook = {
      ...piiSettings(),
      name: 'outside',
      kind: 'webhook',
      url: 'http://guard.test/',
      headers: {},
      timeoutMs: 10,
    } as const;
    const asked: unknown[] = [];
    const answering = (status: number, answer: unknown) =>
      sessionOf([webhook], (request) => {
        asked.push(JSON.parse(request.body ?? ''));
        return { answer: Promise.resolve({ status, body: Buffer.from(JSON.stringify(answer)) }) };
      });
    expect(
      await inputOf({ prompt: ['a', 'b'] }, answering(200, { verdict: 'rewrite', kinds: ['name'], texts: ['a', 'c'] })),
    ).toEqual({ prompt: ['a', 'c'] });
    expect(asked).toEqual([
      {
        version: 1,
        guardrail: 'outside',
        direction: 'input',
        model: 'tiny',
        texts: [
          { field: 'prompt[0]', text: 'a' },
          { field: 'prompt[1]', text: 'b' },
        ],
      },
    ]);
    expect(await inputOf({ prompt: 'a' }, answering(200, { verdict: 'allow' }))).toEqual({ prompt: 'a' });
    await expect(inputOf({ prompt: 'a' }, answering(200, { verdict: 'block', kinds: ['name'] }))).rejects.toMatchObject({
      code: 'content_blocked',
    });
    await expect(inputOf({ prompt: 'a' }, answering(200, { verdict: 'rewrite', texts: [] }))).rejects.toMatchObject({
      code: 'service_unavailable',
    });
    await expect(inputOf({ prompt: 'a' }, answering(500, {}))).rejects.toMatchObject({ code: 'service_unavailable' });
    const open = sessionOf([{ ...webhook, onError: 'open' }], () => ({ answer: Promise.reject(new Error('away')) }));
    expect(await inputOf({ prompt: 'a' }, open)).toEqual({ prompt: 'a' });
    expect([...open.report.failures]).toEqual([['outside', 1]]);
    expect(open.needsWholeAnswer).toBe(true);
  });
});
