import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Change } from './store.ts';

/** The channel on which gateways tell each other of changes. */
export const changeChannel = 'sluice_changes';

/** A notification must be shorter than 8,000 bytes (PostgreSQL's documentation of NOTIFY). */
const mostBytes = 7_900;

const entities = ['key', 'user', 'team', 'member', 'budget', 'customer', 'model'] as const satisfies readonly Change['entity'][];

/** What to tell listeners when changes may have been missed. */
export const anythingChanged: readonly Change[] = entities.map((entity) => ({ entity, id: null }));

/** Payloads that hold the changes, each short enough. A change whose id is too long for one becomes "any of them". */
export function encodeChanges(changes: readonly Change[]): string[] {
  const payloads: string[] = [];
  let parts: string[] = [];
  let bytes = 2;
  for (const { entity, id } of changes) {
    const whole = JSON.stringify([entity, id]);
    const part = Buffer.byteLength(whole) + 2 > mostBytes ? JSON.stringify([entity, null]) : whole;
    const partBytes = Buffer.byteLength(part) + 1;
    if (bytes + partBytes > mostBytes) {
      payloads.push(`[${parts.join(',')}]`);
      parts = [];
      bytes = 2;
    }
    parts.push(part);
    bytes += partBytes;
  }
  if (parts.length > 0) payloads.push(`[${parts.join(',')}]`);
  return payloads;
}

/** Reads a payload. One that we did not write, as a newer gateway's may be, means that anything may have changed. */
export function decodeChanges(payload: string): readonly Change[] {
  try {
    const parsed: unknown = JSON.parse(payload);
    if (Array.isArray(parsed) && parsed.every(isPair)) return parsed.map(([entity, id]) => ({ entity, id }));
  } catch {
    // Falls through to the cautious answer.
  }
  return anythingChanged;
}

function isPair(value: unknown): value is [Change['entity'], string | null] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [entity, id] = value as unknown[];
  return (entities as readonly unknown[]).includes(entity) && (id === null || typeof id === 'string');
}

/** Sends payloads through a connection; inside a transaction they go out when it commits. */
export async function notify(db: Kysely<never>, payloads: readonly string[]): Promise<void> {
  for (const payload of payloads) await sql`select pg_notify(${changeChannel}, ${payload})`.execute(db);
}

/** The changes that a statement will tell of, if it is one of `notify`'s; else none. */
export function changesToldBy(statement: string, parameters: readonly unknown[]): readonly Change[] {
  if (!statement.startsWith('select pg_notify(') || parameters[0] !== changeChannel) return [];
  return decodeChanges(String(parameters[1]));
}
