import type { Detector, Match } from '../detector.ts';
import { type CardBrand, cardBrand } from '../patterns/card-brands.ts';
import { passesLuhn } from './check-digits.ts';
import { hasContext } from './context-words.ts';
import { eachMatch } from './each-match.ts';
import { hasSevenDigits, NUMBER_BEGINS, numberRun, SEPARATOR } from './number-run.ts';
import { runDetector } from './run.ts';

const LONGEST = 19;
/** How issuers group digits: one block; fours and a rest; American Express; Diners Club; two halves. */
const GROUPS = /^(?:[0-9]+|4-4-4-[1-4](?:-[1-3])?|4-6-[45]|8-8)$/;
/** Thirteen digits of a product may pass for a card, fifteen of a device. */
const OTHERWISE = /\b(?:ean|gtin|upc|isbn|issn|imei|iccid|sim)\b[^A-Za-z0-9]{0,4}$/i;
const ENDS = /^(?![A-Za-z0-9_])(?![.-][0-9])/;

/** What may be asked of the card detector besides its defaults. */
export interface CreditCardOptions {
  /** What its matches are called; `credit_card` by default. */
  kind?: string;
  /** Brands that count; all by default. */
  brands?: readonly CardBrand[];
}

/**
 * Payment card numbers: a known prefix with a length that its brand issues, groups as printed on cards, and the Luhn check (ISO/IEC 7812-1).
 */
export function creditCardDetector({ kind = 'credit_card', brands }: CreditCardOptions = {}): Detector {
  const begins = new RegExp(`${NUMBER_BEGINS}[0-9](?:[${SEPARATOR}]?[0-9]){11,${LONGEST - 1}}`, 'g');
  const counts = (digits: string): boolean => {
    const brand = cardBrand(digits);
    return brand !== undefined && (brands === undefined || brands.includes(brand)) && passesLuhn(digits);
  };
  const candidates = (text: string): Match[] => {
    const found: Match[] = [];
    eachMatch(begins, text, ({ 0: run, index }) => {
      const length = cardLength(run, text.slice(index, index + run.length + 2), counts);
      if (length > 0 && !hasContext(text, index, OTHERWISE)) found.push({ kind, start: index, end: index + length });
    });
    return found;
  };
  return runDetector({ kinds: [kind], run: numberRun, gate: hasSevenDigits, candidates });
}

/** How many units of `run` are a card number, the longest first; 0 when none. `rest` is the run and what follows it. */
function cardLength(run: string, rest: string, counts: (digits: string) => boolean): number {
  const groups = run.match(/[0-9]+/g) ?? [];
  for (let count = groups.length; count > 0; count--) {
    const taken = groups.slice(0, count);
    const length = taken.reduce((sum, group) => sum + group.length + 1, -1);
    if (!GROUPS.test(count === 1 ? '0' : taken.map((group) => group.length).join('-'))) continue;
    if (ENDS.test(rest.slice(length, length + 2)) && counts(taken.join(''))) return length;
  }
  return 0;
}
