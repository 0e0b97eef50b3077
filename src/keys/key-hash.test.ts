import { expect, test } from 'vitest';
import { hashKey, isSameKey, keyName, newKey } from './key-hash.ts';

test('keys are hashed as LiteLLM hashes them', () => {
  expect(hashKey('sk-1234')).toBe('88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b');
});

test('new keys have 128 random bits and show only their end', () => {
  const keys = new Set(Array.from({ length: 100 }, newKey));
  expect(keys.size).toBe(100);
  for (const key of keys) {
    expect(key).toMatch(/^sk-[\w-]{22}$/);
    expect(keyName(key)).toBe(`sk-...${key.slice(-4)}`);
    expect(isSameKey(key, `${key}`)).toBe(true);
    expect(isSameKey(key, newKey())).toBe(false);
  }
});
