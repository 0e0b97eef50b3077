import type { Call } from './call.ts';
import { type Page, readPage, readRows, readText, readTime } from './read.ts';

/** One administrative change. */
export interface AuditRow {
  id: string;
  atMs: number | null;
  actor: string;
  actorRole: string | null;
  /** `key.create`, `team.update` … */
  action: string;
  entity: string;
  entityId: string;
  before: unknown;
  after: unknown;
}

/** Reads the rows of `GET /audit`. */
export function parseAuditRows(value: unknown): AuditRow[] {
  return readRows(value, 'audit', 'data', 'entries', 'audit_logs').map((row) => ({
    id: String(row['id'] ?? ''),
    atMs: readTime(row['at']),
    actor: readText(row['actor']) ?? '',
    actorRole: readText(row['actor_role']),
    action: readText(row['action']) ?? '',
    entity: readText(row['entity']) ?? '',
    entityId: readText(row['entity_id']) ?? '',
    before: row['before'] ?? null,
    after: row['after'] ?? null,
  }));
}

/** One page of the audit log, the newest first. */
export async function readAudit(call: Call, asked: { page: number; size: number }): Promise<Page<AuditRow>> {
  const answer = await call.get('/audit', asked);
  return readPage(answer, parseAuditRows(answer), asked);
}
