import { expect, test } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from './openapi.ts';
import type { RouteDefinition } from './route.ts';

const pet = z.object({ name: z.string() }).meta({ id: 'Pet' });
const pets = z.object({ data: z.array(pet) }).meta({ id: 'Pets' });

function route(path: string, schema: z.ZodType): RouteDefinition {
  const answer = { schema, contentType: 'application/json' };
  return { method: 'GET', paths: [path], summary: '', tag: 'models', answer, errors: ['bad_request'], handler: () => null };
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
