import { deleteKeys as deleteRows, lockKeys, type KeyRow } from '../store/keys-rows.ts';
import type { DeleteKeysBody } from '../wire/admin/key.ts';
import type { Caller } from './caller.ts';
import { forgetSpend, scopes } from './counters.ts';
import { checkChange } from './key-placement.ts';
import { hashOf } from './named-key.ts';
import { reachOf, requireChanger } from './reach.ts';
import { shownKey } from './refusals.ts';
import type { AdminServices } from './services.ts';
import { inTransaction, type Work } from './work.ts';

/**
 * Deletes keys, named by themselves, by hash or by alias: all of them, or none.
 * @throws GatewayError `not_found`: one of them is none, or none that the caller sees; `route_access_denied`
 */
export async function deleteKeys(
  services: AdminServices,
  caller: Caller,
  { keys, key_aliases }: DeleteKeysBody,
): Promise<{ deleted_keys: string[] }> {
  requireChanger(caller);
  const [named, aliases] = [keys ?? [], key_aliases ?? []];
  return inTransaction(services, caller, async (work) => {
    const reach = await reachOf(work.db, caller);
    const rows = await lockKeys(work.db, { hashes: named.map(hashOf), aliases });
    const byHash = new Map(rows.map((row) => [row.hash, row]));
    const byAlias = new Map(rows.map((row) => [row.alias, row]));
    const wanted = [
      ...named.map((one) => ({ row: byHash.get(hashOf(one)), shown: shownKey(one), told: one })),
      ...aliases.map((one) => ({ row: byAlias.get(one), shown: one, told: byAlias.get(one)?.hash ?? one })),
    ];
    const checked = new Map<string, KeyRow>();
    for (const { row, shown } of wanted) {
      const key = await checkChange(work.db, reach, { key: row, shown, permission: null });
      checked.set(key.hash, key);
    }
    await removeKeys(work, [...checked.values()]);
    return { deleted_keys: wanted.map(({ told }) => told) };
  });
}

/** Removes keys with what they spent, within a transaction. */
export async function removeKeys(work: Work, rows: readonly KeyRow[]): Promise<void> {
  await deleteRows(
    work.db,
    rows.map(({ hash }) => hash),
  );
  for (const row of rows) {
    await forgetSpend(work, scopes.key(row.hash), row);
    work.changed({ entity: 'key', id: row.hash, verb: 'delete', before: row, after: null });
  }
}
