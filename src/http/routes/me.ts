import { z } from 'zod';
import type { RouteDefinition } from '../route.ts';

const meAnswer = z
  .object({
    role: z.enum(['admin', 'admin_viewer', 'user', 'viewer']).describe('What the key may do with the admin API'),
    user_id: z.string().nullable(),
    team_id: z.string().nullable(),
    key_name: z.string().nullable().describe('`sk-...` and the last four characters'),
    key_alias: z.string().nullable(),
    is_open: z.boolean().describe('Whether the gateway asks nobody for a key'),
    version: z.string(),
  })
  .meta({ id: 'Me' });

/** Who calls: for pages that show what the caller may. */
export function meRoutes(version: string): RouteDefinition[] {
  return [
    {
      method: 'GET',
      paths: ['/sluice/me'],
      summary: 'Whose key this is, and what it may do',
      tag: 'keys',
      access: 'self',
      answer: { schema: meAnswer, contentType: 'application/json' },
      errors: ['unauthorized', 'origin_not_allowed', 'service_unavailable'],
      handler: ({ access }, reply) => {
        reply.header('cache-control', 'no-store');
        return {
          role: access.role,
          user_id: access.userId,
          team_id: access.teamId,
          key_name: access.keyName,
          key_alias: access.keyAlias,
          is_open: access.keyHash === null,
          version,
        };
      },
    },
  ];
}
