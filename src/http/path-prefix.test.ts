import { expect, test } from 'vitest';
import { withoutPathPrefix } from './path-prefix.ts';

test.each([
  ['/prod/v1/models', '/v1/models'],
  ['/prod/v1/models?limit=1', '/v1/models?limit=1'],
  ['/prod', '/'],
  ['/prod?a=1', '/?a=1'],
  ['/v1/models', '/v1/models'],
  ['/production/v1/models', '/production/v1/models'],
  ['/v1/prod/x', '/v1/prod/x'],
  // Once, not as often as it comes.
  ['/prod/prod/v1/models', '/prod/v1/models'],
  ['*', '*'],
])('%s without the prefix is %s', (url, rest) => {
  expect(withoutPathPrefix(url, '/prod')).toBe(rest);
});
