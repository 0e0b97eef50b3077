import fastify from 'fastify';
import { expect, test } from 'vitest';
import type { Access } from '../../core/access.ts';
import { GatewayError, toGatewayError } from '../../errors.ts';
import { registerRoutes, type RouteAccess, type RouteDefinition } from '../route.ts';
import { meRoutes } from '../routes/me.ts';
import { authenticate } from './authenticate.ts';

const open: Access = {
  keyHash: null,
  keyAlias: null,
  keyName: null,
  role: 'admin',
  isMaster: false,
  userId: null,
  teamId: null,
  expiresAtMs: null,
  grants: [],
  routes: null,
  scopes: [],
  modelAliases: {},
  guardrails: [],
  tags: [],
  metadata: {},
};
const keys: Record<string, Partial<Access>> = {
  'sk-inference': { role: 'viewer', routes: ['llm_api_routes'] },
  'sk-management': { role: 'user', userId: 'ann', routes: ['management_routes'] },
  'sk-reading': { role: 'viewer', routes: ['info_routes'] },
  'sk-one-path': { role: 'viewer', routes: ['/v1/chat/completions'] },
  'sk-admin': { role: 'admin' },
};

function route(access: RouteAccess): RouteDefinition {
  const answer = { schema: null, contentType: 'application/json' };
  return { method: 'GET', paths: [`/${access}`], summary: '', tag: 'keys', access, answer, errors: [], handler: () => ({}) };
}

function gateway(isKeyed: boolean) {
  const app = fastify();
  app.decorateRequest('access');
  app.decorateRequest('trace');
  app.addHook('onRequest', (request, _reply, done) => {
    request.trace = { path: request.url } as never;
    void authenticate(request, {
      isKeyed: () => isKeyed,
      presentedKey: (headers) => headers.authorization ?? '',
      find: (key) => {
        const found = keys[key];
        if (found === undefined) throw new GatewayError('unauthorized', 'no such key');
        return { ...open, keyHash: 'h', ...found };
      },
      open,
      areMetricsOpen: () => false,
    });
    done();
  });
  app.setErrorHandler((thrown, _request, reply) => reply.code(toGatewayError(thrown).status).send({}));
  registerRoutes(app, [...meRoutes('1.2.3'), ...(['inference', 'management', 'any', 'admin'] as const).map(route)]);
  return async (url: string, authorization?: string) => {
    const answer = await app.inject({ url, headers: authorization === undefined ? {} : { authorization } });
    return { status: answer.statusCode, body: answer.json() as object };
  };
}

test('every key may ask whose it is, whatever routes it is bound to', async () => {
  const get = gateway(true);
  for (const key of Object.keys(keys)) expect(await get('/sluice/me', key), key).toMatchObject({ status: 200 });
  expect((await get('/sluice/me', 'sk-management')).body).toEqual({
    role: 'user',
    user_id: 'ann',
    team_id: null,
    key_name: null,
    key_alias: null,
    is_open: false,
    version: '1.2.3',
  });
  expect((await get('/sluice/me', 'sk-wrong')).status).toBe(401);
  expect((await get('/sluice/me')).status).toBe(401);
});

test('a gateway without keys says so', async () => {
  expect(await gateway(false)('/sluice/me')).toMatchObject({ status: 200, body: { role: 'admin', is_open: true } });
});

test.each([
  ['sk-inference', [200, 403, 200, 403]],
  ['sk-management', [403, 200, 200, 403]],
  ['sk-reading', [200, 200, 200, 403]],
  ['sk-one-path', [403, 403, 403, 403]],
  ['sk-admin', [200, 200, 200, 200]],
])('%s gets %j on routes for inference, for management, for either, and for administrators', async (key, expected) => {
  const get = gateway(true);
  const statuses: number[] = [];
  for (const access of ['inference', 'management', 'any', 'admin']) statuses.push((await get(`/${access}`, key)).status);
  expect(statuses).toEqual(expected);
});
