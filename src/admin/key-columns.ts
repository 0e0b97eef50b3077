import type { Insertable } from 'kysely';
import type { ErrorDetail } from '../errors.ts';
import { durationMs } from '../money/budget-period.ts';
import type { KeyRow } from '../store/keys-rows.ts';
import type { KeyTable } from '../store/schema.ts';
import { generateKeyRequest, regenerateKeyRequest, updateKeyRequest, type KeyBody } from '../wire/admin/key.ts';
import { invalidFields } from '../wire/parse.ts';
import { keyFields, toColumns } from './fields.ts';
import { limitColumns } from './limits.ts';
import { extraColumn, liftMetadata } from './metadata.ts';

const known = new Set([generateKeyRequest, updateKeyRequest, regenerateKeyRequest].flatMap(({ shape }) => Object.keys(shape)));

/**
 * The columns that a checked body sets, over those of the key that is changed.
 * @throws GatewayError `bad_request`: fields that do not fit each other
 */
export function keyColumns(given: KeyBody, before: KeyRow | null, now: Date): Partial<Insertable<KeyTable>> {
  const body = liftMetadata(given);
  const columns = {
    ...toColumns(keyFields, body),
    ...limitColumns(body, before, now),
    ...extraColumn(body, known, before?.extra),
    ...(body.duration === undefined ? {} : { expires_at: momentAfter(body.duration, now) }),
    ...(body.temp_budget_expiry === undefined ? {} : { temp_budget_expiry: momentAfter(body.temp_budget_expiry, now) }),
  } as Partial<Insertable<KeyTable>>;
  const raise = columns.temp_budget_increase ?? before?.temp_budget_increase ?? null;
  const until = columns.temp_budget_expiry ?? before?.temp_budget_expiry ?? null;
  const details: ErrorDetail[] = [];
  if ((body.temp_budget_increase ?? null) !== null && until === null) {
    details.push({ field: 'temp_budget_expiry', message: 'required with temp_budget_increase' });
  }
  if ((body.temp_budget_expiry ?? null) !== null && raise === null) {
    details.push({ field: 'temp_budget_increase', message: 'required with temp_budget_expiry' });
  }
  if (details.length > 0) throw invalidFields(details);
  return columns;
}

/** A duration from now, or a time; null and `-1`: never. */
function momentAfter(text: string | null, now: Date): Date | null {
  if (text === null || text === '-1') return null;
  const ms = durationMs(text);
  return ms === null ? new Date(text) : new Date(now.getTime() + ms);
}
