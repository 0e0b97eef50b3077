import { z } from 'zod';

/** The most money that fits an integer of nano-dollars, rounded down. More than this is no limit: null. */
const maxUsd = 9_000_000;

const calendarNames = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'];

/** Whether a text is a duration as LiteLLM writes them: `30s 30m 12h 1d 1w 30d 1mo 1y`, or a name such as `daily`. */
export function isDuration(text: string): boolean {
  return calendarNames.includes(text) || (/^\d{1,6}\s*(s|m|h|d|w|mo|y)$/.test(text) && !/^0+\D/.test(text));
}

const durationText = z.string().refine(isDuration, 'must be a duration such as 30s, 12h, 1d, 30d or 1mo');

/** US dollars. null: no limit; 0: nothing. */
export const usd = z.number().min(0).max(maxUsd).nullable();
/** Requests, tokens or slots. null: no limit; 0: nothing. */
export const count = z.int().min(0).nullable();
/** A budget's period. null: it never starts anew. */
export const period = durationText.nullable();
/** How long something lives from now; `-1` and null: for ever. */
export const lifetime = z.union([z.literal('-1'), durationText]).nullable();
/** An id or alias: visible, of a length that an index takes, and storable. */
export const name = z
  .string()
  .min(1)
  .max(256)
  .refine((text) => !/\p{Cc}/u.test(text) && text.isWellFormed(), 'must not hold control characters');
export const optionalName = name.nullable();
export const names = z.array(name).max(10_000).nullable();
/** JSON that PostgreSQL can keep: it has no NUL and no half of a surrogate pair. */
export const object = z
  .record(z.string(), z.unknown())
  .refine((value) => isStorable(value), 'holds characters that cannot be stored')
  .nullable();

function isStorable(value: unknown): boolean {
  // As JSON writes NUL and halves of pairs; a backslash that is text itself stands doubled.
  return !/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/i.test(JSON.stringify(value));
}

/** Alias to model. */
export const aliases = z.record(name, name).nullable();
export const flag = z.boolean().nullable();
/** Counts by model. */
export const countsByModel = z.record(name, count).nullable();

const modelBudget = z.union([
  usd,
  z.looseObject({
    budget_limit: z.union([usd, z.string().regex(/^\d+(\.\d+)?([eE][+-]?\d+)?$/, 'must be an amount in USD')]).optional(),
    max_budget: usd.optional(),
    time_period: period.optional(),
    budget_duration: period.optional(),
    rpm_limit: count.optional(),
    tpm_limit: count.optional(),
  }),
]);
/** Budgets by model: an amount, or an amount with its period. */
export const budgetsByModel = z.record(name, modelBudget).nullable();

/** Names that LiteLLM keeps in `metadata` and acts on, and that have a meaning here too. */
export const liftedNames = ['tags', 'guardrails', 'model_rpm_limit', 'model_tpm_limit'] as const;

const unenforced = z
  .union([z.null(), z.literal(false), z.literal(''), z.array(z.never()), z.record(z.string(), z.never())], {
    error: 'is not supported: this gateway cannot enforce it; leave it out',
  })
  .optional();

/** Metadata of a key or team. Anything goes in, but what LiteLLM would act on is checked as the field of that name is. */
export const limitingMetadata = z
  .looseObject({
    tags: names.optional(),
    guardrails: names.optional(),
    model_rpm_limit: countsByModel.optional(),
    model_tpm_limit: countsByModel.optional(),
    enforced_params: unenforced,
    rpm_limit_type: unenforced,
    tpm_limit_type: unenforced,
    policies: unenforced,
    allowed_passthrough_routes: unenforced,
  })
  .refine((value) => isStorable(value), 'holds characters that cannot be stored')
  .nullable();
