import type { Insertable } from 'kysely';
import { GatewayError } from '../errors.ts';
import { hashKey, keyName } from '../keys/key-hash.ts';
import { findBudget, type BudgetRow } from '../store/budgets-rows.ts';
import { insertKey, isHashTaken, type KeyRow } from '../store/keys-rows.ts';
import type { KeyTable } from '../store/schema.ts';
import type { KeyBody } from '../wire/admin/key.ts';
import { invalidFields } from '../wire/parse.ts';
import type { Caller } from './caller.ts';
import { scopes, setSpend, withBudget } from './counters.ts';
import { newKeyToWire } from './key-answer.ts';
import { keyColumns } from './key-columns.ts';
import { checkPlacement, type MemberPermission } from './key-placement.ts';
import { checkRights } from './key-rights.ts';
import { reachOf, requireChanger, type Reach } from './reach.ts';
import { notFound } from './refusals.ts';
import type { AdminServices } from './services.ts';
import { actorOf, inTransaction, type Work } from './work.ts';

/**
 * Makes a key and returns it, the only time that it is shown. Users make keys for themselves, within their own limits; administrators of a team
 * for its members, within the team's.
 * @throws GatewayError `bad_request` `route_access_denied` `not_found`
 */
export async function generateKey(services: AdminServices, caller: Caller, body: KeyBody): Promise<object> {
  requireChanger(caller);
  const made = await inTransaction(services, caller, async (work) => {
    const reach = await reachOf(work.db, caller);
    const userId = body.user_id ?? (reach.isAdmin ? null : reach.userId);
    const teamId = body.team_id ?? reach.onlyTeamId;
    const owned = { ...body, user_id: userId, team_id: teamId };
    return makeKey(services, { work, caller, reach, body: owned, permission: '/key/generate' });
  });
  return newKeyToWire(services, { ...made, duration: body.duration ?? null });
}

/**
 * Makes a key that belongs to a team and to no user.
 * @throws GatewayError `bad_request`: no team; else as `generateKey`
 */
export async function generateServiceKey(services: AdminServices, caller: Caller, body: KeyBody): Promise<object> {
  requireChanger(caller);
  if ((body.team_id ?? null) === null)
    throw invalidFields([{ field: 'team_id', message: 'required: a service account belongs to a team' }]);
  const made = await inTransaction(services, caller, async (work) => {
    const reach = await reachOf(work.db, caller);
    const owned = { ...body, user_id: null, metadata: { ...body.metadata, service_account_id: body.key_alias ?? null } };
    return makeKey(services, { work, caller, reach, body: owned, permission: '/key/service-account/generate' });
  });
  return newKeyToWire(services, { ...made, duration: body.duration ?? null });
}

interface Making {
  work: Work;
  caller: Caller;
  reach: Reach;
  /** With the user and the team that it is for. */
  body: KeyBody;
  permission: MemberPermission;
}

/** Makes a key within a transaction. */
export async function makeKey(
  services: AdminServices,
  { work, caller, reach, body, permission }: Making,
): Promise<{ row: KeyRow; key: string }> {
  const { db, now } = work;
  const [userId, teamId] = [body.user_id ?? null, body.team_id ?? null];
  await checkPlacement(db, reach, { userId, teamId }, permission);
  const columns = keyColumns(body, null, now);
  await checkRights(work, reach, body, { before: null, wanted: { columns, userId, teamId } });
  const budget = await referredBudget(work, body.budget_id);
  const key = body.key ?? services.newKey();
  const row = await insertKey(db, {
    ...columns,
    hash: await freeHash(work, key),
    name: keyName(key),
    created_at: now,
    created_by: actorOf(caller),
    updated_at: now,
    updated_by: actorOf(caller),
  } as Insertable<KeyTable>);
  await setSpend(work, scopes.key(row.hash), { holder: withBudget(row, budget), usd: body.spend });
  work.changed({ entity: 'key', id: row.hash, verb: 'create', before: null, after: row });
  return { row, key };
}

/** The budget that a body refers to, held until the transaction ends. @throws GatewayError `not_found` */
export async function referredBudget({ db }: Work, id: string | null | undefined): Promise<BudgetRow | null> {
  if (id === null || id === undefined) return null;
  const budget = await findBudget(db, id, { locked: true });
  if (budget === undefined) throw notFound('Budget', id, 'budget_id');
  return budget;
}

/** The hash of a key that nobody has. @throws GatewayError `bad_request` */
export async function freeHash({ db }: Work, key: string): Promise<string> {
  const hash = hashKey(key);
  if (!(await isHashTaken(db, hash))) return hash;
  throw new GatewayError('bad_request', 'This key is in use already; choose another, or let the gateway make one', {
    type: 'bad_request_error',
    param: 'key',
  });
}
