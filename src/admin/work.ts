import type { Kysely } from 'kysely';
import { insertAuditRows } from '../store/audit-rows.ts';
import type { Database } from '../store/schema.ts';
import type { Change } from '../store/store.ts';
import { auditDifference } from './audit-difference.ts';
import type { Caller } from './caller.ts';
import { asDuplicate } from './duplicates.ts';
import type { AdminServices } from './services.ts';

/** A change of one entity, as rows of its table. */
interface Told {
  entity: Change['entity'];
  id: string;
  verb: 'create' | 'update' | 'delete' | 'block' | 'unblock' | 'rotate';
  before: object | null;
  after: object | null;
}

/** An administrative change under way. */
export interface Work {
  db: Kysely<Database>;
  now: Date;
  /** Writes the audit row and tells every gateway, both when the transaction commits. */
  changed(told: Told): void;
  /** Tells every gateway of what follows from a change, without a row of its own. */
  announce(change: Change): void;
}

/**
 * Does a change, its audit rows and its announcement in one transaction: all of it, or nothing.
 * @throws GatewayError `bad_request` where an id or alias is taken
 */
export async function inTransaction<Result>(
  { store, now }: AdminServices,
  caller: Caller,
  work: (work: Work) => Promise<Result>,
): Promise<Result> {
  try {
    return await store.db.transaction().execute(async (db) => {
      const all: Told[] = [];
      const at = new Date(now());
      const changes: Change[] = [];
      const result = await work({
        db,
        now: at,
        changed: (told) => {
          all.push(told);
          changes.push({ entity: told.entity, id: told.id });
        },
        announce: (change) => void changes.push(change),
      });
      const rows = all.map((told) => auditRow(told, caller, at));
      await insertAuditRows(db, rows);
      if (changes.length > 0) await store.announce(changes, db);
      return result;
    });
  } catch (thrown) {
    throw asDuplicate(thrown);
  }
}

function auditRow({ entity, id, verb, ...rows }: Told, caller: Caller, at: Date) {
  const { before, after } = auditDifference(
    rows.before as Record<string, unknown> | null,
    rows.after as Record<string, unknown> | null,
  );
  return {
    at,
    actor: actorOf(caller),
    actor_role: caller.role,
    action: `${entity}.${verb}`,
    entity,
    entity_id: id,
    before: before === null ? null : JSON.stringify(before),
    after: after === null ? null : JSON.stringify(after),
    request_id: caller.requestId,
  };
}

/** How rows name who made or changed them. */
export function actorOf({ isMaster, userId, keyHash }: Caller): string {
  return isMaster ? 'master' : (userId ?? keyHash ?? 'anonymous');
}
