import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Access } from '../core/access.ts';
import type { ErrorCode } from '../errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the caller's key gives. Set before any handler runs, except on public routes. */
    access: Access;
  }
  interface FastifyContextConfig {
    access?: RouteAccess;
  }
}

/**
 * Who may call a route, once keys are in use. `public`: everybody. `inference`: every key that is not for management only. `management`: every key
 * that is not for inference only; the handler itself looks at role and owner. `any`: keys of either kind. `self`: every key, whatever routes it is bound
 * to. `admin`: administrators, and for reading those who may only read. `metrics`: the same, unless metrics are open.
 */
export type RouteAccess = 'public' | 'inference' | 'management' | 'any' | 'self' | 'admin' | 'metrics';

/** One route: where it is, what it takes and gives, how it can fail, and what it does. The OpenAPI document is made from these. */
export interface RouteDefinition {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** All paths that lead here; the first is the one that is documented. */
  paths: readonly [string, ...string[]];
  summary: string;
  tag: 'inference' | 'models' | 'operations' | 'keys' | 'users' | 'teams' | 'budgets' | 'customers' | 'spend' | 'audit';
  access: RouteAccess;
  body?: z.ZodType;
  /** An object: the parameters after the question mark. */
  query?: z.ZodType;
  answer: { schema: z.ZodType | null; contentType: string; streams?: z.ZodType };
  errors: readonly ErrorCode[];
  /** Another status under which the same answer is given. */
  otherStatus?: { status: number; when: string };
  /** Path of the parameters, as OpenAPI names them (`/v1/models/{id}`); default: the first path. */
  documentedPath?: string;
  handler: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

/** Registers routes; OPTIONS on each of their paths tells which methods there are. */
export function registerRoutes(app: FastifyInstance, routes: readonly RouteDefinition[]): void {
  for (const { method, paths, access, handler } of routes) {
    for (const url of paths) app.route({ method, url, handler, config: { access } });
  }
  for (const url of new Set(routes.flatMap(({ paths }) => paths))) {
    const allow = allowedMethods(routes, url) ?? '';
    app.route({
      method: 'OPTIONS',
      url,
      config: { access: 'public' },
      handler: (_request, reply) => reply.code(204).header('allow', allow).send(),
    });
  }
}

/** The value of `Allow` for a path, or null where no route serves it at all. */
export function allowedMethods(routes: readonly RouteDefinition[], path: string): string | null {
  const served = routes.filter(({ paths }) => paths.some((pattern) => leadsTo(pattern, path))).map(({ method }) => method);
  if (served.length === 0) return null;
  return [...new Set(served), ...(served.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}

function leadsTo(pattern: string, path: string): boolean {
  if (pattern.endsWith('*')) return path.startsWith(pattern.slice(0, -1));
  if (!pattern.includes(':')) return path === pattern;
  const [parts, wanted] = [path.split('/'), pattern.split('/')];
  return parts.length === wanted.length && wanted.every((part, at) => part.startsWith(':') || part === parts[at]);
}
