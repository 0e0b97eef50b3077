import { readAudit } from '../../admin/read-audit.ts';
import type { AdminServices } from '../../admin/services.ts';
import { auditAnswer } from '../../wire/admin/audit.ts';
import { auditQuery } from '../../wire/admin/query.ts';
import { readRoute } from '../admin-route.ts';
import type { RouteDefinition } from '../route.ts';

/** The log of administrative changes. */
export function auditRoutes(services: AdminServices): RouteDefinition[] {
  return [
    readRoute({
      tag: 'audit',
      access: 'admin',
      paths: ['/audit'],
      summary: 'One page of the administrative changes, the newest first',
      query: auditQuery,
      answer: auditAnswer,
      run: (caller, query) => readAudit(services, caller, query),
    }),
  ];
}
