import { expect, test } from 'vitest';
import { extractKey } from './presented-key.ts';

test.each([
  [{ authorization: 'Bearer sk-1' }],
  [{ authorization: 'bearer sk-1' }],
  [{ authorization: 'Basic sk-1' }],
  [{ authorization: 'sk-1' }],
  [{ authorization: 'Bearer  sk-1 ' }],
  [{ 'api-key': 'sk-1' }],
  [{ 'x-api-key': 'sk-1' }],
  [{ 'x-goog-api-key': 'sk-1' }],
  [{ 'ocp-apim-subscription-key': 'sk-1' }],
  [{ 'x-litellm-api-key': 'Bearer sk-1' }],
  [{ authorization: '', 'x-api-key': 'sk-1' }],
  [{ authorization: 'Bearer sk-1', 'x-api-key': 'other' }],
  [{ authorization: 'Bearer upstream', 'x-litellm-api-key': 'sk-1' }],
  [{ 'x-litellm-api-key': ['sk-1', 'sk-2'] }],
])('%j presents sk-1', (headers) => {
  expect(extractKey(headers, null)).toBe('sk-1');
});

test('a header of the operator’s choice is the only one', () => {
  expect(extractKey({ authorization: 'Bearer sk-1', 'x-team-key': 'Bearer sk-2' }, 'x-team-key')).toBe('sk-2');
  expect(extractKey({ authorization: 'Bearer sk-1' }, 'x-team-key')).toBe('');
});

test('no header is no key', () => {
  expect(extractKey({}, null)).toBe('');
  expect(extractKey({ authorization: 'Bearer ' }, null)).toBe('');
});
