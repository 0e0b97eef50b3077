import { expect, test } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from './openapi.ts';
import type { RouteDefinition } from './route.ts';

const pet = z.object({ name: z.string() }).meta({ id: 'Pet' });
const pets = z.object({ data: z.array(pet) }).meta({ id: 'Pets' });

function route(path: string, schema: z.ZodType): RouteDefinition {
  const answer = { schema, contentType: 'application/json' };
  return {
    method: 'GET',
    paths: [path],
    summary: '',
    tag: 'models',
    access: 'public',
    answer,
    errors: ['bad_request'],
    handler: () => null,
  };
}

test('every component says what it is, whether it was met alone or within another', () => {
  const document = openApiDocument([route('/pets', pets), route('/pets/{id}', pet)]);
  const { schemas } = document['components'] as { schemas: Record<string, unknown> };
  expect(schemas).toMatchObject({
    Pet: { type: 'object', properties: { name: { type: 'string' } } },
    Pets: { properties: { data: { items: { $ref: '#/components/schemas/Pet' } } } },
    Error: { type: 'object' },
  });
});

test('parameters of the query are documented with what they mean', () => {
  const query = z.object({ page: z.coerce.number().int().default(1).describe('From 1'), name: z.string() });
  const document = openApiDocument([{ ...route('/pets/{id}', pet), query }]);
  const { paths } = document as { paths: Record<string, { get: { parameters: unknown } }> };
  expect(paths['/pets/{id}']!.get.parameters).toMatchObject([
    { name: 'id', in: 'path', required: true },
    { name: 'page', in: 'query', description: 'From 1', schema: { type: 'integer', default: 1 } },
    { name: 'name', in: 'query', required: true, schema: { type: 'string' } },
  ]);
});
