import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readKeysFile } from './keys-file.ts';
import { parseConfig } from './load.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-keys-'));
const path = join(folder, 'keys.yaml');
afterAll(() => rmSync(folder, { recursive: true }));

const hash = 'ab'.repeat(32);
function read(text: string) {
  writeFileSync(path, text);
  return readKeysFile(path, { variables: { KEY: 'sk-from-the-environment' }, guardrails: ['pii'] });
}

test('keys have a hash or a key, as in the configuration', () => {
  const keys = read(
    `keys:\n  - { hash: "${hash.toUpperCase()}", alias: one, limits: { requestsPerMinute: 5 } }\n  - { key: "\${KEY}", alias: two }\n`,
  );
  expect(keys?.map(({ alias, key, hash }) => [alias, key?.reveal(), hash])).toEqual([
    ['one', undefined, hash],
    ['two', 'sk-from-the-environment', undefined],
  ]);
});

test('what a secrets store keeps as JSON is read too', () => {
  expect(read(JSON.stringify({ keys: [{ hash, alias: 'one' }] }))).toHaveLength(1);
});

test.each(['', '# none yet\n', 'keys:\n', 'keys: []\n', '{}'])('%j holds no key', (text) => {
  expect(read(text)).toEqual([]);
});

test('a file that is not there is none', () => {
  expect(readKeysFile(join(folder, 'nowhere', 'keys.yaml'), { variables: {}, guardrails: [] })).toBeNull();
});

test.each([
  ['kyes: []\n', 'keys.yaml:1  kyes: unknown key; did you mean "keys"?'],
  [
    `keys:\n  - { hash: ${hash}, key: sk-12345678, alias: a }\n`,
    'keys.yaml:2  keys[0].hash: has `key` and `hash`; give one of them',
  ],
  ['keys:\n  - { alias: a }\n', 'keys.yaml:2  keys[0]: needs `key` or `hash`'],
  ['keys:\n  - hash: abcd\n    alias: a\n', 'keys.yaml:2  keys[0].hash: must be a SHA-256 as 64 hexadecimal digits'],
  [`keys:\n  - hash: ${hash}\n`, 'keys.yaml:2  keys[0].alias: '],
  [
    `keys:\n  - hash: ${hash}\n    alias: a\n    guardrails: [pii, none]\n`,
    'keys.yaml:4  keys[0].guardrails[1]: there is no guardrail "none"',
  ],
  ['keys: [\n', 'keys.yaml:'],
  ['models: []\n', 'keys.yaml:1  models: unknown key'],
])('%j is refused with its place: %s', (text, line) => {
  expect(() => read(text)).toThrow(line);
});

test('what cannot be read is a fault, not an absence', () => {
  expect(() => readKeysFile(folder, { variables: {}, guardrails: [] })).toThrow(/cannot be read \(EISDIR\)/);
});

test('the configuration takes hashes too, and references where a number may also be null', () => {
  const text = `keys: [{ hash: ${hash}, alias: a }]\nlimits: { ip: { requestsPerMinute: "\${RATE}" } }\n`;
  const { keys, limits } = parseConfig(text, 'x', { RATE: '100' });
  expect([keys[0]?.hash, limits.ip.requestsPerMinute]).toEqual([hash, 100]);
});
