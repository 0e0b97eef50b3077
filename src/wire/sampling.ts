import { z } from 'zod';

/** Fields that chat and plain completions share. `null` means absent, as the official clients send it. */
export const samplingFields = {
  max_tokens: z.int().min(1).nullish().describe('Most tokens the answer may have'),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  n: z.int().min(1).max(128).nullish().describe('How many answers'),
  stop: z
    .union([z.string(), z.array(z.string())])
    .nullish()
    .describe('Text before which the answer ends'),
  seed: z.int().nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.record(z.string(), z.number().min(-100).max(100)).nullish(),
  user: z.string().nullish(),
};

export const streamFields = {
  stream: z.boolean().nullish(),
  stream_options: z
    .looseObject({ include_usage: z.boolean().nullish() })
    .nullish()
    .describe('include_usage: a last event with token counts'),
};
