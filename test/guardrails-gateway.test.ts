import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createDetector, detectorKinds } from '../src/guardrails/detectors/index.ts';
import { SAMPLES } from '../src/guardrails/detectors/testing/samples.ts';
import { call, dataOf } from './support/client.ts';
import { FakeUpstream, type UpstreamExchange } from './support/fake-upstream.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';

const email = 'jane.doe@example.com';
const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
let upstream: FakeUpstream;
let outside: FakeUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  upstream = await FakeUpstream.start(echo);
  outside = await FakeUpstream.start();
  const backends = [{ provider: 'openai', baseUrl: upstream.baseUrl }];
  const named = ['mask', 'replace', 'block'].map((action) => ({
    name: action,
    kind: 'pii',
    models: [action],
    detectors: ['email', 'us_ssn'].map((kind) => ({ kind, action })),
  }));
  gateway = await startGateway({
    models: [
      ...['open', 'mask', 'replace', 'block', 'outside', 'kinds-in', 'kinds-out'].map((name) => ({ name, backends })),
      { name: 'tuned', promptFormat: 'chat', backends },
    ],
    guardrails: [
      ...named,
      { name: 'asked', kind: 'patterns', always: false, patterns: [{ name: 'badge', pattern: 'B-[0-9]{6}' }], words: [{ word: 'otter' }] },
      { name: 'tuned', kind: 'pii', models: ['tuned'], detectors: [{ kind: 'email' }] },
      { name: 'all-in', kind: 'pii', models: ['kinds-in'], detectors: detectorKinds().map((kind) => ({ kind, action: 'replace' })) },
      { name: 'all-out', kind: 'pii', mode: 'output', models: ['kinds-out'], detectors: detectorKinds().map((kind) => ({ kind })) },
      { name: 'outside', kind: 'webhook', models: ['outside'], url: `http://127.0.0.1:${outside.port}/check`, timeoutMs: 2_000, mode: 'output' },
    ],
  }); // prettier-ignore
});
afterAll(async () => {
  await gateway.close();
  await Promise.all([upstream.close(), outside.close()]);
});
afterEach(() => {
  upstream.reset();
  upstream.always(echo);
  gateway.clear();
});

/** What was asked, said back: whole, or in events of three units. */
function echo(exchange: UpstreamExchange): void {
  const { messages, prompt, stream, input, model } = exchange.body as {
    messages?: { content: string }[];
    prompt?: string;
    stream?: boolean;
    input?: string;
    model: string;
  };
  if (input !== undefined) {
    exchange.json({ object: 'list', data: [{ object: 'embedding', index: 0, embedding: [1] }], model, usage });
    return;
  }
  const text = messages?.at(-1)?.content ?? prompt ?? '';
  const isChat = messages !== undefined;
  const head = { id: 'x', created: 1, model };
  if (stream !== true) {
    const said = isChat ? { message: { role: 'assistant', content: text, refusal: null } } : { text };
    exchange.json({
      ...head,
      object: isChat ? 'chat.completion' : 'text_completion',
      choices: [{ index: 0, ...said, logprobs: null, finish_reason: 'stop' }],
      usage,
    });
    return;
  }
  const event = (said: object, reason: string | null) =>
    exchange.event({
      ...head,
      object: isChat ? 'chat.completion.chunk' : 'text_completion',
      choices: [{ index: 0, ...said, logprobs: null, finish_reason: reason }],
    });
  exchange.openStream();
  for (let at = 0; at < text.length; at += 3)
    event(isChat ? { delta: { content: text.slice(at, at + 3) } } : { text: text.slice(at, at + 3) }, null);
  event(isChat ? { delta: {} } : { text: '' }, 'stop');
  exchange.event({ ...head, choices: [], usage });
  exchange.done();
}

interface Choice {
  message?: { content: string };
  delta?: { content?: string };
  text?: string;
}

/** What the client reads, whole or streamed. */
async function ask(
  model: string,
  text: string,
  { path = '/v1/chat/completions', stream = false, ...more }: { path?: string; stream?: boolean; guardrails?: string[] } = {},
) {
  const body = path.includes('chat') ? { messages: [{ role: 'user', content: text }] } : { prompt: text };
  const answer = await call(`${gateway.url}${path}`, { body: { model, stream, ...body, ...more } });
  if (answer.status !== 200) return { answer, said: '' };
  const events = stream
    ? dataOf(answer.text)
        .filter((data) => data !== '[DONE]')
        .map((data) => JSON.parse(data) as Record<string, unknown>)
    : [answer.json()];
  const said = events.flatMap((event) =>
    ((event['choices'] ?? []) as Choice[]).map(
      ({ message, delta, text: piece }) => message?.content ?? delta?.content ?? piece ?? '',
    ),
  );
  return { answer, said: said.join('') };
}

const sent = (at = 0) => upstream.exchanges[at]?.text ?? '';
const ways = [
  { stream: false },
  { stream: true },
  { stream: false, path: '/v1/completions' },
  { stream: true, path: '/v1/completions' },
];

describe.each(ways)('%o', (way) => {
  test('a masked value reaches neither the engine nor the client', async () => {
    const { said } = await ask('mask', `to ${email} now`, way);
    expect(sent()).not.toContain('jane');
    expect(said).toBe('to [EMAIL_REDACTED] now');
  });

  test('a replaced value does not reach the engine, and the client gets it back', async () => {
    const { said } = await ask('replace', `to ${email} now`, way);
    expect(sent()).toMatch(/to EMAIL_[0-9A-F]{4} now/);
    expect(said).toBe(`to ${email} now`);
  });

  test('a blocked request reaches no engine and names the kind', async () => {
    const { answer } = await ask('block', `to ${email} now`, way);
    expect(answer.status).toBe(400);
    expect(answer.json()['error']).toMatchObject({ code: 'content_blocked', type: 'content_policy_violation' });
    expect(answer.text).toContain('email');
    expect(answer.text).not.toContain('jane');
    expect(upstream.exchanges).toHaveLength(0);
  });

  test('a guardrail runs where it is asked for by name, and its field goes no further', async () => {
    const { said } = await ask('open', 'badge B-123456 of the Otter', { ...way, guardrails: ['asked'] });
    expect(said).toBe('badge [BADGE_REDACTED] of the [KEYWORD_REDACTED]');
    expect(sent()).not.toContain('guardrails');
    expect((await ask('open', 'badge B-123456', way)).said).toBe('badge B-123456');
  });
});

test('asking for one guardrail does not switch off another', async () => {
  const { said } = await ask('mask', `${email} B-123456`, { guardrails: ['asked'] });
  expect(said).toBe('[EMAIL_REDACTED] [BADGE_REDACTED]');
});

test('an unknown guardrail is a bad request', async () => {
  const { answer } = await ask('open', 'hi', { guardrails: ['nobody'] });
  expect(answer.status).toBe(400);
  expect(answer.json()['error']).toMatchObject({ code: 'bad_request', param: 'guardrails' });
});

test('a completion that is asked as a chat is masked on both ways', async () => {
  for (const stream of [false, true])
    expect((await ask('tuned', `a ${email} b`, { stream, path: '/v1/completions' })).said).toBe('a [EMAIL_REDACTED] b');
});

test('the input of embeddings is masked', async () => {
  await call(`${gateway.url}/v1/embeddings`, { body: { model: 'mask', input: `to ${email}` } });
  expect(sent()).toContain('to [EMAIL_REDACTED]');
});

test('an answer that is blocked half way ends with an error event', async () => {
  upstream.always((exchange) => {
    exchange.openStream();
    for (const content of ['Sure. ', 'Write to ', 'jane@', 'example.com ', 'now.'])
      exchange.event({
        id: 'x',
        object: 'chat.completion.chunk',
        created: 1,
        model: 'block',
        choices: [{ index: 0, delta: { content }, finish_reason: null }],
      });
    exchange.done();
  });
  const { text } = await call(`${gateway.url}/v1/chat/completions`, {
    body: { model: 'block', stream: true, messages: [{ role: 'user', content: 'hi' }] },
  });
  expect(dataOf(text).at(-1)).toContain('content_blocked');
  expect(text).toContain('Sure. ');
  expect(text).not.toMatch(/jane|\[DONE\]/);
});

test('findings are counted and logged by kind, and never as text', async () => {
  const { answer } = await ask('mask', `to ${email} now`);
  const line = await gateway.accessLine(String(answer.headers['x-request-id']));
  expect(line).toMatchObject({ guardrails: ['mask'], guardrail_findings: { 'email mask input': 1 } });
  expect(JSON.stringify(gateway.log)).not.toContain('jane');
  const metrics = await call(`${gateway.url}/metrics`);
  expect(metrics.text).toMatch(
    /sluice_guardrail_findings_total\{guardrail="mask",kind="email",action="mask",direction="input"\} [1-9]/,
  );
});

describe('a guardrail outside the gateway', () => {
  test('judges whole answers, of streams too', async () => {
    outside.always((exchange) => {
      const { texts } = exchange.body as { texts: { text: string }[] };
      exchange.json({ verdict: 'rewrite', kinds: ['person'], texts: texts.map(({ text }) => text.replace('Jane', '[PERSON]')) });
    });
    for (const stream of [false, true]) {
      const { said, answer } = await ask('outside', 'I am Jane', { stream });
      expect(said).toBe('I am [PERSON]');
      if (stream) expect(answer.text.endsWith('data: [DONE]\n\n')).toBe(true);
    }
    expect(JSON.parse(sent(1))).toMatchObject({ stream: false });
  });

  test('that is away lets nothing through, and the engine is not asked again', async () => {
    outside.always((exchange) => exchange.json({}, 500));
    const { answer } = await ask('outside', 'I am Jane');
    expect(answer.status).toBe(503);
    expect(answer.json()['error']).toMatchObject({ code: 'service_unavailable', retry_after: 2 });
    expect(upstream.exchanges).toHaveLength(1);
  });
});

describe('every kind', () => {
  const samples = detectorKinds().map((kind) => {
    const found = (SAMPLES[kind] ?? []).find((text) => createDetector(kind).find(text).length > 0) ?? '';
    const [match] = createDetector(kind).find(found);
    return [kind, found, found.slice(match?.start, match?.end)] as const;
  });

  test.each(samples)(
    '%s comes back to the client and does not reach the engine, whole and streamed',
    async (_kind, text, value) => {
      expect(value).not.toBe('');
      for (const stream of [false, true]) {
        upstream.reset();
        upstream.always(echo);
        const { said } = await ask('kinds-in', `Here: ${text} is it`, { stream });
        expect(said).toBe(`Here: ${text} is it`);
        expect((JSON.parse(sent()) as { messages: { content: string }[] }).messages[0]!.content).not.toContain(value);
      }
    },
  );

  test.each(samples)('%s is masked where only the answer is looked at, whole and streamed', async (_kind, text, value) => {
    const whole = await ask('kinds-out', `Here: ${text} is it`);
    const streamed = await ask('kinds-out', `Here: ${text} is it`, { stream: true });
    expect(whole.said).not.toContain(value);
    expect(whole.said).toContain('_REDACTED]');
    expect(streamed.said).toBe(whole.said);
  });
});
