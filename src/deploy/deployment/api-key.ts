import { createHash } from 'node:crypto';
import { stringify } from 'yaml';

/** A new key, and what the gateways' hosts are told of it. */
export interface NewApiKey {
  /** Shown once: it is stored nowhere. */
  key: string;
  /** The gateway's `keys:` file, which holds the hash alone. */
  keysFile: string;
}

/**
 * Makes a key of 256 random bits. The file replaces the one before: whoever has an older key is refused from the next minute on.
 * @param randomBytes 32 of them
 */
export function newApiKey(randomBytes: Buffer, alias: string): NewApiKey {
  const key = `sk-${randomBytes.toString('base64url')}`;
  const hash = createHash('sha256').update(key).digest('hex');
  return { key, keysFile: stringify({ keys: [{ hash, alias }] }) };
}
