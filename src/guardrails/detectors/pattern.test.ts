import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { patternDetector } from './pattern.ts';
import { longestMatch } from './pattern-length.ts';
import { valuesOf } from './testing/laws.ts';

describe('the longest match of a pattern', () => {
  test.each([
    ['abc', 3],
    [String.raw`\bACME-[0-9]{4,6}\b`, 11],
    ['a|bcd|', 3],
    [String.raw`(?:ab?){3}`, 6],
    [String.raw`(?P<name>x)\d\w\s`, 4],
    ['[a-z]{2}', 2],
    ['[^a]', 2],
    ['.', 2],
    ['😀', 2],
    [String.raw`\p{L}\x{1F600}`, 4],
    [String.raw`^a\.b$`, 3],
    ['x{3}?', 3],
  ])('%s', (pattern, length) => {
    expect(longestMatch(pattern)).toBe(length);
  });

  test.each(['a*', 'a+b', 'a{2,}', '(?i)abc', String.raw`\Qa\E`, '[[:alpha:]]', '(a', '(?=a)b'])(
    '%s has none that is known',
    (pattern) => {
      expect(longestMatch(pattern)).toBeNull();
    },
  );
});

test('reading a pattern ends, whatever it is', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'[]()|\\\\?*+{},12^:aQEpP'), maxLength: 16 }),
      (pattern) => longestMatch(pattern) !== undefined,
    ),
  );
});

test('a pattern finds what it says, in any case if asked', () => {
  const detector = patternDetector({ name: 'ticket', pattern: String.raw`\bACME-[0-9]{4,6}\b`, ignoreCase: true });
  expect(valuesOf(detector, 'see acme-1234, ACME-123456 and xACME-1234')).toEqual(['acme-1234', 'ACME-123456']);
  expect(detector).toMatchObject({ kinds: ['ticket'], maxLength: 11 });
});

test('a pattern with a plain beginning holds back nothing but that beginning', () => {
  const detector = patternDetector({ name: 'ticket', pattern: 'ACME-[0-9]{4}' });
  expect(detector.pendingFrom('some words')).toBe(10);
  expect(detector.pendingFrom('see AC')).toBe(4);
  expect(detector.pendingFrom('see ACME-12')).toBe(4);
  expect(detector.gate?.('some words')).toBe(false);
});

test('a match longer than allowed is none', () => {
  const detector = patternDetector({ name: 'run', pattern: '[a-z]+', maxLength: 5 });
  expect(valuesOf(detector, 'abcde ABC')).toEqual(['abcde']);
  expect(valuesOf(detector, 'ABC abcdef')).toEqual(['bcdef']);
});

test('a pattern that would stop a backtracking engine takes linear time', () => {
  const detector = patternDetector({ name: 'evil', pattern: '^(a+)+$', maxLength: 64 });
  const started = process.cpuUsage();
  expect(detector.find(`${'a'.repeat(2_000)}!`)).toEqual([]);
  expect(process.cpuUsage(started).user).toBeLessThan(5_000_000);
});

test('what the engine cannot run, or what matches nothing, is refused', () => {
  expect(() => patternDetector({ name: 'x', pattern: '(?=a)' })).toThrow();
  expect(() => patternDetector({ name: 'x', pattern: String.raw`(a)\1` })).toThrow();
  expect(() => patternDetector({ name: 'x', pattern: 'a*' })).toThrow('matches empty text');
});
