import { isRepeated, weightedSum } from '../check-digits.ts';
import { NUMBER_BEGINS, NUMBER_ENDS } from '../number-run.ts';
import type { ValueRule } from '../rule-detector.ts';

/** Burgerservicenummer: nine digits (the first may be left out when it is 0) that pass the eleven test (Rijksdienst voor Identiteitsgegevens). */
export const NETHERLANDS_BSN: ValueRule = {
  kind: 'nl_bsn',
  pattern: new RegExp(
    `${NUMBER_BEGINS}(?:[0-9]{8,9}|[0-9]{4}\\.[0-9]{2}\\.[0-9]{3}|[0-9]{3}[ .][0-9]{3}[ .][0-9]{3})${NUMBER_ENDS}`,
  ),
  isValid: (value) => {
    const digits = value.padStart(9, '0');
    return !isRepeated(digits) && weightedSum(digits, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0;
  },
  words: /\bbsn\b|burger\s?service|\bsofi/i,
};
