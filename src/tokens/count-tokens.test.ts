import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { countTokensUpTo } from './count-tokens.ts';

test('ordinary text is counted exactly', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 40 }), { maxLength: 20 }), (words) => {
      const text = words.join(' ');
      expect(countTokensUpTo(1_000_000, text)).toBe(encode(text, { allowedSpecial: 'all' }).length);
    }),
    { numRuns: 50 },
  );
});

test('counting stops at the limit', () => {
  const text = 'the quick brown fox '.repeat(100);
  const count = countTokensUpTo(10_000, text)!;
  expect(countTokensUpTo(count, text)).toBe(count);
  expect(countTokensUpTo(count - 1, text)).toBeNull();
  expect(countTokensUpTo(0, '')).toBe(0);
});

test.each(['a', ' ', '-', '\n', '汉', '😀', '1', 'xy'])(
  'a run of %j never counts for more than it is, and takes no time',
  (character) => {
    const short = character.repeat(3_000);
    const exact = encode(short, { allowedSpecial: 'all' }).length;
    const count = countTokensUpTo(1_000_000, short)!;
    expect(count).toBeLessThanOrEqual(exact);
    expect(count).toBeGreaterThan(exact * 0.5);
    const started = performance.now();
    expect(countTokensUpTo(1_000, character.repeat(2_000_000))).toBeNull();
    expect(performance.now() - started).toBeLessThan(2_000);
  },
);
