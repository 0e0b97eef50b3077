import { z } from 'zod';
import { limitShape } from './limits.ts';
import { adminRequest } from './request-schema.ts';
import { aliases, flag, isDuration, lifetime, names, limitingMetadata, optionalName, usd } from './values.ts';

/** A key as a caller chooses it: long enough that nobody guesses it. */
const chosenKey = z
  .string()
  .max(256)
  .regex(/^sk-[\w.~-]{16,}$/, 'must be sk- and at least 16 letters, digits or -_.~, random ones')
  .nullable();
/** A key as a caller names it: the key itself, or its hash. */
const keyOrHash = z.string().min(1).max(300);
const moment = z
  .string()
  .refine((text) => isDuration(text) || !Number.isNaN(Date.parse(text)), 'must be a time in ISO 8601, or a duration such as 10d')
  .nullable();

const keyShape = {
  ...limitShape,
  key_alias: optionalName.optional(),
  duration: lifetime.optional(),
  models: names.optional(),
  aliases: aliases.optional(),
  metadata: limitingMetadata.optional(),
  tags: names.optional(),
  guardrails: names.optional(),
  user_id: optionalName.optional(),
  team_id: optionalName.optional(),
  budget_id: optionalName.optional(),
  spend: usd.optional(),
  allowed_routes: names.optional(),
  blocked: flag.optional(),
  key_type: z.enum(['default', 'llm_api', 'management', 'read_only']).nullable().optional(),
  temp_budget_increase: usd.optional(),
  temp_budget_expiry: moment.optional(),
  send_invite_email: z.unknown().optional(),
};

/** `POST /key/generate` */
export const generateKeyRequest = adminRequest('GenerateKeyRequest', { ...keyShape, key: chosenKey.optional() });
/** `POST /key/update` */
export const updateKeyRequest = adminRequest('UpdateKeyRequest', { ...keyShape, key: keyOrHash });
/** `POST /key/{key}/regenerate` */
export const regenerateKeyRequest = adminRequest('RegenerateKeyRequest', {
  ...keyShape,
  key: keyOrHash.nullable().optional(),
  new_key: chosenKey.optional(),
  grace_period: z.union([z.literal(''), lifetime]).optional(),
});
/** `POST /key/block`, `POST /key/unblock` */
export const keyReference = z.looseObject({ key: keyOrHash }).meta({ id: 'KeyReference' });
/** `POST /key/delete` */
export const deleteKeysRequest = z
  .looseObject({ keys: z.array(keyOrHash).max(1_000).nullable().optional(), key_aliases: names.optional() })
  .refine(({ keys, key_aliases }) => (keys?.length ?? 0) + (key_aliases?.length ?? 0) > 0, {
    message: 'name at least one key, or an alias in key_aliases',
    path: ['keys'],
  })
  .meta({ id: 'DeleteKeysRequest' });

export type KeyBody = z.output<typeof generateKeyRequest>;
export type UpdateKeyBody = z.output<typeof updateKeyRequest>;
export type RegenerateKeyBody = z.output<typeof regenerateKeyRequest>;
export type DeleteKeysBody = z.output<typeof deleteKeysRequest>;

const keyFields = {
  key_name: z.string(),
  key_alias: z.string().nullable(),
  spend: z.number().describe('US dollars spent in the current period of its budget'),
  max_budget: z.number().nullable(),
  budget_duration: z.string().nullable(),
  expires: z.string().nullable(),
  models: z.array(z.string()),
  user_id: z.string().nullable(),
  team_id: z.string().nullable(),
  rpm_limit: z.number().nullable(),
  tpm_limit: z.number().nullable(),
  blocked: z.boolean().nullable(),
};
/** A key as answers show it: never the key itself. Holds LiteLLM's other fields too. */
export const keyRow = z.looseObject({ token: z.string(), ...keyFields }).meta({ id: 'KeyRow' });
/** A new key: the only answer that holds the key itself. */
export const newKeyAnswer = z.looseObject({ key: z.string(), token: z.string(), ...keyFields }).meta({ id: 'NewKey' });
export const updatedKeyAnswer = z.looseObject({ key: z.string(), ...keyFields }).meta({ id: 'UpdatedKey' });
export const keyInfoAnswer = z.object({ key: z.string(), info: z.looseObject(keyFields) }).meta({ id: 'KeyInfo' });
export const deletedKeysAnswer = z.object({ deleted_keys: z.array(z.string()) }).meta({ id: 'DeletedKeys' });
export const keyListAnswer = z
  .object({
    keys: z.array(z.union([z.string(), keyRow])).describe('Hashes, or rows with return_full_object'),
    total_count: z.int(),
    current_page: z.int(),
    total_pages: z.int(),
  })
  .meta({ id: 'KeyList' });
