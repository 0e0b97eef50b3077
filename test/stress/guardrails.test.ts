import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonFilter } from '../../src/guardrails/json-filter.ts';
import { maskingRules, rewriteByRule } from '../../src/guardrails/testing.ts';
import { rewriteText, TextFilter } from '../../src/guardrails/text-filter.ts';
import { cutAt, plantedText, showsPart } from '../support/planted-texts.ts';

const rules = maskingRules(['email', 'credit_card', 'us_ssn', 'phone']);
const secretOf = (value: string) => value.split('@')[0] ?? value;

/** Every way to cut is tried up to this length: two to the power of one less. */
const exhaustiveUnits = 14;

function expectMasked(pieces: readonly string[], masked: string): void {
  const filter = new TextFilter(rules, rewriteByRule);
  let sent = '';
  for (const piece of pieces) {
    sent += filter.push(piece);
    if (!masked.startsWith(sent)) expect(sent).toBe(masked.slice(0, sent.length));
  }
  sent += filter.flush();
  if (sent !== masked) expect(sent).toBe(masked);
}

test('12,000 texts are masked as a whole would be, however they are cut, and show no part of a value on the way', () => {
  fc.assert(
    fc.property(plantedText(8), fc.array(fc.nat(900), { maxLength: 120 }), ({ text, values }, cuts) => {
      const masked = rewriteText(text, rules, rewriteByRule);
      for (const value of values) {
        expect(masked).not.toContain(value);
        expect(showsPart(secretOf(value), masked, { text, values })).toBe(false);
      }
      expectMasked(cutAt(text, cuts), masked);
    }),
    { numRuns: 12_000 },
  );
});

test('short texts are masked as a whole would be for each of all ways to cut them', () => {
  const texts = [
    'a@bc.de',
    'x ab@cd.org y',
    '123-45-6789',
    ' 123-45-6789 ',
    '4111111111111111',
    '(415) 555-2671',
    '😀ab@cd.io😀',
  ];
  for (const text of texts.map((long) => long.slice(0, exhaustiveUnits))) {
    const masked = rewriteText(text, rules, rewriteByRule);
    for (let subset = 0; subset < 2 ** (text.length - 1); subset++) {
      const cuts = Array.from({ length: text.length - 1 }, (_, at) => ((subset & (1 << at)) === 0 ? 0 : at + 1));
      expectMasked(cutAt(text, cuts), masked);
    }
  }
});

test('4,000 JSON texts stay JSON, hold no value, and say the same however they are cut', () => {
  fc.assert(
    fc.property(plantedText(4), fc.array(fc.nat(900), { maxLength: 60 }), ({ text, values }, cuts) => {
      const filter = new JsonFilter(rules, rewriteByRule);
      const pieces = cutAt(JSON.stringify({ text, more: [text, { text }] }), cuts);
      const sent = pieces.map((piece) => filter.push(piece)).join('') + filter.flush();
      const masked = rewriteText(text, rules, rewriteByRule);
      expect(JSON.parse(sent)).toEqual({ text: masked, more: [masked, { text: masked }] });
      for (const value of values) expect(sent).not.toContain(value);
    }),
    { numRuns: 4_000 },
  );
});
