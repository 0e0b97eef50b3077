import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Says how a text was sealed, so that a later form can stand beside this one. */
const prefix = 'sluice:v1:';
const nonceBytes = 12;
const tagBytes = 16;

/** A sealed text that cannot be opened: another key sealed it, or it was changed. */
export class SecretBoxError extends Error {}

/** Whether a text is one that a `SecretBox` sealed. */
export function isSealed(text: string): boolean {
  return text.startsWith(prefix);
}

/**
 * Encrypts secrets before they are stored: AES-256-GCM (NIST SP 800-38D) under a key that HKDF-SHA256 (RFC 5869) makes of the salt key, or of the
 * master key where there is none. A sealed text is `sluice:v1:` and base64url of nonce, ciphertext and tag.
 */
export class SecretBox {
  readonly #key: Buffer;

  constructor(saltKey: string) {
    this.#key = Buffer.from(hkdfSync('sha256', saltKey, '', 'sluice secret box v1', 32));
  }

  /** The same text is sealed differently every time. */
  seal(text: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return prefix + sealed.toString('base64url');
  }

  /** @throws SecretBoxError */
  open(sealed: string): string {
    const bytes = Buffer.from(isSealed(sealed) ? sealed.slice(prefix.length) : '', 'base64url');
    if (bytes.length < nonceBytes + tagBytes) throw new SecretBoxError('this is no sealed secret');
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, nonceBytes));
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    try {
      const text = decipher.update(bytes.subarray(nonceBytes, -tagBytes));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new SecretBoxError(
        'a stored secret cannot be opened: it was sealed under another salt key; set SLUICE_SALT_KEY (without one, the master key) to what it was',
        { cause },
      );
    }
  }
}
