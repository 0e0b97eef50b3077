import { createHash, hash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * The form in which keys are stored and looked up: SHA-256 of the whole key with its `sk-`, lower-case hex, unsalted, as LiteLLM stores them,
 * so that imported keys go on working. Safe for keys that hold at least 128 random bits.
 */
export function hashKey(key: string): string {
  return hash('sha256', key, 'hex');
}

/** A new key: `sk-` and 128 random bits. */
export function newKey(): string {
  return `sk-${randomBytes(16).toString('base64url')}`;
}

/** How a key is shown after it was made: `sk-...` and its last four characters. */
export function keyName(key: string): string {
  return `sk-...${key.slice(-4)}`;
}

/** Whether two keys are equal, in a time that tells nothing of where they differ. */
export function isSameKey(one: string, other: string): boolean {
  return timingSafeEqual(createHash('sha256').update(one).digest(), createHash('sha256').update(other).digest());
}
