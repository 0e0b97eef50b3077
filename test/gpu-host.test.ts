import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../src/config/load.ts';
import { call, dataOf } from './support/client.ts';
import { expectError } from './support/expect-error.ts';
import { chatAnswer, chunk, FakeUpstream, usage } from './support/fake-upstream.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';

/** What infrastructure/README.md says that a host's gateway is configured with, and the values that it gives as examples. */
const page = readFileSync(new URL('../infrastructure/README.md', import.meta.url), 'utf8');
const [, text = ''] = /^```yaml\n(server: .*?)^```$/ms.exec(page) ?? [];
const variables: Record<string, string> = {
  LLM_ENVIRONMENT: 'dev',
  LLM_ASG_NAME: 'llm-dev-gpu-fleet',
  LLM_MODEL_NAME: 'microsoft/Phi-3-mini-4k-instruct',
  LLM_SERVED_MODEL_NAME: 'phi-3-mini',
  LLM_MAX_MODEL_LEN: '4096',
  LLM_REQUEST_TIMEOUT_MS: '30000',
  LLM_RATE_LIMIT_PER_IP: '100',
  LLM_CORS_ORIGIN: 'https://d111111abcdef8.cloudfront.net',
  // By the start script.
  LLM_MAX_IN_FLIGHT: '24',
  LLM_MAX_QUEUE: '48',
};

test('the page’s example values are these', () => {
  for (const [name, value] of Object.entries(variables).filter(
    ([name]) => !name.startsWith('LLM_MAX_IN') && name !== 'LLM_MAX_QUEUE',
  ))
    expect(page, name).toContain(`\`${value}\``);
});

test('the host’s configuration is read as it is meant', () => {
  const config = parseConfig(text, 'infrastructure/README.md', variables);
  expect(config).toMatchObject({
    server: {
      clientAddressHeader: 'x-client-ip',
      keepAliveTimeoutMs: 130_000,
      shutdownTimeoutMs: 55_000,
      trustedProxies: [],
      pathPrefix: '/dev',
    },
    gpuProbe: { path: '/run/llm/gpu.json', maxAgeMs: 30_000 },
    keysFile: '/etc/llm/keys.yaml',
    cors: { origins: ['https://d111111abcdef8.cloudfront.net'] },
    limits: { ip: { requestsPerMinute: 100 } },
    metrics: { auth: 'none', emf: { namespace: 'LLMInference', environment: 'dev', autoScalingGroup: 'llm-dev-gpu-fleet' } },
    models: [
      {
        name: 'phi-3-mini',
        aliases: ['microsoft/Phi-3-mini-4k-instruct'],
        promptFormat: 'chat',
        contextTokens: 4096,
        backends: [
          {
            provider: 'vllm',
            baseUrl: 'http://engine:8001/v1',
            model: 'phi-3-mini',
            timeoutMs: 30_000,
            maxInFlight: 24,
            maxQueue: 48,
          },
        ],
      },
    ],
  });
});

test('a queue without a bound on what it waits for is refused', () => {
  const alone = text.replace(/^.*maxInFlight.*\n/m, '');
  expect(() => parseConfig(alone, 'x.yaml', variables)).toThrow(/models\[0\]\.backends\[0\]\.maxQueue: .*maxInFlight/);
});

describe('a host’s gateway', () => {
  let engine: FakeUpstream;
  let gateway: TestGateway;
  beforeAll(async () => {
    engine = await FakeUpstream.start();
  });
  afterAll(() => engine.close());
  beforeEach(() => start('5000'));
  afterEach(async () => {
    await gateway.close();
    engine.reset();
  });

  /** As on a host without keys, in front of the fake engine. */
  async function start(timeoutMs: string): Promise<void> {
    const filled = text
      .replaceAll(/\$\{(\w+)\}/g, (_, name: string) => ({ ...variables, LLM_REQUEST_TIMEOUT_MS: timeoutMs })[name] ?? '')
      .replace('http://engine:8001/v1', engine.baseUrl)
      .replace(/^keysFile.*\n/m, '')
      .replaceAll(/"(\d+)"/g, '$1');
    gateway = await startGateway(parse(filled) as Record<string, unknown>);
  }

  const complete = (own: object = {}) =>
    call(`${gateway.url}/v1/completions`, { body: { model: 'phi-3-mini', prompt: 'Say hello', max_tokens: 8, ...own } });

  test.each(['', '/dev'])('answers under "%s/", whether the API in front hands on its stage or not', async (stage) => {
    engine.always((exchange) => exchange.json(chatAnswer('phi-3-mini', 'Hello there')));
    const answer = await call(`${gateway.url}${stage}/v1/completions`, { body: { model: 'phi-3-mini', prompt: 'Say hello' } });
    expect(answer.status).toBe(200);
    expect((await call(`${gateway.url}${stage}/v1/models`)).status).toBe(200);
    expect((await call(`${gateway.url}${stage}/health`)).json()).toHaveProperty('requests_in_queue');
    expect((await call(`${gateway.url}/prod/v1/models`)).status).toBe(404);
  });

  test.each(['phi-3-mini', 'microsoft/Phi-3-mini-4k-instruct'])(
    'completes a text through the chat template, asked for %s',
    async (model) => {
      engine.always((exchange) => exchange.json(chatAnswer('phi-3-mini', 'Hello there')));
      const answer = await complete({ model });
      expect(answer.status).toBe(200);
      expect(answer.json()).toMatchObject({
        object: 'text_completion',
        model: 'phi-3-mini',
        choices: [{ text: 'Hello there', index: 0, finish_reason: 'stop' }],
        usage,
      });
      expect((answer.json()['id'] as string).startsWith('cmpl-')).toBe(true);
      const sent = engine.exchanges[0]!;
      expect(sent.path).toBe('/v1/chat/completions');
      expect(sent.body).toMatchObject({ model: 'phi-3-mini', messages: [{ role: 'user', content: 'Say hello' }] });
      expect(sent.body).not.toHaveProperty('prompt');
    },
  );

  test.each([true, false])(
    'streams a text through the chat template, its usage where that is asked for (%j)',
    async (include_usage) => {
      // As vLLM streams: an event that only opens the message, one for each token, the end, then usage alone.
      engine.always((exchange) => {
        exchange.openStream();
        exchange.event({
          ...chunk('phi-3-mini', ''),
          choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
        });
        for (const piece of ['Hello', ' there']) exchange.event(chunk('phi-3-mini', piece));
        exchange.event(chunk('phi-3-mini', '', 'stop'));
        exchange.event({ ...chunk('phi-3-mini', null), choices: [], usage });
        exchange.done();
      });
      const own = { model: 'microsoft/Phi-3-mini-4k-instruct', stream: true, stream_options: { include_usage } };
      const { text: streamed, status } = await complete(own);
      expect(status).toBe(200);
      const data = dataOf(streamed);
      expect(data.at(-1)).toBe('[DONE]');
      const events = data
        .slice(0, -1)
        .map((event) => JSON.parse(event) as { model: string; object: string; choices: { text: string }[]; usage?: object });
      expect(new Set(events.map(({ model, object }) => `${model} ${object}`))).toEqual(new Set(['phi-3-mini text_completion']));
      expect(events.flatMap(({ choices }) => choices.map(({ text: piece }) => piece)).join('')).toBe('Hello there');
      expect(events.filter(({ usage: given }) => given).map(({ usage: given }) => given)).toEqual(include_usage ? [usage] : []);
    },
  );

  describe('whose engine is too slow', () => {
    beforeEach(async () => {
      await gateway.close();
      await start('150');
    });

    const timedOut = {
      type: 'api_error',
      param: null,
      code: 'gateway_timeout',
    };

    test.each([false, true])('answers 504 gateway_timeout as long as nothing was sent (stream: %j)', async (stream) => {
      engine.always((exchange) => (stream ? exchange.openStream() : undefined));
      const answer = await complete({ stream });
      expectError(answer, 'gateway_timeout');
      expect(answer.json()).toEqual({
        error: { ...timedOut, message: expect.stringMatching(/^model "phi-3-mini" gave no answer within 0\.[12] s; /) },
      });
      await engine.exchanges[0]!.closed;
      expect(engine.abortCount).toBe(1);
    });

    test('ends a stream that stands still after its first token with an error event', async () => {
      await gateway.close();
      const filled = {
        models: [
          {
            name: 'phi-3-mini',
            streamIdleTimeoutMs: 100,
            promptFormat: 'chat',
            backends: [{ provider: 'vllm', baseUrl: engine.baseUrl }],
          },
        ],
      };
      gateway = await startGateway(filled);
      engine.always((exchange) => {
        exchange.openStream();
        exchange.event(chunk('phi-3-mini', 'Hello'));
      });
      const answer = await complete({ stream: true });
      const last = dataOf(answer.text).at(-1)!;
      expect([answer.status, JSON.parse(last)]).toEqual([
        200,
        { error: { ...timedOut, message: 'model "phi-3-mini" paused for more than 0.1 s within its answer' } },
      ]);
      expect(answer.text).not.toContain('[DONE]');
    });
  });
});
