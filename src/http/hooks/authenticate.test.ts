import type { FastifyRequest } from 'fastify';
import { describe, expect, test } from 'vitest';
import type { Access, Role } from '../../core/access.ts';
import { GatewayError } from '../../errors.ts';
import type { RouteAccess } from '../route.ts';
import { authenticate, type Gate } from './authenticate.ts';

const accessOf = (own: Partial<Access> = {}): Access => ({
  keyHash: 'a'.repeat(64),
  keyAlias: null,
  keyName: null,
  role: 'user',
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
  ...own,
});
const open = accessOf({ keyHash: null });

interface Asked {
  access?: RouteAccess | undefined;
  path?: string;
  method?: string;
  is404?: boolean;
}

function requestFor({ access, path = '/x', method = 'GET', is404 = false }: Asked): FastifyRequest {
  const routeOptions = { config: access === undefined ? {} : { access } };
  return { method, is404, routeOptions, headers: {}, trace: { path } } as unknown as FastifyRequest;
}

function gateFor(found: Access | Promise<Access> | GatewayError, own: Partial<Gate> = {}): Gate {
  return {
    isKeyed: () => true,
    presentedKey: () => 'sk-x',
    find: () => {
      if (found instanceof GatewayError) throw found;
      return found;
    },
    open,
    areMetricsOpen: () => false,
    ...own,
  };
}

const refused = new GatewayError('unauthorized', 'no');
/** `in`, or the code of the refusal. */
function outcome(asked: Asked, gate: Gate): string {
  try {
    expect(authenticate(requestFor(asked), gate)).toBeUndefined();
    return 'in';
  } catch (thrown) {
    return (thrown as GatewayError).code;
  }
}

describe('without a key', () => {
  test.each([
    ['public', 'in'],
    ['inference', 'unauthorized'],
    ['management', 'unauthorized'],
    ['admin', 'unauthorized'],
    ['metrics', 'unauthorized'],
    [undefined, 'unauthorized'],
  ] as const)('a route for %s: %s', (access, expected) => {
    expect(outcome({ access }, gateFor(refused))).toBe(expected);
  });

  test('what is no route is not there for anybody', () => {
    expect(outcome({ is404: true }, gateFor(refused))).toBe('in');
  });

  test('metrics may be open', () => {
    expect(outcome({ access: 'metrics' }, gateFor(refused, { areMetricsOpen: () => true }))).toBe('in');
  });
});

describe('a gateway that asks for no keys', () => {
  const gate = gateFor(refused, { isKeyed: () => false });
  test.each([
    ['inference', 'in'],
    ['management', 'route_access_denied'],
    ['admin', 'route_access_denied'],
  ] as const)('a route for %s: %s', (access, expected) => {
    expect(outcome({ access }, gate)).toBe(expected);
  });
});

describe('roles', () => {
  const roles: Role[] = ['admin', 'admin_viewer', 'user', 'viewer'];
  const who = (asked: Asked) => roles.filter((role) => outcome(asked, gateFor(accessOf({ role }))) === 'in');

  test('everybody asks models; handlers of management look at roles themselves', () => {
    expect(who({ access: 'inference', method: 'POST' })).toEqual(roles);
    expect(who({ access: 'management', method: 'POST' })).toEqual(roles);
  });

  test.each(['admin', 'metrics', undefined] as const)(
    'a route for %s is administrators’; those who may only read may read it',
    (access) => {
      expect(who({ access, method: 'GET' })).toEqual(['admin', 'admin_viewer']);
      expect(who({ access, method: 'HEAD' })).toEqual(['admin', 'admin_viewer']);
      for (const method of ['POST', 'PATCH', 'DELETE']) expect(who({ access, method })).toEqual(['admin']);
    },
  );
});

describe('routes of a key', () => {
  const may = (routes: string[], asked: Asked) => outcome(asked, gateFor(accessOf({ routes, role: 'admin' }))) === 'in';

  test.each([
    [['llm_api_routes'], { access: 'inference' }, true],
    [['llm_api_routes'], { access: 'management' }, false],
    [['management_routes'], { access: 'admin', method: 'POST' }, true],
    [['management_routes'], { access: 'inference' }, false],
    [['info_routes'], { access: 'management' }, true],
    [['info_routes'], { access: 'management', method: 'POST' }, false],
    [['info_routes'], { access: 'metrics' }, false],
    [['/key/info'], { access: 'management', path: '/key/info' }, true],
    [['/key/info'], { access: 'management', path: '/key/info/' }, false],
    [['/key/info'], { access: 'management', path: '/%6bey/info' }, false],
    [['/key/*'], { access: 'management', path: '/key/list' }, true],
    [['/key/*'], { access: 'management', path: '/keys' }, false],
    [[], { access: 'inference' }, false],
    [['*'], { access: 'inference' }, true],
  ] satisfies [string[], Asked, boolean][])('%j on %j: %s', (routes, asked, expected) => {
    expect(may(routes, asked)).toBe(expected);
  });
});

test('a key that has to be looked up is held to the same rules', async () => {
  const request = requestFor({ access: 'admin' });
  await expect(authenticate(request, gateFor(Promise.resolve(accessOf())))).rejects.toMatchObject({
    code: 'route_access_denied',
  });
  await authenticate(request, gateFor(Promise.resolve(accessOf({ role: 'admin' }))));
  expect(request.access.role).toBe('admin');
});
