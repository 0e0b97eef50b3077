import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError } from '../config-error.ts';
import { parseConfig, readConfig, readConfigText } from '../load.ts';
import { convertLitellm } from './convert.ts';
import { readSource } from './source.ts';
import { translate } from './translate.ts';

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}.yaml`, import.meta.url));
const environment = {
  OPENAI_API_KEY: 'sk-openai',
  LITELLM_MASTER_KEY: 'sk-master-0123456789',
  DATABASE_URL: 'postgresql://llm:secret@db:5432/litellm',
  EMBEDDINGS_URL: 'http://embeddings.models.svc.cluster.local/v1',
  EMBEDDINGS_KEY: 'embeddings-key',
  REDIS_HOST: 'redis.internal',
  REDIS_PORT: '6379',
  REDIS_PASSWORD: 'redis-password',
  MISTRAL_EU_KEY: 'mistral-key',
  OPENROUTER_API_KEY: 'openrouter-key',
  DEEPSEEK_API_KEY: 'deepseek-key',
};
const usable = ['ollama-and-openai', 'cluster', 'many-providers'];

function faults(text: string, variables: Record<string, string> = {}): string[] {
  try {
    parseConfig(text, 'config.yaml', variables);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

const one = (params: Record<string, unknown>, rest: Record<string, unknown> = {}) =>
  stringify({
    model_list: [{ model_name: 'm', litellm_params: { model: 'openai/x', api_base: 'http://127.0.0.1:1/v1', ...params } }],
    ...rest,
  });
const parsed = (text: string, variables: Record<string, string> = {}) => parseConfig(text, 'config.yaml', variables);

/** Secrets print as `***`; two configurations are the same only if what they hide is too. */
const revealed = (config: unknown) =>
  JSON.parse(
    JSON.stringify(config, function (this: Record<string, unknown>, key, value: unknown) {
      const own = this[key];
      return own instanceof Object && 'reveal' in own && typeof own.reveal === 'function' ? own.reveal() : value;
    }),
  ) as unknown;

describe('a file of LiteLLM', () => {
  test.each(usable)('%s.yaml is used as it is', (name) => {
    const { warnings } = readConfig(fixture(name), environment);
    const { value } = readSource(readConfigText(fixture(name)), fixture(name), readConfigText);
    const { input } = translate(value, environment, 'load');
    expect({ input, warnings: warnings.map(({ line, path, message }) => ({ line, path, message })) }).toMatchSnapshot();
  });

  test('has LiteLLM’s port, time limit, names in answers, and no limit by address, unless it says otherwise', () => {
    const { server, models, compatibility, limits } = parsed(one({}));
    expect(server.port).toBe(4000);
    expect(models?.[0]?.backends[0]?.timeoutMs).toBe(600_000);
    expect(compatibility).toMatchObject({ litellmModelNames: true, litellmErrors: false });
    expect(limits.ip.requestsPerMinute).toBeNull();
  });

  test('bedrock.yaml is refused line by line, with what to use instead', () => {
    const text = readConfigText(fixture('bedrock'));
    expect(faults(text)).toEqual([
      expect.stringMatching(/^config\.yaml:5 {2}model_list\[0\]\.litellm_params\.model: Bedrock .*openai\/<model>/),
      expect.stringMatching(/^config\.yaml:9 {2}model_list\[1\]\.litellm_params\.model: Bedrock/),
    ]);
  });

  test('tells everything that is refused at once, each with its line', () => {
    const text = [
      'model_list:',
      '  - model_name: a',
      '    litellm_params: { model: azure/x, mock_response: hi }',
      '  - model_name: "*"',
      '    litellm_params: { model: openai/x, api_key: os.environ/NOWHERE }',
      'general_settings:',
      '  custom_auth: auth.py',
      'mcp_servers: {}',
    ];
    expect(faults(text.join('\n')).map((line) => /^config\.yaml:(\d+ {2}[\w.[\]]+)/.exec(line)?.[1])).toEqual(
      expect.arrayContaining([
        '3  model_list[0].litellm_params.model',
        '3  model_list[0].litellm_params.mock_response',
        '4  model_list[1].model_name',
        '5  model_list[1].litellm_params.api_key',
        '7  general_settings.custom_auth',
        '8  mcp_servers',
      ]),
    );
  });

  test('what our schema finds is told in LiteLLM’s terms', () => {
    const text = 'model_list:\n  - model_name: "a b"\n    litellm_params:\n      model: openai/x\n      api_base: ftp://x\n';
    expect(faults(text)).toEqual([
      expect.stringContaining('config.yaml:2  model_list[0].model_name: must begin with'),
      expect.stringContaining('config.yaml:5  model_list[0].litellm_params.api_base: '),
    ]);
  });

  test('a missing variable is told for every place that names it', () => {
    const text = one(
      { api_key: 'os.environ/A' },
      { general_settings: { master_key: 'os.environ/B' }, litellm_settings: { cache_params: { host: 'os.environ/C' } } },
    );
    expect(faults(text).map((line) => line.replace(/^.*variable /, ''))).toEqual(
      ['A is not set', 'C is not set', 'B is not set'].toSorted(),
    );
  });

  test('is told apart by any of its sections, and is never mixed with ours', () => {
    expect(faults('litellm_settings: {}\n')).toEqual([expect.stringContaining('model_list names no model')]);
    expect(faults(`${one({})}server: { port: 1 }\n`)).toEqual([expect.stringContaining('server: belongs to the form of Sluice')]);
  });

  test('never falls over on values of any kind: it is good, or refused with reasons', () => {
    const leaf = fc.oneof(
      fc.constantFrom(null, true, 0, -1, 1.5, '', 'os.environ/X', 'openai/x', '${A}'),
      fc.string({ maxLength: 8 }),
    );
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.string({ maxLength: 6 }), tie('node'), { maxKeys: 3 }),
      ),
    })).node;
    const keys = [
      'model_list',
      'litellm_settings',
      'router_settings',
      'general_settings',
      'guardrails',
      'environment_variables',
      'include',
      'credential_list',
    ];
    const file = fc.dictionary(fc.constantFrom(...keys), tree, { minKeys: 1 });
    fc.assert(
      fc.property(file, (value) => {
        for (const text of [stringify(value), one({}, value)]) faults(text);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a deployment', () => {
  const backend = (params: Record<string, unknown>, variables: Record<string, string> = {}) =>
    parsed(one(params), variables).models![0]!.backends[0]!;

  test('of Ollama gets the path of the OpenAI wire, and keeps the colon of its model', () => {
    for (const api_base of ['http://box:11434', 'http://box:11434/', 'http://box:11434/v1', 'http://box:11434/api/chat']) {
      expect(backend({ model: 'ollama/llama3.2:3b', api_base })).toMatchObject({
        provider: 'ollama',
        baseUrl: 'http://box:11434/v1',
        model: 'llama3.2:3b',
      });
    }
  });

  test('of vLLM keeps everything after the first slash', () => {
    expect(backend({ model: 'hosted_vllm/microsoft/Phi-3-mini' })).toMatchObject({
      provider: 'vllm',
      model: 'microsoft/Phi-3-mini',
    });
  });

  test('takes address and key from the variables that LiteLLM reads', () => {
    const text = stringify({ model_list: [{ model_name: 'm', litellm_params: { model: 'groq/llama' } }] });
    const found = parsed(text, { GROQ_API_KEY: 'gsk', GROQ_API_BASE: 'http://proxy/v1' }).models![0]!.backends[0]!;
    expect(found.baseUrl).toBe('http://proxy/v1');
    expect(found.apiKey?.reveal()).toBe('gsk');
  });

  test('of a seller keeps its list price behind another address; one of a server of your own has none', () => {
    const priceOf = (model: string) =>
      parsed(one({ model })).models![0]!.price ?? parsed(one({ model })).models![0]!.backends[0]!.price;
    expect(priceOf('openai/gpt-4o-mini')).toMatchObject({
      inputUsdPerMillionTokens: 150_000_000,
      outputUsdPerMillionTokens: 600_000_000,
    });
    expect(priceOf('openai/x')).toBeUndefined();
    expect(priceOf('hosted_vllm/gpt-4o-mini')).toBeUndefined();
  });

  test('takes from environment_variables only what the environment lacks', () => {
    const text = one(
      { api_key: 'os.environ/KEY' },
      { environment_variables: { KEY: 'from-file', DATABASE_URL: 'postgres://file/x' } },
    );
    const keyOf = (variables: Record<string, string>) => parsed(text, variables).models![0]!.backends[0]!.apiKey?.reveal();
    expect(keyOf({})).toBe('from-file');
    expect(keyOf({ KEY: 'from-outside' })).toBe('from-outside');
    expect(parsed(text).database.url?.reveal()).toBe('postgres://file/x');
    expect(parsed(text, { DATABASE_URL: 'postgres://outside/x' }).database.url).toBeUndefined();
  });

  test('carries its organization, headers, default fields and unknown keys', () => {
    const found = backend({
      organization: 'org',
      extra_headers: { 'x-a': 'b' },
      temperature: 0,
      top_k: 3,
      extra_body: { min_p: 0.1 },
    });
    expect(revealed(found.headers)).toEqual({ 'openai-organization': 'org', 'x-a': 'b' });
    expect(found.defaults).toEqual({ temperature: 0, top_k: 3, min_p: 0.1 });
    expect(
      backend({ aws_secret_access_key: 'canary', azure_ad_token: 'canary', client_secret: 'canary' }).defaults,
    ).toBeUndefined();
  });
});

describe('deployments of one name', () => {
  const group = (...params: Record<string, unknown>[]) =>
    parsed(
      stringify({
        model_list: params.map((own) => ({
          model_name: 'm',
          litellm_params: { model: 'openai/x', api_base: 'http://127.0.0.1:1/v1', ...own },
        })),
      }),
    ).models![0]!;
  const weights = (...params: Record<string, unknown>[]) => group(...params).backends.map(({ weight }) => weight);

  test('are drawn by weight, else by their limits', () => {
    expect(weights({}, {})).toEqual([1, 1]);
    expect(weights({ weight: 3, rpm: 1 }, { weight: 1, rpm: 9 })).toEqual([3, 1]);
    expect(weights({ rpm: 10 }, { rpm: 30 })).toEqual([10, 30]);
    expect(weights({ tpm: 100_000 }, { tpm: 50_000 })).toEqual([1000, 500]);
    expect(weights({ weight: 1 }, {})).toEqual([1, 0]);
  });

  test('of a higher order are asked only when the others fail', () => {
    const { backends } = group({ model: 'openai/second', order: 2 }, { model: 'openai/first', order: 1, weight: 5 });
    expect(backends.map(({ model, weight }) => [model, weight])).toEqual([
      ['first', 5],
      ['second', 0],
    ]);
  });

  test('have the sum of their limits, and none where one of them has none', () => {
    expect(group({ rpm: 10, max_parallel_requests: 2 }, { rpm: 20 }).limits).toEqual({ requestsPerMinute: 30 });
  });

  test('share a price, or have each its own', () => {
    expect(group({ input_cost_per_token: 1e-6 }, { input_cost_per_token: '0.000001' })).toMatchObject({
      price: { inputUsdPerMillionTokens: 1_000_000_000 },
    });
    const mixed = group({ input_cost_per_token: 1e-6 }, {});
    expect([mixed.price, mixed.backends[0]?.price, mixed.backends[1]?.price]).toEqual([
      undefined,
      { inputUsdPerMillionTokens: 1_000_000_000, outputUsdPerMillionTokens: 0 },
      undefined,
    ]);
  });
});

describe('who stands in', () => {
  const three = (settings: Record<string, unknown>) =>
    parsed(
      stringify({
        model_list: ['a', 'b', 'c'].map((name) => ({
          model_name: name,
          litellm_params: { model: 'openai/x', api_base: 'http://127.0.0.1:1/v1' },
        })),
        ...settings,
      }),
    ).models!.map(({ fallbacks, contextFallbacks }) => [fallbacks, contextFallbacks ?? null]);

  test('router_settings win; what holds for all is for those without a list of their own, and never names the model itself', () => {
    expect(
      three({
        litellm_settings: { fallbacks: [{ a: ['c'] }], default_fallbacks: ['c'] },
        router_settings: { fallbacks: [{ '*': ['b', 'a'] }, { a: ['b'] }], context_window_fallbacks: [{ a: ['c'] }] },
      }),
    ).toEqual([
      [['b'], ['c']],
      [['a'], null],
      [['b', 'a'], null],
    ]);
  });

  test('an alias is a name like the model’s own', () => {
    const { models } = parsed(one({}, { router_settings: { model_group_alias: { other: 'm' }, fallbacks: [] } }));
    expect(models?.[0]?.aliases).toEqual(['other']);
  });
});

describe('converting', () => {
  test.each(usable)('%s.yaml gives a file of ours that means the same', (name) => {
    const file = fixture(name);
    const text = convertLitellm(readConfigText(file), file, environment);
    const ours = parseConfig(text, 'sluice.yaml', { ...environment, GROQ_API_KEY: 'gsk-from-the-file' });
    expect(revealed(ours)).toEqual(revealed(readConfig(file, environment).config));
  });

  test('writes no secret of the environment, and works where none is set', () => {
    for (const name of usable) {
      const file = fixture(name);
      const text = convertLitellm(readConfigText(file), file, environment);
      for (const secret of Object.values(environment)) expect(text).not.toContain(secret);
      expect(convertLitellm(readConfigText(file), file, {})).toBe(text);
    }
  });

  test('tells in comments what is dropped, and refuses what loading refuses', () => {
    const file = fixture('many-providers');
    expect(convertLitellm(readConfigText(file), file, {})).toMatch(/^# .*alerting: is ignored/m);
    expect(() => convertLitellm(readConfigText(fixture('bedrock')), 'x', {})).toThrow(ConfigError);
    expect(() => convertLitellm('models: []', 'x', {})).toThrow('is no configuration of LiteLLM');
  });

  test('a literal ${ stays one', () => {
    const text = convertLitellm(one({ extra_headers: { 'x-a': 'a${B}c' } }), 'config.yaml', {});
    expect(revealed(parseConfig(text, 'x', {}).models?.[0]?.backends[0]?.headers)).toEqual({ 'x-a': 'a${B}c' });
  });

  test('a number from the environment must be written first', () => {
    expect(() => convertLitellm(one({ rpm: 'os.environ/RPM' }), 'x', {})).toThrow('write the number before converting');
    expect(parsed(one({ rpm: 'os.environ/RPM' }), { RPM: '7' }).models?.[0]?.limits.requestsPerMinute).toBe(7);
  });
});

describe('included files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-include-'));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const load = (text: string) => {
    write('main.yaml', text);
    try {
      return readConfig(join(folder, 'main.yaml'), {});
    } catch (error) {
      if (error instanceof ConfigError) return error.message.replaceAll(`${folder}/`, '').split('\n');
      throw error;
    } finally {
      rmSync(join(folder, 'main.yaml'));
    }
  };

  test('add to lists and replace other keys; their faults are told with their own names and lines', () => {
    write(
      'more.yaml',
      'general_settings:\n  custom_auth: x.y\nmodel_list:\n  - model_name: z\n    litellm_params: { model: nobody/x }\n',
    );
    expect(load(`include: more.yaml\n${one({})}`)).toEqual([
      expect.stringMatching(/^more\.yaml:5 {2}model_list\[1\]\.litellm_params\.model: provider "nobody"/),
      expect.stringMatching(/^more\.yaml:2 {2}general_settings\.custom_auth: /),
    ]);
  });

  test('that are missing, broken, or include others are told', () => {
    write('broken.yaml', 'a: [\n');
    write('nested.yaml', 'include: [x.yaml]\n');
    expect(load('include:\n  - gone.yaml\n  - broken.yaml\n  - nested.yaml\ngeneral_settings: {}\n')).toEqual([
      expect.stringMatching(/^main\.yaml:2 {2}include\[0\]: "gone\.yaml" cannot be read \(ENOENT\)/),
      expect.stringMatching(/^broken\.yaml:/),
      expect.stringMatching(/^main\.yaml:4 {2}include\[2\]: .*only the main file may/),
    ]);
    rmSync(folder, { recursive: true });
  });
});
