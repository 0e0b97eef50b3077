import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { Detector, Match } from '../../detector.ts';

/** What a detector finds, as `kind:value`, or only the values of one kind. */
export function valuesOf(detector: Detector, text: string): string[] {
  return detector.find(text).map(({ start, end }) => text.slice(start, end));
}

/** Texts of planted values, near misses and what lies between, cut and glued in every way that hurts. */
export function hostileText(values: readonly string[]): fc.Arbitrary<string> {
  const between = fc.constantFrom(
    ' ',
    ' ',
    '',
    ', ',
    '. ',
    '\n',
    '-',
    '/',
    '.',
    '(',
    '+',
    '@',
    'ssn ',
    'tel ',
    'id: ',
    '中',
    '😀',
    'a',
    '0',
    '12',
    'é',
    '"',
    '=',
  );
  const value = fc.constantFrom(...values);
  const cutValue = fc
    .tuple(value, fc.nat(40), fc.nat(40))
    .map(([text, from, length]) => text.slice(from % (text.length + 1)).slice(0, length));
  const digits = fc.stringMatching(/^[0-9 .-]{0,30}$/);
  const piece = fc.oneof(
    { weight: 4, arbitrary: value },
    { weight: 3, arbitrary: between },
    cutValue,
    digits,
    fc.string({ unit: 'grapheme', maxLength: 12 }),
  );
  return fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join(''));
}

const before = (matches: readonly Match[], index: number): Match[] => matches.filter(({ start }) => start < index);
const from = (matches: readonly Match[], index: number): Match[] => matches.filter(({ start }) => start >= index);

/** Holds a detector to the laws of `Detector` on one text, at every split. */
export function expectLaws(detector: Detector, text: string): void {
  const whole = detector.find(text);
  for (const [index, { start, end }] of whole.entries()) {
    if (end <= start || start < (whole[index - 1]?.end ?? 0) || end - start > detector.maxLength)
      expect.fail(`bad match ${start}-${end} in ${JSON.stringify(text)}`);
  }
  if (detector.gate?.(text) === false) expect(whole).toEqual([]);
  for (let split = 0; split <= text.length; split++) {
    const head = text.slice(0, split);
    const border = detector.pendingFrom(head);
    const same = JSON.stringify(before(whole, border)) === JSON.stringify(before(detector.find(head), border));
    if (!same || border > split) expect.fail(`border ${border} of ${JSON.stringify(head)} in ${JSON.stringify(text)}`);
    const context = detector.contextFrom?.(text, split) ?? Math.max(0, split - detector.lookBehind);
    const near = detector
      .find(text.slice(context))
      .map((match) => ({ ...match, start: match.start + context, end: match.end + context }));
    const isLocal = JSON.stringify(from(whole, split)) === JSON.stringify(from(near, split));
    if (!isLocal || context < split - detector.lookBehind)
      expect.fail(`context ${context} of ${split} in ${JSON.stringify(text)}`);
  }
}
