import { WORD_BEGINS } from '../number-run.ts';
import type { ValueRule } from '../rule-detector.ts';

/** What a character at an odd place counts, from 0 and A on (Decreto ministeriale 23 December 1976). */
const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

function checkCharacter(value: string): string {
  let sum = 0;
  for (let index = 0; index < 15; index++) {
    const amount = Number.parseInt(value.charAt(index), 36);
    const place = amount > 9 ? amount - 10 : amount;
    sum += index % 2 === 0 ? (ODD[place] ?? 0) : place;
  }
  return String.fromCharCode(65 + (sum % 26));
}

/** In the places of digits these letters may stand, where two persons would have the same code. */
const DIGIT = '[0-9LMNPQRSTUV]';

/** Codice fiscale: name, birth, municipality and a check character. */
export const ITALY_FISCAL_CODE: ValueRule = {
  kind: 'it_fiscal_code',
  pattern: new RegExp(`${WORD_BEGINS}[A-Z]{6}${DIGIT}{2}[ABCDEHLMPRST]${DIGIT}{2}[A-Z]${DIGIT}{3}[A-Z](?![A-Za-z0-9_])`, 'i'),
  isValid: (value) => checkCharacter(value) === value[15],
};
