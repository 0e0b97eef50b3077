import { isRepeated, passesVerhoeff } from '../check-digits.ts';
import { NUMBER_BEGINS, NUMBER_ENDS, SEPARATOR } from '../number-run.ts';
import type { ValueRule } from '../rule-detector.ts';

/** Aadhaar: twelve digits, the first from 2 on, with Verhoeff's check digit (UIDAI). Followed by more digits it is part of something longer. */
export const INDIA_AADHAAR: ValueRule = {
  kind: 'in_aadhaar',
  pattern: new RegExp(
    `${NUMBER_BEGINS}(?<![0-9][${SEPARATOR}])[2-9][0-9]{3}([${SEPARATOR}]?)[0-9]{4}\\1[0-9]{4}${NUMBER_ENDS}(?![${SEPARATOR}][0-9])`,
  ),
  isValid: (digits) => !isRepeated(digits) && passesVerhoeff(digits),
  words: /aadh?aar|uidai|आधार/i,
  needsWords: (written) => written.length === 12,
};
