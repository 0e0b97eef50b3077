import type { Updateable } from 'kysely';
import { findBudget } from '../store/budgets-rows.ts';
import { findKey, updateKey as updateRow, type KeyRow } from '../store/keys-rows.ts';
import type { KeyTable } from '../store/schema.ts';
import type { KeyBody, UpdateKeyBody } from '../wire/admin/key.ts';
import type { Caller } from './caller.ts';
import { movePeriods, scopes, setSpend, withBudget } from './counters.ts';
import { referredBudget } from './generate-key.ts';
import { oneKeyToWire } from './key-answer.ts';
import { keyColumns } from './key-columns.ts';
import { checkChange, checkPlacement } from './key-placement.ts';
import { checkRights } from './key-rights.ts';
import { hashOf } from './named-key.ts';
import { reachOf, requireChanger, type Reach } from './reach.ts';
import { shownKey } from './refusals.ts';
import type { AdminServices } from './services.ts';
import { actorOf, inTransaction, type Work } from './work.ts';

/**
 * Changes the fields that the body has; null takes a limit away.
 * @throws GatewayError `bad_request` `route_access_denied` `not_found`
 */
export async function updateKey(services: AdminServices, caller: Caller, body: UpdateKeyBody): Promise<object> {
  requireChanger(caller);
  const row = await inTransaction(services, caller, async (work) => {
    const reach = await reachOf(work.db, caller);
    const found = await findKey(work.db, hashOf(body.key), { locked: true });
    const before = await checkChange(work.db, reach, { key: found, shown: shownKey(body.key), permission: '/key/update' });
    const after = await changeKey(work, { caller, reach, before, body });
    work.changed({ entity: 'key', id: after.hash, verb: 'update', before, after });
    return after;
  });
  return { ...(await oneKeyToWire(services, row)), key: body.key };
}

/**
 * Blocks a key, or lets it in again. Whoever may delete a key may block it; only administrators of the gateway or of its team unblock one.
 * @throws GatewayError `route_access_denied` `not_found`
 */
export async function setKeyBlocked(
  services: AdminServices,
  caller: Caller,
  { key, blocked }: { key: string; blocked: boolean },
): Promise<object> {
  requireChanger(caller);
  const row = await inTransaction(services, caller, async (work) => {
    const reach = await reachOf(work.db, caller);
    const found = await findKey(work.db, hashOf(key), { locked: true });
    const before = await checkChange(work.db, reach, { key: found, shown: shownKey(key), permission: null });
    const isTeamAdmin = before.team_id !== null && reach.adminTeamIds.includes(before.team_id);
    if (!isTeamAdmin)
      await checkRights(work, reach, { blocked }, { before, wanted: { columns: {}, userId: null, teamId: null } });
    const after = await updateRow(work.db, before.hash, { blocked, updated_at: work.now, updated_by: actorOf(caller) });
    work.changed({ entity: 'key', id: after.hash, verb: blocked ? 'block' : 'unblock', before, after });
    return after;
  });
  return { ...(await oneKeyToWire(services, row)), blocked };
}

/** Changes a key's columns and its counters within a transaction. */
export async function changeKey(
  work: Work,
  { caller, reach, before, body }: { caller: Caller; reach: Reach; before: KeyRow; body: KeyBody },
): Promise<KeyRow> {
  const columns = keyColumns(body, before, work.now) as Updateable<KeyTable>;
  const userId = body.user_id === undefined ? before.user_id : body.user_id;
  const teamId = body.team_id === undefined ? before.team_id : body.team_id;
  if (userId !== before.user_id || teamId !== before.team_id) {
    await checkPlacement(work.db, reach, { userId, teamId }, '/key/generate');
  }
  await checkRights(work, reach, body, { before, wanted: { columns, userId, teamId } });
  await referredBudget(work, body.budget_id);
  const after = await updateRow(work.db, before.hash, { ...columns, updated_at: work.now, updated_by: actorOf(caller) });
  const budget = after.budget_id === null ? null : await findBudget(work.db, after.budget_id, { locked: false });
  const holder = withBudget(after, budget);
  await movePeriods(work, scopes.key(after.hash), holder);
  await setSpend(work, scopes.key(after.hash), { holder, usd: body.spend });
  return after;
}
