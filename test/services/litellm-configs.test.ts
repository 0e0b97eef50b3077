import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { call, until } from '../support/client.ts';
import { chatAnswer, FakeUpstream } from '../support/fake-upstream.ts';
import { startPostgres, startRedis, type PostgresServer, type RedisServer } from '../support/services.ts';
import { SluiceProcess } from '../support/sluice-process.ts';

const masterKey = 'sk-of-the-operators-0123456789';
const fixture = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../src/config/litellm/fixtures/${name}.yaml`, import.meta.url)), 'utf8');

let directory: string;
let postgres: PostgresServer;
let redis: RedisServer;
let upstream: FakeUpstream;
const running: SluiceProcess[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-litellm-configs-'));
  [postgres, redis, upstream] = await Promise.all([
    startPostgres(),
    startRedis({ arguments: ['--requirepass', 'redis-password'] }),
    FakeUpstream.start(),
  ]);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((gateway) => gateway.stop()));
  upstream.reset();
});
afterAll(async () => {
  await upstream.close();
  await Promise.all([postgres.stop(), redis.stop()]);
  await rm(directory, { recursive: true, force: true });
});

/** `sluice serve` with a file of LiteLLM's, whose upstreams are the fake. */
function serve(text: string, environment: Record<string, string> = {}): SluiceProcess {
  const file = join(directory, 'litellm.yaml');
  const places = /http:\/\/(localhost:11434|vllm-[ab]\.models\.svc\.cluster\.local:8000)/g;
  writeFileSync(file, text.replace(places, upstream.baseUrl.replace('/v1', '')));
  const gateway = new SluiceProcess(['serve', '--config', file, '--port', '0'], {
    environment: {
      LITELLM_MASTER_KEY: masterKey,
      DATABASE_URL: postgres.url,
      OPENAI_API_KEY: 'sk-openai',
      OPENAI_BASE_URL: upstream.baseUrl,
      REDIS_HOST: '127.0.0.1',
      REDIS_PORT: String(redis.port),
      REDIS_PASSWORD: 'redis-password',
      EMBEDDINGS_URL: upstream.baseUrl,
      EMBEDDINGS_KEY: 'embeddings-key',
      ...environment,
    },
  });
  running.push(gateway);
  return gateway;
}

async function started(text: string): Promise<{ gateway: SluiceProcess; send: typeof send; key: string }> {
  const gateway = serve(text);
  const url = await gateway.url();
  await gateway.logged('connected to the database');
  const send = (path: string, key: string, body: unknown, headers: Record<string, string> = {}) =>
    call(`${url}${path}`, { body, headers: { authorization: `Bearer ${key}`, ...headers } });
  const made = await send('/key/generate', masterKey, {});
  expect(made.status).toBe(200);
  return { gateway, send, key: String(made.json()['key']) };
}
const hello = (model: string, content = 'Hello') => ({ model, messages: [{ role: 'user', content }] });

describe('files of the kinds that people have serve as they are', () => {
  test('Ollama beside the gateway, cloud models by key', async () => {
    const { gateway, send, key } = await started(fixture('ollama-and-openai'));
    const local = await send('/v1/chat/completions', key, hello('llama3.2-3b'));
    const cloud = await send('/chat/completions', key, hello('gpt-4o-mini'));
    expect([local, cloud].map((answer) => [answer.status, answer.json()['model']])).toEqual([
      [200, 'llama3.2-3b'],
      [200, 'gpt-4o-mini'],
    ]);
    expect(upstream.exchanges.map(({ path, body, headers }) => [path, body['model'], headers.authorization])).toEqual([
      ['/v1/chat/completions', 'llama3.2:3b', undefined],
      ['/v1/chat/completions', 'gpt-4o-mini', 'Bearer sk-openai'],
    ]);
    // What has no effect is said, with its line.
    expect(gateway.log).toContainEqual(expect.objectContaining({ level: 'warn', key: 'litellm_settings.drop_params', line: 18 }));
    expect((await send('/v1/chat/completions', 'sk-nobody', hello('llama3.2-3b'))).status).toBe(401);
  });

  test('a fallback of the file answers under its own name', async () => {
    const { send, key } = await started(fixture('ollama-and-openai'));
    upstream.always((exchange) =>
      exchange.body['model'] === 'gpt-4o-mini' ? exchange.raw('', 503) : exchange.json(chatAnswer('llama3.2:3b')),
    );
    const answer = await send('/v1/chat/completions', key, hello('gpt-4o-mini'));
    expect([answer.status, answer.json()['model']]).toEqual([200, 'llama3.2-3b']);
  });

  test('vLLM in a cluster, with Redis and Open WebUI’s users as customers', async () => {
    const { gateway, send, key } = await started(fixture('cluster').replace('batch_write_at: 60', 'batch_write_at: 1'));
    const user = { 'x-openwebui-user-id': 'ada-of-open-webui' };
    const answer = await send('/v1/chat/completions', key, hello('gpt-3.5-turbo'), user);
    expect([answer.status, answer.json()['model']]).toEqual([200, 'gpt-3.5-turbo']);
    expect(upstream.exchanges[0]!.body['model']).toBe('meta-llama/Llama-3.1-8B-Instruct');
    await until(async () => {
      const rows = JSON.parse((await send('/spend/logs', masterKey, undefined)).text) as Record<string, unknown>[];
      return rows.some((row) => row['end_user'] === 'ada-of-open-webui' && row['model_group'] === 'llama-3.1-8b');
    });
    const vector = await send('/v1/embeddings', key, { model: 'text-embedding', input: 'Hello' });
    expect(vector.status).toBe(200);
    expect(upstream.exchanges[1]!.headers.authorization).toBe('Bearer embeddings-key');
    expect(gateway.stdout).not.toContain('Redis is away');
    expect(gateway.log).toContainEqual(expect.objectContaining({ level: 'warn', key: 'router_settings.routing_strategy' }));
  });

  test('guardrails that are built here mask and block', async () => {
    const { send, key } = await started(fixture('pii-guardrail'));
    expect((await send('/v1/chat/completions', key, hello('llama3.2-3b', 'Write to ada@example.com'))).status).toBe(200);
    expect(upstream.exchanges[0]!.text).toContain('[EMAIL_REDACTED]');
    expect(upstream.exchanges[0]!.text).not.toContain('ada@example.com');
    const blocked = await send('/v1/chat/completions', key, hello('llama3.2-3b', 'My SSN is 219-09-9999'));
    expect(blocked.status).toBe(400);
    expect(upstream.exchanges).toHaveLength(1);
  });
});

describe('what is not built is refused at start, with file, line and what to use instead', () => {
  const refusals = async (text: string) => {
    const gateway = serve(text);
    expect(await gateway.ended).toEqual({ code: 1, signal: null });
    expect(gateway.stdout).not.toContain('listening');
    return gateway.stderr.trim().split('\n');
  };

  test('Bedrock', async () => {
    expect(await refusals(fixture('bedrock'))).toEqual([
      expect.stringMatching(/litellm\.yaml:5 .*model_list\[0\]\.litellm_params\.model: Bedrock is not built yet; .*openai\//),
      expect.stringMatching(/litellm\.yaml:9 .*model_list\[1\]\.litellm_params\.model: Bedrock is not built yet; .*openai\//),
    ]);
  });

  test.each(['lakera_v2', 'aporia', 'bedrock', 'my_module.MyGuardrail'])('the guardrail %s', async (kind) => {
    const guardrails = `
guardrails:
  - guardrail_name: theirs
    litellm_params: { guardrail: ${kind}, mode: pre_call }
`;
    const lines = await refusals(fixture('ollama-and-openai') + guardrails);
    expect(lines).toEqual([
      expect.stringContaining(`guardrails[0].litellm_params.guardrail: guardrail "${kind}" is not built here`),
    ]);
  });
});
