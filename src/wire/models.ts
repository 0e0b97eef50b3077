import { z } from 'zod';

/** One row of `GET /v1/models`. */
export const modelRow = z
  .object({
    id: z.string(),
    object: z.literal('model'),
    created: z.int().describe('Unix seconds at which this gateway took the model up'),
    owned_by: z.string(),
  })
  .meta({ id: 'Model' });

export const modelList = z.object({ object: z.literal('list'), data: z.array(modelRow) }).meta({ id: 'ModelList' });

export type ModelRow = z.output<typeof modelRow>;
