import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonFilter, rewriteJson } from '../src/guardrails/json-filter.ts';
import { maskingRules, rewriteByRule } from '../src/guardrails/testing.ts';
import { rewriteText, TextFilter } from '../src/guardrails/text-filter.ts';
import { cutAt, plantedText, plantedValue, showsPart } from './support/planted-texts.ts';

const rules = maskingRules(['email', 'credit_card', 'us_ssn', 'phone']);
/** What of a value is its own: an address shares its host with others. */
const secretOf = (value: string) => value.split('@')[0] ?? value;

/** Sends the pieces through a filter; what was sent must at any time be the beginning of the masked whole. */
function expectMasked(pieces: readonly string[], masked: string): void {
  const filter = new TextFilter(rules, rewriteByRule);
  let sent = '';
  for (const piece of pieces) {
    sent += filter.push(piece);
    if (!masked.startsWith(sent)) expect(sent).toBe(masked.slice(0, sent.length));
  }
  expect(sent + filter.flush()).toBe(masked);
}

describe('a text in pieces', () => {
  test('is masked as the whole is, however it is cut, and shows no value and no part of one', () => {
    fc.assert(
      fc.property(plantedText(6), fc.array(fc.nat(600), { maxLength: 60 }), ({ text, values }, cuts) => {
        const masked = rewriteText(text, rules, rewriteByRule);
        for (const value of values) expect(showsPart(secretOf(value), masked, { text, values })).toBe(false);
        for (const value of values) expect(masked).not.toContain(value);
        expectMasked(cutAt(text, cuts), masked);
      }),
      { numRuns: 1_500 },
    );
  });

  test('is masked as the whole is when it comes unit by unit', () => {
    fc.assert(
      fc.property(plantedText(3), ({ text }) => {
        expectMasked(text.split(''), rewriteText(text, rules, rewriteByRule));
      }),
      { numRuns: 300 },
    );
  });

  test('is masked as the whole is for every way to cut a short one', () => {
    fc.assert(
      fc.property(plantedValue, fc.constantFrom('', 'x ', '😀'), fc.constantFrom('', '.', ' y'), (value, before, after) => {
        const text = `${before}${value}${after}`;
        const masked = rewriteText(text, rules, rewriteByRule);
        // All subsets of the borders of the last nine units, and of the first nine: 2 × 2^9 ways, each with the rest in one piece.
        for (const from of [0, Math.max(0, text.length - 10)]) {
          for (let subset = 0; subset < 512; subset++) {
            const cuts = Array.from({ length: 9 }, (_, at) => (subset & (1 << at) ? from + at + 1 : 0));
            expectMasked(cutAt(text, cuts), masked);
          }
        }
      }),
      { numRuns: 12 },
    );
  });

  test('is let go at once where nothing in it can become a value', () => {
    const filter = new TextFilter(rules, rewriteByRule);
    expect(filter.push('Canal locks lift boats. ')).toBe('Canal locks lift boats. ');
    expect(filter.isHolding).toBe(false);
  });
});

describe('JSON in pieces', () => {
  test('stays JSON and holds no value, however it is cut', () => {
    fc.assert(
      fc.property(plantedText(2), fc.array(fc.nat(400), { maxLength: 30 }), fc.boolean(), ({ text, values }, cuts, isEscaped) => {
        const source = JSON.stringify({ note: text, 'a "key"': [`\\${text}`, 4111111111111111, true, null] });
        const written = isEscaped ? source.replaceAll('@', '\\u0040') : source;
        const filter = new JsonFilter(rules, rewriteByRule);
        const sent =
          cutAt(written, cuts)
            .map((piece) => filter.push(piece))
            .join('') + filter.flush();
        const value = JSON.parse(sent) as { note: string; 'a "key"': unknown[] };
        expect(value.note).toBe(rewriteText(text, rules, rewriteByRule));
        expect(value['a "key"'][1]).toBe('[CREDIT_CARD_REDACTED]');
        for (const planted of values) expect(sent).not.toContain(planted);
        expect(JSON.parse(rewriteJson(written, rules, rewriteByRule))).toEqual(value);
      }),
      { numRuns: 400 },
    );
  });

  test('passes unchanged where nothing is found', () => {
    const text = '{"a":"\\u00e9 \\/ x","b":[1,2.5e3]}';
    expect(rewriteJson(text, rules, rewriteByRule)).toBe(text);
  });
});
