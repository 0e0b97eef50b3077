import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ModelTable } from '../../core/model-table.ts';
import { healthAnswer, type HealthAnswer } from '../../wire/health.ts';
import type { RouteDefinition } from '../route.ts';

export interface OperationRoutesInput {
  models: () => ModelTable;
  health: () => HealthAnswer;
  isDraining: () => boolean;
  readiness: () => Readiness;
  /** Fields beside those of /health for an administrator's key; null: the request has none. */
  healthDetails: (request: FastifyRequest) => Promise<object | null>;
  /** The metrics in Prometheus' text form. */
  metrics: () => Promise<{ contentType: string; text: string }>;
}

const readiness = z
  .object({
    status: z.enum(['healthy', 'draining']),
    db: z.enum(['connected', 'disconnected', 'Not connected']),
    limits: z.enum(['ok', 'degraded']),
    ledger: z.enum(['ok', 'spooling']).optional(),
  })
  .meta({ id: 'Readiness', description: '`db` says "Not connected" where none is used' });

/** How the services behind the gateway are. */
export type Readiness = Omit<z.output<typeof readiness>, 'status'>;

/** Health, metrics and the API's own description. */
export function operationRoutes(input: OperationRoutesInput, openApi: () => string): RouteDefinition[] {
  return [
    {
      method: 'GET',
      paths: ['/health'],
      summary: 'Whether a model can answer: 200 when healthy, else 503 with the same body',
      otherStatus: { status: 503, when: 'No model can answer now' },
      tag: 'operations',
      access: 'public',
      answer: { schema: healthAnswer, contentType: 'application/json' },
      errors: [],
      handler: async (request, reply) => {
        const details = await input.healthDetails(request);
        const answer = { ...input.health(), ...details };
        if (answer.status !== 'healthy') reply.code(503).header('retry-after', '5');
        return reply.header('cache-control', 'no-store').send(answer);
      },
    },
    {
      method: 'GET',
      paths: ['/health/liveliness', '/health/liveness'],
      summary: 'Whether the process is alive',
      tag: 'operations',
      access: 'public',
      answer: { schema: z.string().meta({ id: 'Liveliness' }), contentType: 'application/json' },
      errors: [],
      handler: (_request, reply) => reply.type('application/json; charset=utf-8').send(JSON.stringify("I'm alive!")),
    },
    {
      method: 'GET',
      paths: ['/health/readiness'],
      summary: 'Whether the gateway takes requests; 503 while it shuts down',
      otherStatus: { status: 503, when: 'The gateway is shutting down' },
      tag: 'operations',
      access: 'public',
      answer: { schema: readiness, contentType: 'application/json' },
      errors: [],
      handler: (_request, reply) => {
        if (input.isDraining())
          return reply
            .code(503)
            .header('retry-after', '1')
            .send({ status: 'draining', ...input.readiness() });
        return { status: 'healthy', ...input.readiness() };
      },
    },
    {
      method: 'GET',
      paths: ['/metrics'],
      summary: 'Metrics for Prometheus',
      tag: 'operations',
      access: 'metrics',
      answer: { schema: null, contentType: 'text/plain' },
      errors: ['unauthorized', 'route_access_denied'],
      handler: async (_request, reply) => {
        const { contentType, text } = await input.metrics();
        return reply.type(contentType).send(text);
      },
    },
    {
      method: 'GET',
      paths: ['/openapi.json'],
      summary: 'This API as an OpenAPI 3.1 document',
      tag: 'operations',
      access: 'public',
      answer: { schema: null, contentType: 'application/json' },
      errors: [],
      handler: (_request, reply) => reply.type('application/json; charset=utf-8').send(openApi()),
    },
  ];
}
