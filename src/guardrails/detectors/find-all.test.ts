import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Detector, Match } from '../detector.ts';
import { combine, findAll } from './find-all.ts';
import { createDetectors, detectorKinds } from './index.ts';
import { maskOf } from './mask-of.ts';

const kindsIn = (text: string) =>
  findAll(createDetectors(), text).map(({ kind, start, end }) => `${kind}=${text.slice(start, end)}`);

test('a value is named once, by the kind that it is', () => {
  expect(kindsIn('4111111111111111@example.com, 4111 1111 1111 1111, 415-555-2671, 123-45-6789')).toEqual([
    'email=4111111111111111@example.com',
    'credit_card=4111 1111 1111 1111',
    'phone=415-555-2671',
    'us_ssn=123-45-6789',
  ]);
});

test('detectors are made for the kinds that are asked for', () => {
  expect(createDetectors({ kinds: ['phone', 'email'] }).flatMap(({ kinds }) => kinds)).toEqual(['email', 'phone']);
  expect(detectorKinds()).toContain('visa');
  expect(createDetectors().flatMap(({ kinds }) => kinds)).not.toContain('visa');
});

test('masks name the kind', () => {
  expect(['email', 'us_ssn', 'Project X'].map(maskOf)).toEqual(['[EMAIL_REDACTED]', '[US_SSN_REDACTED]', '[PROJECT_X_REDACTED]']);
});

/** Finds fixed places, whatever the text. */
function fixed(kind: string, places: readonly [number, number][]): Detector {
  const matches = places.map(([start, end]) => ({ kind, start, end }));
  return { kinds: [kind], maxLength: 9, lookBehind: 0, find: () => matches, pendingFrom: (text) => text.length };
}

/** The rule of `combine`, index by index. */
function labels(found: readonly (readonly Match[])[], length: number): string[] {
  return Array.from({ length }, (_, index) => {
    const covering = found.flatMap((matches, rank) =>
      matches.filter(({ start, end }) => start <= index && index < end).map((match) => ({ match, rank })),
    );
    covering.sort((a, b) => b.match.end - b.match.start - (a.match.end - a.match.start) || a.rank - b.rank);
    return covering[0]?.match.kind ?? '-';
  });
}

const places = fc.array(fc.tuple(fc.nat(4), fc.integer({ min: 1, max: 6 })), { maxLength: 6 }).map((steps) => {
  let at = 0;
  return steps.map(([gap, length]): [number, number] => [(at += gap), (at += length)]);
});

test('each index goes to the longest match that covers it, then to the detector named first', () => {
  fc.assert(
    fc.property(places, places, places, (a, b, c) => {
      const detectors = [fixed('a', a), fixed('b', b), fixed('c', c)];
      const text = 'x'.repeat(64);
      const matches = combine(detectors).find(text);
      const given = Array.from(text, (_, index) => matches.find(({ start, end }) => start <= index && index < end)?.kind ?? '-');
      expect(given).toEqual(
        labels(
          detectors.map((detector) => detector.find(text)),
          text.length,
        ),
      );
      expect(matches.every(({ start }, index) => index === 0 || start >= matches[index - 1]!.end)).toBe(true);
    }),
  );
});
