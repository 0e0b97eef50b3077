import { createHmac } from 'node:crypto';

/** The first hexadecimal digits of HMAC-SHA-256: says whether two values are equal, and nothing of what they are without the secret. */
export function keyedHash(secret: Buffer, value: string, digits: number): string {
  return createHmac('sha256', secret).update(value).digest('hex').slice(0, digits);
}
