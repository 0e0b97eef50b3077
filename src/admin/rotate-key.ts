import { durationMs } from '../money/budget-period.ts';
import { keyName } from '../keys/key-hash.ts';
import { findKey, rotateKey as rotateRow } from '../store/keys-rows.ts';
import { renameCounters } from '../store/budgets-counters.ts';
import type { RegenerateKeyBody } from '../wire/admin/key.ts';
import { invalidFields } from '../wire/parse.ts';
import type { Caller } from './caller.ts';
import { counterNames, scopes } from './counters.ts';
import { freeHash } from './generate-key.ts';
import { newKeyToWire } from './key-answer.ts';
import { checkChange } from './key-placement.ts';
import { hashOf } from './named-key.ts';
import { reachOf, requireChanger } from './reach.ts';
import { shownKey } from './refusals.ts';
import type { AdminServices } from './services.ts';
import { changeKey } from './update-key.ts';
import { inTransaction } from './work.ts';

/**
 * Replaces a key by a new one with the same limits, owner and spend, and returns the new one. The old one is refused from now on, or is taken
 * until `grace_period` is over. Fields of the body are changed on the way.
 * @throws GatewayError `bad_request` `route_access_denied` `not_found`
 */
export async function rotateKey(
  services: AdminServices,
  caller: Caller,
  { named, body }: { named: string | null; body: RegenerateKeyBody },
): Promise<object> {
  requireChanger(caller);
  const wanted = named ?? body.key ?? null;
  if (wanted === null) throw invalidFields([{ field: 'key', message: 'required: name the key to replace' }]);
  const { key: _named, new_key, grace_period, ...fields } = body;
  const graceMs = durationMs(grace_period ?? '');
  const made = await inTransaction(services, caller, async (work) => {
    const reach = await reachOf(work.db, caller);
    const found = await findKey(work.db, hashOf(wanted), { locked: true });
    const before = await checkChange(work.db, reach, { key: found, shown: shownKey(wanted), permission: '/key/regenerate' });
    const changed = await changeKey(work, { caller, reach, before, body: fields });
    const key = new_key ?? services.newKey();
    const hash = await freeHash(work, key);
    const revokeAt = graceMs === null ? null : new Date(work.now.getTime() + graceMs);
    const row = await rotateRow(work.db, before.hash, { hash, name: keyName(key), revokeAt, now: work.now });
    const newNames = counterNames(scopes.key(hash), changed);
    await renameCounters(
      work.db,
      new Map(counterNames(scopes.key(before.hash), changed).map((name, at) => [name, newNames[at] ?? name])),
    );
    work.announce({ entity: 'key', id: before.hash });
    work.changed({ entity: 'key', id: hash, verb: 'rotate', before, after: row });
    return { row, key };
  });
  return newKeyToWire(services, { ...made, duration: body.duration ?? null });
}
