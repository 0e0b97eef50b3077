import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasModelSecrets, openModelParams, sealModelParams } from './model-secrets.ts';
import { isSealed, SecretBox, SecretBoxError } from './secret-box.ts';

const box = new SecretBox('salt-key');

test('what is sealed opens to the same text', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => box.open(box.seal(text)) === text));
});

test('the same text is sealed differently each time, and the text does not show', () => {
  const sealed = box.seal('sk-upstream');
  expect(sealed).not.toBe(box.seal('sk-upstream'));
  expect(sealed).not.toContain('upstream');
  expect(isSealed(sealed)).toBe(true);
});

test('another key, a changed byte, or no sealed text at all is refused', () => {
  const sealed = box.seal('sk-upstream');
  expect(() => new SecretBox('other').open(sealed)).toThrow(SecretBoxError);
  const changed = sealed.slice(0, -2) + (sealed.endsWith('AA') ? 'BB' : 'AA');
  expect(() => box.open(changed)).toThrow(SecretBoxError);
  expect(() => box.open('sluice:v1:')).toThrow(SecretBoxError);
  expect(() => box.open('sk-plain')).toThrow(SecretBoxError);
});

test('a sealed text of an earlier version of this program still opens', () => {
  const sealed = 'sluice:v1:ONYtMC1y1j0kfRj7VFHUf12FJGSn_LHJDaM2PRYCeA5i-W8fjRfMpJQ';
  expect(new SecretBox('sk-salt').open(sealed)).toBe('sk-upstream-1');
});

test('of a model’s parameters secrets are sealed, at any depth, and the rest stays readable', () => {
  const params = {
    model: 'openai/gpt-4o',
    api_base: 'https://api.example/v1',
    api_key: 'sk-1',
    aws_secret_access_key: 'aws',
    extra_headers: { Authorization: 'Bearer x', list: ['y'] },
    litellm_credential_name: 'shared',
    max_tokens: 100,
  };
  const sealed = sealModelParams(params, box);
  expect(JSON.stringify(sealed)).not.toMatch(/sk-1|"aws"|Bearer|"y"/);
  expect(sealed).toMatchObject({ model: 'openai/gpt-4o', litellm_credential_name: 'shared', max_tokens: 100 });
  expect(openModelParams(sealed, box)).toEqual(params);
  expect(sealModelParams(sealed, box)).toEqual(sealed);
  expect(hasModelSecrets(params)).toBe(true);
  expect(hasModelSecrets({ model: 'ollama/llama', max_tokens: 1, litellm_credential_name: 'x' })).toBe(false);
});
