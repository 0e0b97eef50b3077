import { z } from 'zod';
import { catalogue, type ErrorCode } from '../errors.ts';
import type { RouteDefinition } from './route.ts';

type Json = Record<string, unknown>;

const errorSchema = z
  .object({
    error: z.object({
      message: z.string().describe('What was wrong and what to do'),
      type: z.string(),
      param: z.string().nullable().describe('The request field at fault'),
      code: z.enum(Object.keys(catalogue) as [ErrorCode, ...ErrorCode[]]),
      retry_after: z.int().optional().describe('Seconds, as in the Retry-After header'),
      details: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    }),
  })
  .meta({ id: 'Error' });

/** The API as an OpenAPI 3.1 document, made from the very schemas that check requests. */
export function openApiDocument(routes: readonly RouteDefinition[]): Json {
  const components: Json = {};
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.documentedPath ?? route.paths[0];
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, path, components) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version: '1',
      description: 'Open LLMs behind an OpenAI-compatible API.',
      license: { name: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    // A gateway without keys takes requests without one.
    security: [{}, { bearer: [] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas: components, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}

function operation(route: RouteDefinition, path: string, components: Json): Json {
  const content: Json = {};
  content[route.answer.contentType] =
    route.answer.schema === null ? {} : { schema: reference(route.answer.schema, 'output', components) };
  if (route.answer.streams) {
    content['text/event-stream'] = {
      schema: { type: 'string', description: 'Events with `data:` and a chunk as JSON each, then `data: [DONE]`' },
      'x-event-schema': reference(route.answer.streams, 'output', components),
    };
  }
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const parameters = [...inPath, ...(route.query ? queryParameters(route.query, components) : [])];
  return {
    summary: route.summary,
    tags: [route.tag],
    operationId: `${route.method.toLowerCase()}${path.replace(/[^a-z]+([a-z])?/gi, (_match, letter?: string) => (letter ?? '').toUpperCase())}`,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: reference(route.body, 'input', components) } },
          },
        }
      : {}),
    responses: {
      200: { description: 'Success', content },
      ...(route.otherStatus ? { [route.otherStatus.status]: { description: route.otherStatus.when, content } } : {}),
      ...errorResponses(route.errors, components),
    },
  };
}

function queryParameters(query: z.ZodType, components: Json): Json[] {
  const { properties = {}, required = [] } = reference(query, 'input', components) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(required.includes(name) ? { required: true } : {}),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function errorResponses(codes: readonly ErrorCode[], components: Json): Json {
  const byStatus = Map.groupBy(codes, (code) => catalogue[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      status,
      {
        description: group.join(', '),
        content: { 'application/json': { schema: reference(errorSchema, 'output', components) } },
      },
    ]),
  );
}

/** Adds a schema, if it has a name, and the named ones that it uses, to the components, and returns the reference to it. */
function reference(schema: z.ZodType, io: 'input' | 'output', components: Json): Json {
  const { $schema: _draft, $defs, ...own } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json & { $defs?: Json };
  const rename = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'));
  for (const [name, definition] of Object.entries($defs ?? {})) components[name] = rename(definition);
  return rename(own) as Json;
}
