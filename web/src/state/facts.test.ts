import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, formatRate, formatWait, tokensPerSecond } from './facts.ts';

describe('tokens per second', () => {
  it('counts the steps between the first token and the last', () => {
    expect(tokensPerSecond({ completionTokens: 11, writingMs: 1_000 })).toBe(10);
  });

  it.each([
    {},
    { completionTokens: 5 },
    { writingMs: 5 },
    { completionTokens: 1, writingMs: 100 },
    { completionTokens: 9, writingMs: 0 },
  ])('is unknown for %j', (facts) => {
    expect(tokensPerSecond(facts)).toBeUndefined();
  });

  it('is the rate at which tokens really came', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5_000 }), fc.integer({ min: 1, max: 1_000 }), (tokens, stepMs) => {
        expect(tokensPerSecond({ completionTokens: tokens, writingMs: (tokens - 1) * stepMs })).toBeCloseTo(1000 / stepMs, 6);
      }),
    );
  });
});

describe('numbers for people', () => {
  it.each([
    [4.1234, '4.12'],
    [41.26, '41.3'],
    [4_127, '4,130'],
  ])('shows a rate of %d as %s', (rate, text) => expect(formatRate(rate)).toBe(text));

  it.each([
    [0.4, '0 ms'],
    [309.6, '310 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [1_240, '1.24 s'],
    [12_340, '12.3 s'],
  ])('shows %d ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it.each([
    [0, '0 s'],
    [1, '1 s'],
    [1_001, '2 s'],
    [60_000, '1 min'],
    [125_000, '2 min 5 s'],
    [12_000_000, '3 h 20 min'],
    [187_200_000, '2 d 4 h'],
  ])('shows a wait of %d ms as %s', (ms, text) => expect(formatWait(ms)).toBe(text));
});
