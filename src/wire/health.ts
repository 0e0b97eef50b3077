import { z } from 'zod';

/** `GET /health`, the seed's contract. 200 only when a model can answer, else 503 with the same body. */
export const healthAnswer = z
  .object({
    status: z.enum(['healthy', 'loading', 'unhealthy']),
    model: z.string().nullable().describe('The default model'),
    gpu_memory_used: z.number().nullable().describe('Share of GPU memory in use, 0 to 1; null where no GPU is seen'),
    requests_in_queue: z
      .int()
      .describe(
        'Requests that wait: for a place at a backend, and in engines that tell theirs; where neither is known, for their first token',
      ),
    detail: z.string().optional().describe('Why it is not healthy, in words'),
  })
  .meta({ id: 'Health' });

export type HealthAnswer = z.output<typeof healthAnswer>;
