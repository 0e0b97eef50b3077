import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openLitellmSecret } from './open-litellm-secret.ts';

/** Made with PyNaCl and Python's cryptography package, by LiteLLM's recipe. */
const { saltKey, ...samples } = JSON.parse(readFileSync(new URL('fixtures/sealed-by-litellm.json', import.meta.url), 'utf8')) as {
  saltKey: string;
} & Record<string, { text: string; sealed: string }>;
const cases = Object.entries(samples as Record<string, { text: string; sealed: string }>);

describe.each(cases)('a text that LiteLLM encrypted: %s', (_name, { text, sealed }) => {
  test('opens with its key', () => {
    expect(openLitellmSecret(sealed, saltKey)).toEqual({ text, wasSealed: true });
  });

  test('does not open with another key, or when it was changed', () => {
    expect(openLitellmSecret(sealed, 'sk-other')).toBeNull();
    const at = sealed.length - 8;
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
    expect(openLitellmSecret(changed, saltKey)).toBeNull();
  });
});

test('what can be no ciphertext was stored in plain', () => {
  for (const text of ['openai/gpt-4o', '', 'https://api.example.test/v1', 'os.environ/OPENAI_API_KEY']) {
    expect(openLitellmSecret(text, saltKey)).toEqual({ text, wasSealed: false });
  }
});

test('a form that is cut short does not open', () => {
  expect(openLitellmSecret('v3:gcm:', saltKey)).toBeNull();
  expect(openLitellmSecret('v2:gcm:AAAA', saltKey)).toBeNull();
});
