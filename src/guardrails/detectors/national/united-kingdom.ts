import { isRepeated, weightedSum } from '../check-digits.ts';
import { NUMBER_BEGINS, NUMBER_ENDS, SEPARATOR, WORD_BEGINS } from '../number-run.ts';
import type { ValueRule } from '../rule-detector.ts';

/** NHS number: ten digits, the last a check modulo 11 (NHS Data Dictionary). As many phone numbers pass as one in eleven, so words must say it. */
export const UK_NHS: ValueRule = {
  kind: 'uk_nhs',
  pattern: new RegExp(`${NUMBER_BEGINS}[0-9]{3}([${SEPARATOR}]?)[0-9]{3}\\1[0-9]{4}${NUMBER_ENDS}`),
  isValid: (digits) => !isRepeated(digits) && weightedSum(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0,
  words: /\bnhs\b|health service|patient|hospital/i,
};

/** National insurance number: prefixes that HMRC gives out, six digits, A to D (National Insurance Manual, NIM39110). No check digit exists. */
export const UK_NINO: ValueRule = {
  kind: 'uk_nino',
  pattern: new RegExp(
    `${WORD_BEGINS}(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]([${SEPARATOR}]?)[0-9]{2}\\1[0-9]{2}\\1[0-9]{2}\\1[A-D](?![A-Za-z0-9_])`,
  ),
  isValid: () => true,
};
