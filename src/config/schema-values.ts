import { isIP } from 'node:net';
import { z } from 'zod';
import { parseDuration } from '../money/budget-period.ts';
import { toNanoUsd } from '../money/usd.ts';
import { Secret } from './secret.ts';

/** Timers of Node fire at once beyond this many milliseconds (about 24 days). */
export const longestTimer = 2_147_483_647;
export const duration = z.int().min(1).max(longestTimer);
export const milliseconds = (fallback: number, text: string) => duration.default(fallback).describe(`${text} Milliseconds.`);
export const modelName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,199}$/,
    'must begin with a letter or digit and hold only letters, digits and . _ : / @ -',
  );
/** What may stand in a header: no line breaks, which keys from files like to end with, and no other control characters. */
export const headerSecret = z
  .string()
  .trim()
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'must not hold line breaks or other control characters')
  .transform((value) => new Secret(value));
/** Headers that belong to the connection, not to the operator. */
const connectionHeaders = /^(connection|content-length|expect|keep-alive|transfer-encoding|upgrade)$/i;
export const headerName = z
  .string()
  .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'is no header name')
  .refine((name) => !connectionHeaders.test(name), 'belongs to the connection and cannot be set');

/** A key that clients send or that we issue. */
export const apiKey = headerSecret.refine((secret) => secret.reveal().length >= 8, 'must have at least 8 characters');
/** A key as it is stored: in small letters, as it is looked up. */
export const keyHash = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, 'must be a SHA-256 as 64 hexadecimal digits')
  .transform((text) => text.toLowerCase());
/** Long enough for `sk-1234` of LiteLLM's guides, which only a gateway on loopback accepts. */
export const masterKey = headerSecret.refine((secret) => secret.reveal().length >= 7, 'must have at least 7 characters');
/** An amount of money; becomes nano-dollars. */
export const usd = z
  .union([z.number().min(0), z.string().regex(/^\d{1,9}(\.\d+)?$/, 'must be an amount in USD like 10 or "0.25"')])
  .transform(toNanoUsd);
export const perMinute = z.int().min(0).optional();
export const budgetPeriod = z
  .string()
  .refine((text) => parseDuration(text) !== null, 'must be a duration like 30s, 12h, 1d, 7d, 30d or 1mo')
  .optional();

export const addressRange = z.string().refine(isAddressRange, 'must be an IP address or a range like 10.0.0.0/8');

function isAddressRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}
