import { z } from 'zod';

/** `GET /audit` */
export const auditAnswer = z
  .object({
    audit: z.array(
      z.object({
        id: z.int(),
        at: z.string(),
        actor: z.string().describe('User id, key hash, or master for the master key'),
        actor_role: z.string(),
        action: z.string(),
        entity: z.string(),
        entity_id: z.string(),
        before: z.unknown().describe('The changed fields as they were; money in nano-dollars'),
        after: z.unknown(),
        request_id: z.string().nullable(),
      }),
    ),
    total_count: z.int(),
    current_page: z.int(),
    total_pages: z.int(),
  })
  .meta({ id: 'Audit' });
