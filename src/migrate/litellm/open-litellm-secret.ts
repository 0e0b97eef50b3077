import { createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { secretboxOpen } from './secretbox-open.ts';

const gcmNonceBytes = 12;
const boxNonceBytes = 24;
const tagBytes = 16;
const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** What became of a text: what it says, or that it was encrypted under another key. */
export type Opened = { text: string; wasSealed: boolean } | null;

/**
 * Reads a text as LiteLLM stores those of `litellm_params` (`encrypt_decrypt_utils.py`): `v3:gcm:` and `v2:gcm:` are AES-256-GCM, anything else in
 * base64 of sufficient length is a NaCl box; what can be none of them was stored in plain. null: it cannot be opened with this key.
 */
export function openLitellmSecret(stored: string, saltKey: string): Opened {
  if (stored.startsWith('v3:gcm:')) {
    return sealed(openGcm(stored.slice(7), Buffer.from(hkdfSync('sha256', saltKey, '', 'litellm-at-rest-v3', 32))));
  }
  if (stored.startsWith('v2:gcm:')) return sealed(openGcm(stored.slice(7), sha256(saltKey)));
  const bytes = Buffer.from(base64.test(stored) ? stored : '', 'base64');
  if (bytes.length < boxNonceBytes + tagBytes) return { text: stored, wasSealed: false };
  const opened = secretboxOpen(sha256(saltKey), bytes.subarray(0, boxNonceBytes), bytes.subarray(boxNonceBytes));
  return sealed(opened?.toString('utf8') ?? null);
}

function sealed(text: string | null): Opened {
  return text === null ? null : { text, wasSealed: true };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function openGcm(encoded: string, key: Buffer): string | null {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length < gcmNonceBytes + tagBytes) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, gcmNonceBytes));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    const text = decipher.update(bytes.subarray(gcmNonceBytes, -tagBytes));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}
