import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeUpstream } from '../support/fake-upstream.ts';
import { startPostgres, type PostgresServer } from '../support/services.ts';
import { SluiceProcess } from '../support/sluice-process.ts';
import { venvPython } from './support/venv.ts';

const script = fileURLToPath(new URL('python/litellm_client.py', import.meta.url));
const fixture = fileURLToPath(new URL('../../src/config/litellm/fixtures/ollama-and-openai.yaml', import.meta.url));
const masterKey = 'sk-conformance-master-key';

let postgres: PostgresServer;
let upstream: FakeUpstream;
let gateway: SluiceProcess;
let directory: string;
let seen: Record<string, unknown>;

/** As the seeds run LiteLLM: its file, master key and database from the environment, keys by the API. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-litellm-client-'));
  [postgres, upstream] = await Promise.all([startPostgres(), FakeUpstream.start()]);
  const file = join(directory, 'config.yaml');
  const key = 'api_key: os.environ/OPENAI_API_KEY';
  const text = readFileSync(fixture, 'utf8')
    .replace('http://localhost:11434', upstream.baseUrl.replace('/v1', ''))
    // The fake is no seller whose list prices are known.
    .replace(key, `${key}\n      input_cost_per_token: 1.5e-07\n      output_cost_per_token: 6e-07`);
  writeFileSync(file, text);
  gateway = new SluiceProcess(['serve', '--config', file, '--port', '0'], {
    environment: {
      LITELLM_MASTER_KEY: masterKey,
      DATABASE_URL: postgres.url,
      OPENAI_API_KEY: 'sk-openai-upstream',
      OPENAI_BASE_URL: upstream.baseUrl,
    },
  });
  const url = await gateway.url();
  await gateway.logged('connected to the database');
  const { stdout } = await promisify(execFile)(venvPython('litellm'), [script, url, masterKey], {
    // Else the package asks for its price list over the network.
    env: { PATH: process.env['PATH'], LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
    timeout: 120_000,
  });
  seen = JSON.parse(stdout) as Record<string, unknown>;
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.close();
  await postgres?.stop();
  await rm(directory, { recursive: true, force: true });
});

test('health and the wrong key', () => {
  expect(seen).toMatchObject({ ready: 'healthy', no_key: ['UnauthorizedError'] });
});

test('keys are made, found, changed and deleted', () => {
  expect(seen).toMatchObject({
    generated: { key_alias: 'conformance', models: ['llama3.2-3b'], aliases: { small: 'llama3.2-3b' }, spend: 0, user_id: null },
    hash_is_token: true,
    alias_twice: ['HTTPError', 400],
    info_by_key: 'conformance',
    info_by_hash: true,
    info_of_self: ['llama3.2-3b'],
    info_of_nobody: ['HTTPError', 404],
    listed: [true],
    listed_hashes: true,
    pages: [1, 1, 1],
    updated: ['llama3.2-3b', 'gpt-4o-mini'],
    generated_as_nobody: ['HTTPError', 403],
    deleted: true,
    deleted_again: ['HTTPError', 404],
    deleted_key: ['UnauthorizedError'],
    deleted_by_alias: 1,
    deleted_by_alias_gone: ['HTTPError', 404],
  });
});

test('a virtual key asks the models of its list, and is told of others as LiteLLM does', () => {
  const refused = ['PermissionDeniedError', 403, 'model_access_denied', 'key_model_access_denied'];
  expect(seen).toMatchObject({
    chat: ['gpt-4o-mini', 'Hello there', 7],
    chat_stream: 'Hello there',
    chat_alias: 'small',
    my_models: ['gpt-4o-mini', 'llama3.2-3b'],
    openai_chat: 'Hello there',
    openai_stream: 'Hello there',
    openai_stream_usage: 7,
    openai_embeddings: refused,
    openai_unknown: refused,
    openai_refused: refused,
    openai_wrong_key: ['AuthenticationError', 401, 'unauthorized', 'token_not_found_in_db'],
  });
});

test('spend is the price of the tokens, in the answer and of the key', () => {
  // 5 tokens of prompt at 0.15 USD a million and 2 of answer at 0.60, three times; Ollama costs nothing.
  expect(seen).toMatchObject({ spend_before: 0, cost_header: 1.95e-6, spend_after: 5.85e-6 });
});

test('models with their prices and without their secrets', () => {
  expect(seen).toMatchObject({
    models: ['gpt-4o-mini', 'llama3.2-3b'],
    model_info: ['gpt-4o-mini', 'llama3.2-3b'],
    model_info_secrets: false,
    model_by_id: 'gpt-4o-mini',
    model_prices: [1.5e-7, 6e-7],
    model_groups: ['gpt-4o-mini', 'llama3.2-3b'],
  });
});

test('users and teams', () => {
  expect(seen).toMatchObject({
    user: ['ada', true],
    user_info: 'ada@example.com',
    users: ['ada'],
    teams: ['research'],
    teams_v2: ['research'],
    teams_of_user: ['research'],
    team_key: true,
    user_gone: ['NotFoundError'],
  });
});

test('what is not served says so, with what to use instead', () => {
  expect(seen['credentials']).toEqual([
    404,
    expect.stringMatching(/^not found: \/credentials is not served .*; give each model/),
  ]);
});

test('upstreams get their own key, and never that of the client', () => {
  const authorizations = new Set(upstream.exchanges.map(({ headers }) => headers.authorization));
  expect(authorizations).toEqual(new Set(['Bearer sk-openai-upstream', undefined]));
});
