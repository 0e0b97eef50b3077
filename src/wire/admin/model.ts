import { z } from 'zod';
import { flag, name, object } from './values.ts';

/** Ids with `#` are those of the configuration's backends. */
const modelId = name.refine((id) => !id.includes('#') && !id.includes('/'), 'must not hold # or /');
const params = object.unwrap();

const changes = { model_name: name.optional(), litellm_params: params.optional(), blocked: flag.optional() };

/** `POST /model/new`: an entry of LiteLLM's `model_list`. */
export const newModelRequest = z
  .looseObject({
    model_name: name.describe('The name that clients send; the same name again is a further backend of that model'),
    litellm_params: params.describe('`model` such as openai/gpt-4o-mini, api_base, api_key, prices …'),
    model_info: z.looseObject({ id: modelId.nullable().optional() }).nullable().optional(),
    blocked: flag.optional(),
  })
  .meta({ id: 'NewModelRequest' });
/** `POST /model/update`: fields that are given replace those that were. */
export const updateModelRequest = z
  .looseObject({ ...changes, model_info: z.looseObject({ id: modelId }) })
  .meta({ id: 'UpdateModelRequest' });
/** `PATCH /model/{id}/update`: parameters are merged into those that were; null takes one away. */
export const patchModelRequest = z
  .looseObject({ ...changes, model_info: z.looseObject({}).nullable().optional() })
  .meta({ id: 'PatchModelRequest' });
/** `POST /model/delete` */
export const deleteModelRequest = z.looseObject({ id: name }).meta({ id: 'DeleteModelRequest' });

export type NewModelBody = z.output<typeof newModelRequest>;
export type ModelChanges = z.output<typeof patchModelRequest>;

export const modelRowAnswer = z
  .looseObject({
    model_id: z.string(),
    model_name: z.string(),
    litellm_params: z.looseObject({}).describe('Without secrets'),
    model_info: z.looseObject({ id: z.string() }),
    blocked: z.boolean(),
    warnings: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .describe('What was accepted and has no effect here'),
  })
  .meta({ id: 'ModelRow' });
export const deletedModelAnswer = z.object({ message: z.string() }).meta({ id: 'DeletedModel' });

const modelInfoRow = z.looseObject({
  model_name: z.string(),
  litellm_params: z.looseObject({ model: z.string() }),
  model_info: z.looseObject({ id: z.string(), db_model: z.boolean() }),
});
export const modelInfoQuery = z.object({ litellm_model_id: z.string().max(300).optional().describe('One backend only') });
export const modelInfoAnswer = z.object({ data: z.array(modelInfoRow) }).meta({ id: 'ModelInfoList' });
export const modelGroupQuery = z.object({ model_group: z.string().max(300).optional().describe('One model only') });
export const modelGroupAnswer = z
  .object({ data: z.array(z.looseObject({ model_group: z.string(), providers: z.array(z.string()) })) })
  .meta({ id: 'ModelGroupList' });
