import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { z } from 'zod';
import { GatewayError, type ErrorCode } from '../errors.ts';

/** One route: where it is, what it takes and gives, how it can fail, and what it does. The OpenAPI document is made from these. */
export interface RouteDefinition {
  method: 'GET' | 'POST';
  /** All paths that lead here; the first is the one that is documented. */
  paths: readonly [string, ...string[]];
  summary: string;
  tag: 'inference' | 'models' | 'operations';
  body?: z.ZodType;
  answer: { schema: z.ZodType | null; contentType: string; streams?: z.ZodType };
  errors: readonly ErrorCode[];
  /** Path of the parameters, as OpenAPI names them (`/v1/models/{id}`); default: the first path. */
  documentedPath?: string;
  handler: (request: FastifyRequest, reply: FastifyReply) => unknown;
}

const methods: HTTPMethods[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Registers routes; on each of their paths the methods that nobody serves answer 405, and OPTIONS tells which there are. */
export function registerRoutes(app: FastifyInstance, routes: readonly RouteDefinition[]): void {
  const allowed = new Map<string, string[]>();
  for (const route of routes) {
    for (const path of route.paths) {
      app.route({ method: route.method, url: path, handler: route.handler });
      allowed.set(path, [...(allowed.get(path) ?? []), route.method]);
    }
  }
  for (const [path, served] of allowed) {
    const allow = [...served, ...(served.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
    app.route({
      method: methods.filter((method) => !served.includes(method)),
      url: path,
      handler: (request) => {
        throw new GatewayError('method_not_allowed', `${request.method} is not served at ${path}; use ${served.join(' or ')}`, {
          headers: { allow },
        });
      },
    });
    app.route({ method: 'OPTIONS', url: path, handler: (_request, reply) => reply.code(204).header('allow', allow).send() });
  }
}
