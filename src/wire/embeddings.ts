import { z } from 'zod';
import { usageSchema } from './usage.ts';
import { isObject, type JsonObject } from './parse.ts';

const tokens = z.array(z.int().min(0)).min(1);

/** `POST /v1/embeddings`. */
export const embeddingRequest = z
  .looseObject({
    model: z.string().min(1).describe('A model name or alias, see GET /v1/models'),
    input: z.union([z.string().min(1, 'must not be empty'), z.array(z.string().min(1)).min(1), tokens, z.array(tokens).min(1)]),
    encoding_format: z.enum(['float', 'base64']).nullish().describe('base64: little-endian 32-bit floats'),
    dimensions: z.int().min(1).nullish(),
    user: z.string().nullish(),
  })
  .meta({ id: 'EmbeddingRequest', example: { model: 'phi-3-mini', input: 'lock gate' } });

/** Embeddings, as we promise them. */
export const embeddingAnswer = z
  .looseObject({
    object: z.literal('list'),
    data: z.array(
      z.looseObject({ object: z.literal('embedding'), index: z.int(), embedding: z.union([z.array(z.number()), z.string()]) }),
    ),
    model: z.string(),
    usage: usageSchema,
  })
  .meta({ id: 'EmbeddingList' });

/**
 * Brings every vector of an answer into the encoding that the client asked for, in place. Returns whether anything was changed: engines
 * that know only one of the two forms ignore the wish, and the official clients ask for base64 by default.
 */
export function encodeEmbeddings(answer: JsonObject, format: 'float' | 'base64'): boolean {
  let isChanged = false;
  for (const row of Array.isArray(answer['data']) ? answer['data'] : []) {
    if (!isObject(row)) continue;
    const vector = row['embedding'];
    if (format === 'base64' && Array.isArray(vector)) {
      row['embedding'] = Buffer.from(Float32Array.from(vector as number[]).buffer).toString('base64');
      isChanged = true;
    } else if (format === 'float' && typeof vector === 'string') {
      const bytes = Buffer.from(vector, 'base64');
      row['embedding'] = Array.from({ length: bytes.length >> 2 }, (_, index) => bytes.readFloatLE(index * 4));
      isChanged = true;
    }
  }
  return isChanged;
}
