import { modelGroups, modelInfo, type ModelInfoSource } from '../../admin/model-info.ts';
import { deleteModel, newModel, updateModel, type ModelServices } from '../../admin/models.ts';
import type { ErrorCode } from '../../errors.ts';
import {
  deletedModelAnswer,
  deleteModelRequest,
  modelGroupAnswer,
  modelGroupQuery,
  modelInfoAnswer,
  modelInfoQuery,
  modelRowAnswer,
  newModelRequest,
  patchModelRequest,
  updateModelRequest,
} from '../../wire/admin/model.ts';
import { parseQuery } from '../../wire/parse.ts';
import { writeRoute } from '../admin-route.ts';
import type { RouteDefinition } from '../route.ts';

const admin = { tag: 'models', access: 'admin' } as const;
const errors: readonly ErrorCode[] = ['bad_request', 'unauthorized', 'route_access_denied', 'not_found', 'service_unavailable'];
const reading = { method: 'GET', tag: 'models', access: 'any', errors } as const;

/** What models are made of, and models that are made while the gateway runs. */
export function modelAdminRoutes(services: ModelServices, source: ModelInfoSource): RouteDefinition[] {
  return [...infoRoutes(source), ...changeRoutes(services)];
}

function infoRoutes(source: ModelInfoSource): RouteDefinition[] {
  return [
    {
      ...reading,
      paths: ['/model/info', '/v1/model/info'],
      summary: 'Each backend of the models that the key may use, with its prices',
      query: modelInfoQuery,
      answer: { schema: modelInfoAnswer, contentType: 'application/json' },
      handler: ({ access, query }) => modelInfo(source, access, parseQuery(modelInfoQuery, query).litellm_model_id),
    },
    {
      ...reading,
      paths: ['/model_group/info'],
      summary: 'Each model that the key may use, its backends taken together',
      query: modelGroupQuery,
      answer: { schema: modelGroupAnswer, contentType: 'application/json' },
      handler: ({ access, query }) => modelGroups(source, access, parseQuery(modelGroupQuery, query).model_group),
    },
  ];
}

function changeRoutes(services: ModelServices): RouteDefinition[] {
  return [
    writeRoute({
      ...admin,
      paths: ['/model/new'],
      summary: 'Make a model, or a further backend of one, from an entry of LiteLLM’s model_list',
      body: newModelRequest,
      answer: modelRowAnswer,
      run: (caller, body) => newModel(services, caller, body),
    }),
    writeRoute({
      ...admin,
      paths: ['/model/update'],
      summary: 'Change a model that the API made; litellm_params replace those that were',
      body: updateModelRequest,
      answer: modelRowAnswer,
      run: (caller, body) => updateModel(services, caller, { id: body.model_info.id, body, how: 'replace' }),
    }),
    {
      ...writeRoute({
        ...admin,
        paths: ['/model/:id/update'],
        documentedPath: '/model/{id}/update',
        summary: 'Change a model that the API made; litellm_params are merged into those that were',
        body: patchModelRequest,
        answer: modelRowAnswer,
        run: (caller, body, { id = '' }) => updateModel(services, caller, { id, body, how: 'merge' }),
      }),
      method: 'PATCH',
    },
    writeRoute({
      ...admin,
      paths: ['/model/delete'],
      summary: 'Delete a model that the API made',
      body: deleteModelRequest,
      answer: deletedModelAnswer,
      run: (caller, { id }) => deleteModel(services, caller, id),
    }),
  ];
}
