import { listAuditRows } from '../store/audit-rows.ts';
import type { AuditQuery } from '../wire/admin/query.ts';
import type { Caller } from './caller.ts';
import { requireReader } from './reach.ts';
import type { AdminServices } from './services.ts';

/** One page of the audit log, the newest first. @throws GatewayError `route_access_denied` */
export async function readAudit(services: AdminServices, caller: Caller, query: AuditQuery): Promise<object> {
  requireReader(caller);
  const { page, size, ...filter } = query;
  const { rows, total } = await listAuditRows(services.store.db, filter, { offset: (page - 1) * size, limit: size });
  return {
    audit: rows.map((row) => ({ ...row, at: row.at.toISOString() })),
    total_count: total,
    current_page: page,
    total_pages: Math.ceil(total / size),
  };
}
