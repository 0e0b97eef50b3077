import { z } from 'zod';
import { samplingFields, streamFields } from './sampling.ts';
import { usageSchema } from './usage.ts';

const tokens = z.array(z.int().min(0));

/** `POST /v1/completions`: a text, several texts, or tokens. */
export const completionRequest = z
  .looseObject({
    model: z.string().min(1).describe('A model name or alias, see GET /v1/models'),
    prompt: z.union([z.string(), z.array(z.string()).min(1), tokens.min(1), z.array(tokens.min(1)).min(1)]),
    suffix: z.string().nullish(),
    echo: z.boolean().nullish(),
    best_of: z.int().min(1).max(20).nullish(),
    logprobs: z.int().min(0).max(20).nullish(),
    ...samplingFields,
    ...streamFields,
  })
  .meta({
    id: 'CompletionRequest',
    example: { model: 'phi-3-mini', prompt: 'Explain canal locks in one sentence.', max_tokens: 64 },
  });

/** A whole completion, as we promise it. */
export const completionAnswer = z
  .looseObject({
    id: z.string(),
    object: z.literal('text_completion'),
    created: z.int().describe('Unix seconds'),
    model: z.string().describe('The model that answered'),
    choices: z.array(
      z.looseObject({
        text: z.string(),
        index: z.int(),
        logprobs: z.looseObject({}).nullable(),
        finish_reason: z.string().nullable(),
      }),
    ),
    usage: usageSchema,
  })
  .meta({ id: 'Completion' });

/** One event of a streamed completion. */
export const completionChunk = z
  .looseObject({ ...completionAnswer.shape, usage: usageSchema.nullish() })
  .meta({ id: 'CompletionChunk' });
