import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { GatewayError } from '../../errors.ts';
import { guardOrigin, type OriginPolicy } from './guard-origin.ts';

const closed: OriginPolicy = { corsOrigins: ['https://page.example'], allowedHosts: ['gateway.example'], isKeyed: false };
const open: OriginPolicy = { ...closed, allowedHosts: null };
const isRefused = (...parameters: Parameters<typeof guardOrigin>) => {
  try {
    guardOrigin(...parameters);
    return false;
  } catch (error) {
    expect((error as GatewayError).code).toBe('origin_not_allowed');
    return true;
  }
};

test('no name but loopback’s and the allowed ones gets in, whatever surrounds it', () => {
  const good = /^(localhost|[a-z0-9-]+\.localhost|127(\.\d{1,3}){3}|\[::1\]|gateway\.example)(:\d+)?$/i;
  const part = fc.constantFrom(
    'localhost',
    '127.0.0.1',
    '[::1]',
    'gateway.example',
    'evil.example',
    '.',
    ':',
    '80',
    '@',
    '/',
    '-',
    'x',
    '%',
    ' ',
    '\t',
    '#',
  );
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 4 }).map((parts) => parts.join('')),
      (host) => {
        expect(isRefused(host, undefined, closed)).toBe(!good.test(host));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a star lets pages of every origin in, each by its own name', () => {
  const everybody = { ...closed, corsOrigins: ['*'] };
  expect(guardOrigin('localhost:1', 'https://other.example', everybody)).toBe('https://other.example');
  expect(isRefused('evil.example', 'https://other.example', everybody)).toBe(true);
});

test('an origin gets in by name or as our own, and by nothing else', () => {
  expect(guardOrigin('localhost:1', 'https://page.example', closed)).toBe('https://page.example');
  expect(guardOrigin('localhost:1', 'http://localhost:1', closed)).toBeNull();
  expect(guardOrigin('localhost:1', 'https://localhost:1', closed)).toBeNull();
  expect(guardOrigin('localhost:1', undefined, closed)).toBeNull();
  for (const origin of [
    '',
    'null',
    'https://page.example/',
    'HTTPS://PAGE.EXAMPLE',
    'https://page.example:443',
    'http://localhost:2',
    'localhost:1',
    'file://',
    'http://undefined',
  ]) {
    expect(isRefused('localhost:1', origin, closed), origin).toBe(true);
    expect(isRefused('localhost:1', origin, open), origin).toBe(true);
  }
  expect(isRefused(undefined, 'http://undefined', closed)).toBe(true);
});

test('a gateway that is meant to be open answers under any name', () => {
  expect(isRefused('anything.example', undefined, open)).toBe(false);
  expect(isRefused('evil.example', undefined, closed)).toBe(true);
});
