import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { privateKeyDetector } from './private-key.ts';
import { valuesOf } from './testing/laws.ts';

const detector = privateKeyDetector();
const pem = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
  .trim();

test('a key is found from its first hyphen to its last, also with escapes and on one line', () => {
  expect(valuesOf(detector, `here:\n${pem}\nbye`)).toEqual([pem]);
  const escaped = JSON.stringify(pem).slice(1, -1);
  expect(valuesOf(detector, `{"key":"${escaped}"}`)).toEqual([escaped]);
  const flat = pem.replaceAll('\n', ' ');
  expect(valuesOf(detector, `KEY=${flat} X=1`)).toEqual([flat]);
});

test('a key with headers is found whole', () => {
  const key =
    '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A1B\n\nMIIEvgIBADANBgkqhkiG\n-----END RSA PRIVATE KEY-----';
  expect(valuesOf(detector, key)).toEqual([key]);
});

test('a key that breaks off is found as far as it goes', () => {
  const broken = pem.slice(0, 700);
  expect(valuesOf(detector, broken)).toEqual([broken]);
});

test('what is no private key is left alone', () => {
  const certificate = pem.replaceAll('PRIVATE KEY', 'CERTIFICATE');
  expect(valuesOf(detector, certificate)).toEqual([]);
  expect(valuesOf(detector, 'The line -----BEGIN PRIVATE KEY----- begins a key.')).toEqual([]);
});

test('a stream is held back only while a key is being written', () => {
  expect(detector.pendingFrom('text -----BEGIN RSA')).toBe(5);
  expect(detector.pendingFrom(pem.slice(0, 900))).toBe(0);
  expect(detector.pendingFrom(`${pem}\n`)).toBe(pem.length + 1);
  const mention = 'The line -----BEGIN PRIVATE KEY----- begins a key.';
  expect(detector.pendingFrom(mention)).toBe(mention.length);
});

test('a key longer than any is a match up to the longest', () => {
  const endless = `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(20_000)}`;
  expect(detector.find(endless)).toEqual([{ kind: 'private_key', start: 0, end: detector.maxLength }]);
  expect(detector.pendingFrom(endless)).toBe(endless.length);
});
