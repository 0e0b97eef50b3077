import { z } from 'zod';

/** Token counts of one answer. `total_tokens` is prompt plus completion. */
export const usageSchema = z
  .looseObject({
    prompt_tokens: z.int().min(0),
    completion_tokens: z.int().min(0).optional(),
    total_tokens: z.int().min(0),
    prompt_tokens_details: z.looseObject({ cached_tokens: z.int().min(0).nullish() }).nullish(),
  })
  .meta({ id: 'Usage', description: 'Tokens of the prompt, of the answer, and both' });

/** What we keep of an upstream's usage. */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
  cachedTokens: number;
  /** True where the engine reported nothing and the figures are our own count. */
  isEstimated: boolean;
}

/** An upstream's `usage`, read leniently: null where it is absent or no counts can be read from it. */
export function readUsage(value: unknown): Usage | null {
  if (typeof value !== 'object' || value === null) return null;
  const usage = value as Record<string, unknown>;
  const promptTokens = count(usage['prompt_tokens']);
  if (promptTokens === null) return null;
  const details = usage['prompt_tokens_details'];
  const cached =
    typeof details === 'object' && details !== null ? count((details as Record<string, unknown>)['cached_tokens']) : null;
  return {
    promptTokens,
    completionTokens: count(usage['completion_tokens']) ?? 0,
    cachedTokens: cached ?? 0,
    isEstimated: false,
  };
}

/** Usage in the wire's form. */
export function toWireUsage(usage: Usage): Record<string, number> {
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
  };
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.round(value) : null;
}
