import { z } from 'zod';

const text = z.strictObject({
  field: z.string().describe('Where it stands, e.g. messages[0].content or choices[0].message.content'),
  text: z.string(),
});

/** What a guardrail outside the gateway is asked: `POST` to its URL. */
export const webhookRequest = z.strictObject({
  version: z.literal(1),
  guardrail: z.string().describe('Its name in the gateway’s configuration'),
  direction: z.enum(['input', 'output']),
  model: z.string().describe('The model that was asked for'),
  texts: z.array(text).min(1),
});

/** What it answers, with status 200. */
export const webhookAnswer = z.looseObject({
  verdict: z.enum(['allow', 'block', 'rewrite']),
  kinds: z.array(z.string().max(64)).max(64).optional().describe('What it found, for the refusal and the metrics; never values'),
  texts: z
    .array(z.string())
    .optional()
    .describe('With verdict rewrite: all texts of the request, in the same order, rewritten or as they were'),
});

export type WebhookRequest = z.output<typeof webhookRequest>;
export type WebhookAnswer = z.output<typeof webhookAnswer>;
