import { passesLuhn } from '../check-digits.ts';
import { NUMBER_BEGINS, NUMBER_ENDS, SEPARATOR } from '../number-run.ts';
import type { ValueRule } from '../rule-detector.ts';

/** Social insurance number: nine digits with the Luhn check, none beginning with 0 or 8. */
export const CANADA_SIN: ValueRule = {
  kind: 'ca_sin',
  pattern: new RegExp(`${NUMBER_BEGINS}[1-79][0-9]{2}([${SEPARATOR}]?)[0-9]{3}\\1[0-9]{3}${NUMBER_ENDS}`),
  isValid: passesLuhn,
  words: /\bsin\b|social insurance|\bnas\b|assurance sociale/i,
};
