import type { Detector } from '../detector.ts';
import { weightedSum } from './check-digits.ts';
import { hasSevenDigits, NUMBER_BEGINS, NUMBER_ENDS, numberRun } from './number-run.ts';
import { ruleDetector } from './rule-detector.ts';

/** Federal Reserve districts, thrifts, electronic numbers, traveller's cheques (ABA Routing Number Policy). */
const DISTRICT = '(?:0[0-9]|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)';
const WORDS = /routing|\baba\b|\brtn\b|transit\s?(?:no|num)|\bach\b|\bwire\b|\bfedwire\b|\bbank\b/i;
const WEIGHTS = [3, 7, 1, 3, 7, 1, 3, 7, 1];

/** United States bank routing numbers: nine digits of a known district with their check digit, behind words that say so. */
export function usBankRoutingDetector(): Detector {
  return ruleDetector(
    {
      kind: 'us_bank_routing',
      pattern: new RegExp(`${NUMBER_BEGINS}${DISTRICT}[0-9]{7}${NUMBER_ENDS}`),
      isValid: (digits) => digits !== '000000000' && weightedSum(digits, WEIGHTS) % 10 === 0,
      words: WORDS,
    },
    numberRun,
    hasSevenDigits,
  );
}
