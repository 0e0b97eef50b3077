import { GatewayError } from '../../errors.ts';
import type { Access } from '../../core/access.ts';
import { isGranted } from '../../core/model-grant.ts';
import type { Model, ModelTable } from '../../core/model-table.ts';
import { modelList, modelRow, type ModelRow } from '../../wire/models.ts';
import type { RouteDefinition } from '../route.ts';

/** The models that the caller's key may ask for. Aliases are rows too: clients choose from this list. */
export function modelRoutes(models: () => ModelTable): RouteDefinition[] {
  return [
    {
      method: 'GET',
      paths: ['/v1/models', '/models'],
      summary: 'All models and aliases',
      tag: 'models',
      access: 'inference',
      answer: { schema: modelList, contentType: 'application/json' },
      errors: ['origin_not_allowed'],
      handler: ({ access }) => ({ object: 'list', data: rowsFor(access, models()) }),
    },
    {
      method: 'GET',
      paths: ['/v1/models/*', '/models/*'],
      documentedPath: '/v1/models/{id}',
      summary: 'One model',
      tag: 'models',
      access: 'inference',
      answer: { schema: modelRow, contentType: 'application/json' },
      errors: ['origin_not_allowed', 'model_not_found'],
      handler: (request) => {
        const id = (request.params as { '*': string })['*'];
        if (id === '') throw new GatewayError('not_found', 'name a model after the slash, or leave the slash out for all');
        const row = rowsFor(request.access, models()).find((candidate) => candidate.id === id);
        if (row !== undefined) return row;
        throw new GatewayError(
          'model_not_found',
          `there is no model "${id.slice(0, 200)}"; GET /v1/models lists those that there are`,
          {
            param: 'model',
          },
        );
      },
    },
  ];
}

function rowsFor(access: Access, { models }: ModelTable): ModelRow[] {
  return models
    .flatMap(toRows)
    .filter(({ name, row }) => isGranted(access, [row.id, name]))
    .map(({ row }) => row);
}

function toRows({ name, aliases, created }: Model): { name: string; row: ModelRow }[] {
  return [name, ...aliases].map((id) => ({ name, row: { id, object: 'model', created, owned_by: 'sluice' } }));
}
