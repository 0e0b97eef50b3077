import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toSafeUrl } from './safe-url.ts';

describe('a link in an answer', () => {
  it.each(['https://example.com/a?b#c', 'http://localhost:8000/', 'mailto:ada@example.com'])('may go to %s', (url) => {
    expect(toSafeUrl(url)).toBe(url);
  });

  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    '\u0001javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://example.com/1',
    '//example.com',
    '/relative',
    'relative',
    '#anchor',
    '',
  ])('may not go to %j', (url) => {
    expect(toSafeUrl(url)).toBeUndefined();
  });

  it('has one of three schemes, whatever was written', () => {
    const scheme = fc.constantFrom('javascript', 'http', 'https', 'mailto', 'data', 'JAVASCRIPT', 'ht\ttp');
    fc.assert(
      fc.property(fc.string(), scheme, fc.string(), (before, name, after) => {
        const url = toSafeUrl(`${before}${name}:${after}`);
        expect(url ?? 'https:').toMatch(/^(https?|mailto):/);
      }),
    );
  });
});
