import { z } from 'zod';
import { limitUsage, type LimitUsageSource } from '../../admin/limit-usage.ts';
import { readRoute } from '../admin-route.ts';
import type { RouteDefinition } from '../route.ts';

const limitUsageQuery = z.object({
  key: z.string().min(1).max(300).optional().describe('A key or its hash; default: the key that calls'),
});

const limitUsageAnswer = z
  .object({
    limits: z.array(
      z.object({
        scope: z.string().describe('Whose limit it is: `key`, `user`, `team`, `member`; `key:model:gpt-4o` for one on a model'),
        kind: z.enum(['requests', 'tokens', 'parallel', 'budget']),
        max: z.number().describe('Of any minute, at once, or USD'),
        used: z.number().describe('In the same unit, what running requests hold included'),
        resets_at: z.string().nullable().describe('When a budget begins anew'),
      }),
    ),
  })
  .meta({ id: 'LimitUsage' });

/** How much of each limit is used. */
export function limitUsageRoutes(source: LimitUsageSource): RouteDefinition[] {
  return [
    readRoute({
      paths: ['/limits/usage'],
      summary: 'The limits that a key is under, and how much of each is used now',
      tag: 'keys',
      access: 'any',
      query: limitUsageQuery,
      answer: limitUsageAnswer,
      run: (caller, { key }) => limitUsage(source, caller, key),
    }),
  ];
}
