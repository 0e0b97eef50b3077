import { z } from 'zod';
import { samplingFields, streamFields } from './sampling.ts';
import { usageSchema } from './usage.ts';

const contentPart = z.looseObject({
  type: z.string().describe('`text`, `image_url`, `input_audio`, `file`, …; whether the model takes it is the model’s matter'),
  text: z.string().optional(),
});

const content = z.union([z.string(), z.array(contentPart)]);

const toolCall = z.looseObject({
  id: z.string(),
  type: z.string(),
  function: z.looseObject({ name: z.string(), arguments: z.string() }).optional(),
});

const message = z
  .looseObject({
    role: z.enum(['developer', 'system', 'user', 'assistant', 'tool', 'function']),
    content: content.nullish(),
    name: z.string().optional(),
    tool_calls: z.array(toolCall).nullish(),
    tool_call_id: z.string().optional(),
  })
  .superRefine((value, context) => {
    const mayBeEmpty = value.role === 'assistant' || value.role === 'function';
    if (!mayBeEmpty && (value.content === undefined || value.content === null)) {
      context.addIssue({ code: 'custom', path: ['content'], message: `required for role "${value.role}"` });
    }
  })
  .meta({ id: 'ChatMessage' });

const functionTool = z.looseObject({
  type: z.string(),
  function: z
    .looseObject({
      name: z.string().regex(/^[a-zA-Z0-9_.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores'),
      description: z.string().nullish(),
      parameters: z.looseObject({}).nullish(),
      strict: z.boolean().nullish(),
    })
    .optional(),
});

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.looseObject({ type: z.string(), function: z.looseObject({ name: z.string() }).optional() }),
]);

const responseFormat = z
  .looseObject({
    type: z.enum(['text', 'json_object', 'json_schema']),
    json_schema: z
      .looseObject({ name: z.string(), schema: z.looseObject({}).optional(), strict: z.boolean().nullish() })
      .optional()
      .describe('Required when type is json_schema'),
  })
  .superRefine(({ type, json_schema }, context) => {
    if (type !== 'json_schema' || json_schema?.schema !== undefined) return;
    context.addIssue({ code: 'custom', path: ['json_schema', 'schema'], message: 'required when type is "json_schema"' });
  });

/** `POST /v1/chat/completions`. Unknown fields are kept and sent on. */
export const chatRequest = z
  .looseObject({
    model: z.string().min(1).describe('A model name or alias, see GET /v1/models'),
    messages: z.array(message).min(1, 'must have at least one message'),
    max_completion_tokens: z.int().min(1).nullish().describe('Newer name of max_tokens'),
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(20).nullish(),
    response_format: responseFormat.nullish(),
    tools: z.array(functionTool).nullish(),
    tool_choice: toolChoice.nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    ...samplingFields,
    ...streamFields,
  })
  .meta({
    id: 'ChatCompletionRequest',
    example: { model: 'phi-3-mini', messages: [{ role: 'user', content: 'What is a canal lock?' }], max_tokens: 64 },
  });

/** A whole chat answer, as we promise it. */
export const chatAnswer = z
  .looseObject({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.int().describe('Unix seconds'),
    model: z.string().describe('The model that answered'),
    choices: z.array(
      z.looseObject({
        index: z.int(),
        message: z.looseObject({ role: z.literal('assistant'), content: z.string().nullable(), refusal: z.string().nullable() }),
        logprobs: z.looseObject({}).nullable(),
        finish_reason: z.string(),
      }),
    ),
    usage: usageSchema,
  })
  .meta({ id: 'ChatCompletion' });

/** One event of a streamed chat answer. */
export const chatChunk = z
  .looseObject({
    id: z.string(),
    object: z.literal('chat.completion.chunk'),
    created: z.int(),
    model: z.string(),
    choices: z.array(z.looseObject({ index: z.int(), delta: z.looseObject({}), finish_reason: z.string().nullish() })),
    usage: usageSchema.nullish(),
  })
  .meta({ id: 'ChatCompletionChunk' });
