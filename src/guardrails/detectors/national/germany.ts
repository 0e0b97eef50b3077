import { checkDigit1110, checkDigit731 } from '../check-digits.ts';
import { NUMBER_BEGINS, NUMBER_ENDS } from '../number-run.ts';
import type { ValueRule } from '../rule-detector.ts';

/** Whether among the first ten digits exactly one occurs twice or three times (Bundeszentralamt für Steuern, rules since 2016). */
function isPlausible(digits: string): boolean {
  const counts = new Map<string, number>();
  for (const digit of digits.slice(0, 10)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  const repeated = [...counts.values()].filter((count) => count > 1);
  return repeated.length === 1 && (repeated[0] ?? 0) <= 3;
}

/** Steuerliche Identifikationsnummer: eleven digits, check digit by ISO/IEC 7064, MOD 11,10. */
export const GERMANY_TAX_ID: ValueRule = {
  kind: 'de_tax_id',
  pattern: new RegExp(`${NUMBER_BEGINS}[1-9][0-9](?:[0-9]{9}| [0-9]{3} [0-9]{3} [0-9]{3})${NUMBER_ENDS}`),
  isValid: (digits) => isPlausible(digits) && checkDigit1110(digits.slice(0, 10)) === Number(digits[10]),
};

/** Serial numbers of German passports and identity cards with their check digit: no vowels, weights 7, 3, 1. */
export const GERMANY_PASSPORT: ValueRule = {
  kind: 'de_passport',
  pattern: /(?<!(?<!\\)[A-Za-z0-9_])[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}[0-9](?:D|(?![A-Za-z0-9_]))(?![A-Za-z0-9_])/,
  isValid: (value) => /[0-9].*[0-9]/.test(value.slice(0, 9)) && checkDigit731(value.slice(0, 9)) === Number(value[9]),
  words: /passport|reisepass|\bpass\b|pass-?(?:nr|nummer|no)|ausweis|identity card|\bid card\b|perso\b/i,
};
