import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { call } from './support/client.ts';
import { FakeUpstream } from './support/fake-upstream.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';

const master = 'sk-master-of-this-test';
const secret = 'sk-upstream-secret';
const folder = mkdtempSync(join(tmpdir(), 'sluice-models-'));
const variables = { SLUICE_MASTER_KEY: master, SLUICE_DATA: folder, UPSTREAM_KEY: 'sk-from-the-environment' };
let upstream: FakeUpstream;
let gateway: TestGateway;

const config = () => ({
  models: [
    { name: 'fixed', aliases: ['steady'], backends: [{ provider: 'openai', baseUrl: upstream.baseUrl, apiKey: 'sk-fixed' }] },
  ],
});

beforeAll(async () => {
  upstream = await FakeUpstream.start();
  gateway = await startGateway(config(), variables);
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => upstream.reset());

interface Sent {
  method?: string;
  body?: unknown;
  key?: string;
}

async function send(path: string, { key = master, ...rest }: Sent = {}) {
  const answer = await call(`${gateway.url}${path}`, { ...rest, headers: { authorization: `Bearer ${key}` } });
  return { status: answer.status, text: answer.text, body: answer.json() as ReturnType<typeof JSON.parse> };
}
const chat = (model: string, key = master) =>
  send('/v1/chat/completions', { key, body: { model, messages: [{ role: 'user', content: 'x' }] } });
const entry = (name: string, params: object = {}, info: object = {}) => ({
  model_name: name,
  litellm_params: { model: 'openai/up', api_base: upstream.baseUrl, api_key: secret, ...params },
  model_info: info,
});
const infoOf = async (name: string, key = master) =>
  (
    (await send('/model/info', { key })).body.data as { model_name: string; litellm_params: object; model_info: { id: string } }[]
  ).filter((row) => row.model_name === name);

describe('a model made by the API', () => {
  test('answers at once, is priced, limited to what it was told, and never shows its secret', async () => {
    const made = await send('/model/new', {
      body: entry(
        'made',
        { temperature: 0.5, input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 },
        { id: 'm-1', mode: 'chat' },
      ),
    });
    expect(made).toMatchObject({ status: 200, body: { model_id: 'm-1', model_name: 'made', blocked: false } });
    expect((await chat('made')).status).toBe(200);
    expect(upstream.exchanges[0]!.headers.authorization).toBe(`Bearer ${secret}`);
    expect(upstream.exchanges[0]!.body).toMatchObject({ model: 'up', temperature: 0.5 });
    expect(await infoOf('made')).toEqual([
      {
        model_name: 'made',
        litellm_params: {
          model: 'openai/up',
          api_base: upstream.baseUrl,
          input_cost_per_token: 1e-6,
          output_cost_per_token: 2e-6,
          cache_read_input_token_cost: null,
        },
        model_info: expect.objectContaining({ id: 'm-1', db_model: true, mode: 'chat', input_cost_per_token: 1e-6 }) as unknown,
      },
    ]);
    const audit = await send('/audit?entity=model');
    expect(audit.body.audit).toMatchObject([{ action: 'model.create', entity_id: 'm-1' }]);
    for (const shown of [made, audit, await send('/model/info'), await send('/health')]) {
      expect(shown.text).not.toContain(secret);
      expect(shown.text).not.toContain('sluice:v1:');
    }
  });

  test('is changed by merging or by replacing, keeps its secret, and can be switched off', async () => {
    await send('/model/new', { body: entry('changed', { temperature: 0.5 }, { id: 'm-2' }) });
    const patched = await send('/model/m-2/update', {
      method: 'PATCH',
      body: { litellm_params: { temperature: null, top_p: 0.1 } },
    });
    expect(patched.body.litellm_params).toEqual({ model: 'openai/up', api_base: upstream.baseUrl, top_p: 0.1 });
    await chat('changed');
    expect(upstream.exchanges[0]!.headers.authorization).toBe(`Bearer ${secret}`);
    expect(upstream.exchanges[0]!.body).toMatchObject({ top_p: 0.1 });
    expect(upstream.exchanges[0]!.body).not.toHaveProperty('temperature');

    const replaced = { model: 'openai/other', api_base: upstream.baseUrl, api_key: 'os.environ/UPSTREAM_KEY' };
    await send('/model/update', { body: { model_info: { id: 'm-2' }, litellm_params: replaced } });
    await chat('changed');
    expect(upstream.exchanges[1]!.headers.authorization).toBe('Bearer sk-from-the-environment');
    expect(upstream.exchanges[1]!.body).not.toHaveProperty('top_p');

    await send('/model/m-2/update', { method: 'PATCH', body: { blocked: true } });
    expect((await chat('changed')).status).toBe(404);
    await send('/model/m-2/update', { method: 'PATCH', body: { blocked: false } });
    expect((await chat('changed')).status).toBe(200);
    expect((await send('/model/delete', { body: { id: 'm-2' } })).status).toBe(200);
    expect((await chat('changed')).status).toBe(404);
    expect((await send('/model/delete', { body: { id: 'm-2' } })).status).toBe(404);
  });

  test('of the name of another is a further backend of that model', async () => {
    await send('/model/new', { body: entry('fixed', { weight: 1 }, { id: 'm-3' }) });
    expect((await infoOf('fixed')).map(({ model_info: { id } }) => id)).toEqual(['fixed#0', 'm-3']);
    const keys = new Set<string | undefined>();
    for (let at = 0; at < 40; at++) await chat('fixed');
    for (const { headers } of upstream.exchanges) keys.add(headers.authorization);
    expect(keys).toEqual(new Set(['Bearer sk-fixed', `Bearer ${secret}`]));
    const health = await send('/health');
    expect(JSON.stringify(health.body)).toContain('"model_id":"m-3"');
    await send('/model/delete', { body: { id: 'm-3' } });
    expect((await infoOf('fixed')).map(({ model_info: { id } }) => id)).toEqual(['fixed#0']);
  });

  test('is there after a new start, unless what sealed its secrets is gone', async () => {
    await send('/model/new', { body: entry('lasting', {}, { id: 'm-4' }) });
    await gateway.close();
    gateway = await startGateway(config(), variables);
    expect((await chat('lasting')).status).toBe(200);
    await gateway.close();
    gateway = await startGateway(config(), { ...variables, SLUICE_SALT_KEY: 'another' });
    expect((await chat('lasting')).status).toBe(404);
    expect(gateway.log.find(({ id }) => id === 'm-4')).toMatchObject({ level: 'warn', model: 'lasting' });
    await gateway.close();
    gateway = await startGateway(config(), variables);
    expect((await chat('lasting')).status).toBe(200);
  });
});

describe('what cannot be a model here', () => {
  test.each([
    ['no model', { litellm_params: { api_base: 'http://127.0.0.1:1/v1' } }, ['litellm_params']],
    ['a seller that is not built', { litellm_params: { model: 'vertex_ai/gemini', vertex_project: 'p' } }, ['litellm_params.vertex_project']],
    ['several faults', { litellm_params: { model: 'openai/x', rpm: 'many', api_base: 'ftp://x', timeout: -1 } }, ['litellm_params.rpm', 'litellm_params.timeout']],
    ['an address that is none', { litellm_params: { model: 'openai/x', api_key: 'k', api_base: 'ftp://x' } }, ['litellm_params.api_base']],
    ['a wildcard', { model_name: 'openai/*', litellm_params: { model: 'openai/*', api_key: 'k' } }, ['model_name']],
    ['an alias of the configuration', { model_name: 'steady', litellm_params: { model: 'openai/x', api_key: 'k' } }, ['model_name']],
    ['the gateway’s own key', { litellm_params: { model: 'openai/x', api_key: 'os.environ/SLUICE_MASTER_KEY' } }, ['litellm_params.api_key']],
    ['an id of the configuration', { litellm_params: { model: 'openai/x', api_key: 'k' }, model_info: { id: 'fixed#0' } }, ['model_info.id']],
  ])('%s is refused, and every field at fault is named', async (_name, body, fields) => {
    const { status, body: answer } = await send('/model/new', { body: { model_name: 'bad', ...body } });
    expect(status).toBe(400);
    const named = (answer.error.details as { field: string }[]).map(({ field }) => field);
    expect(named).toEqual(expect.arrayContaining(fields));
    expect((await send('/model/info')).text).not.toContain('"bad"');
  }); // prettier-ignore

  test('an id that is taken, a model that there is not, and a caller who is no administrator are refused', async () => {
    await send('/model/new', { body: entry('taken', {}, { id: 'm-5' }) });
    expect((await send('/model/new', { body: entry('taken', {}, { id: 'm-5' }) })).status).toBe(400);
    expect((await send('/model/none/update', { method: 'PATCH', body: {} })).status).toBe(404);
    const { key } = (await send('/key/generate', { body: { models: ['fixed'] } })).body as { key: string };
    expect((await send('/model/new', { key, body: entry('mine') })).status).toBe(403);
    expect(await infoOf('taken', key)).toEqual([]);
    expect(await infoOf('fixed', key)).toHaveLength(1);
    const groups = (await send('/model_group/info', { key })).body.data as object[];
    expect(groups).toMatchObject([{ model_group: 'fixed', providers: ['openai'] }]);
  });
});

test('what is accepted and has no effect is told', async () => {
  const { body } = await send('/model/new', { body: entry('warned', { drop_params: true }) });
  expect(body.warnings).toMatchObject([{ field: 'litellm_params.drop_params' }]);
});

test('a key sees its own limits and who it is', async () => {
  const { key, token } = (await send('/key/generate', { body: { rpm_limit: 7, max_budget: 0.5, user_id: 'ann' } })).body;
  expect((await send('/limits/usage', { key })).body).toEqual({
    limits: [
      { scope: 'key', kind: 'requests', max: 7, used: 0, resets_at: null },
      { scope: 'key', kind: 'budget', max: 0.5, used: 0, resets_at: null },
    ],
  });
  expect((await send(`/limits/usage?key=${token}`)).body.limits).toHaveLength(2);
  const other = (await send('/key/generate', { body: { user_id: 'ben' } })).body.key as string;
  expect((await send(`/limits/usage?key=${token}`, { key: other })).status).toBe(404);
  const same = (await send('/key/generate', { body: { user_id: 'ann' } })).body.key as string;
  expect((await send(`/limits/usage?key=${token}`, { key: same })).status).toBe(200);
  const me = { user_id: 'ann', key_name: `sk-...${key.slice(-4)}`, is_open: false };
  expect((await send('/sluice/me', { key })).body).toMatchObject(me);
});
