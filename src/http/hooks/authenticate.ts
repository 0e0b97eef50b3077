import type { FastifyRequest } from 'fastify';
import { GatewayError } from '../../errors.ts';
import type { Access } from '../../core/access.ts';
import type { RouteAccess } from '../route.ts';

/** How callers are known. */
export interface Gate {
  /** Whether the gateway asks for keys. */
  isKeyed: () => boolean;
  /** The key that a request presents; '' for none. */
  presentedKey: (headers: FastifyRequest['headers']) => string;
  /** What a key gives. @throws GatewayError `unauthorized`, `service_unavailable` */
  find: (key: string) => Access | Promise<Access>;
  /** What everybody gets while the gateway asks for no keys. */
  open: Access;
  /** Whether metrics may be read without a key. */
  areMetricsOpen: () => boolean;
}

/**
 * Finds out who calls and whether he may call this route. Answers at once where it is known what the key gives.
 * @throws GatewayError `unauthorized`, `route_access_denied`, `service_unavailable`
 */
export function authenticate(request: FastifyRequest, gate: Gate): void | Promise<void> {
  const access = routeAccess(request);
  if (access === 'public' || (access === 'metrics' && gate.areMetricsOpen())) {
    request.access = gate.open;
    return;
  }
  if (!gate.isKeyed()) {
    request.access = gate.open;
    if (access === 'management' || access === 'admin') refuseUnkeyed();
    return;
  }
  const found = gate.find(gate.presentedKey(request.headers));
  if (found instanceof Promise) return found.then((later) => admit(request, later, access));
  admit(request, found, access);
}

/** Whoever forgets to say who may call a route has said: administrators. What is no route at all answers 404 to everybody. */
function routeAccess(request: FastifyRequest): RouteAccess {
  if (request.is404) return 'public';
  return request.routeOptions.config.access ?? 'admin';
}

function refuseUnkeyed(): never {
  throw new GatewayError(
    'route_access_denied',
    'this gateway asks for no keys and so keeps none; start it with a master key (SLUICE_MASTER_KEY, or masterKey in the configuration)',
  );
}

function admit(request: FastifyRequest, access: Access, wanted: RouteAccess): void {
  request.access = access;
  if (wanted === 'self') return;
  const isReading = request.method === 'GET' || request.method === 'HEAD';
  const path = request.trace.path;
  if (access.routes !== null && !access.routes.some((pattern) => covers(pattern, { path, wanted, isReading }))) {
    throw new GatewayError(
      'route_access_denied',
      `this key may not use ${path.slice(0, 200)}; it may use ${access.routes.join(', ')}`,
    );
  }
  const isAdmin = access.role === 'admin' || (access.role === 'admin_viewer' && isReading);
  if ((wanted === 'admin' || wanted === 'metrics') && !isAdmin) {
    throw new GatewayError('route_access_denied', `${request.method} ${path.slice(0, 200)} is for administrators`);
  }
}

interface Called {
  path: string;
  wanted: RouteAccess;
  isReading: boolean;
}

/** Whether a pattern of a key's routes covers a call: a path, a path with `*` at its end, or a group of routes. */
function covers(pattern: string, { path, wanted, isReading }: Called): boolean {
  switch (pattern) {
    case 'llm_api_routes':
      return wanted === 'inference' || wanted === 'any';
    case 'management_routes':
      return wanted === 'management' || wanted === 'any' || wanted === 'admin';
    case 'info_routes':
      return isReading && wanted !== 'metrics';
    default:
      return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
  }
}
