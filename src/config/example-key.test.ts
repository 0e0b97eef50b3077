import { expect, test } from 'vitest';
import { exampleKeyFault } from './example-key.ts';

test('a master key that guides print is refused beyond loopback, and only there', () => {
  for (const host of ['0.0.0.0', '::', '10.0.0.7', 'gateway.example']) {
    expect(exampleKeyFault('sk-1234', host)).toContain('would let everyone in');
  }
  for (const host of ['127.0.0.1', '127.0.0.53', 'localhost', '::1']) expect(exampleKeyFault('sk-1234', host)).toBeNull();
  expect(exampleKeyFault('sk-9f2c51d7a0', '0.0.0.0')).toBeNull();
  expect(exampleKeyFault(undefined, '0.0.0.0')).toBeNull();
});
