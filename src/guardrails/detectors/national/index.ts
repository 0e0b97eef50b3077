import type { Detector } from '../../detector.ts';
import { hasRunOf } from '../has-run-of.ts';
import { hasSevenDigits, numberRun, SEPARATOR } from '../number-run.ts';
import { ruleDetector, type ValueRule } from '../rule-detector.ts';
import { spacedRun } from '../spaced-run.ts';
import { wordRun } from '../word-run.ts';
import { BRAZIL_CNPJ, BRAZIL_CPF } from './brazil.ts';
import { CANADA_SIN } from './canada.ts';
import { FRANCE_NIR } from './france.ts';
import { GERMANY_PASSPORT, GERMANY_TAX_ID } from './germany.ts';
import { INDIA_AADHAAR } from './india.ts';
import { ITALY_FISCAL_CODE } from './italy.ts';
import { NETHERLANDS_BSN } from './netherlands.ts';
import { POLAND_PESEL } from './poland.ts';
import { SPAIN_DNI, SPAIN_NIE } from './spain.ts';
import { UK_NHS, UK_NINO } from './united-kingdom.ts';

/** Numbers made of digits and separators. */
const OF_DIGITS: readonly ValueRule[] = [
  GERMANY_TAX_ID,
  UK_NHS,
  NETHERLANDS_BSN,
  INDIA_AADHAAR,
  BRAZIL_CPF,
  BRAZIL_CNPJ,
  CANADA_SIN,
  POLAND_PESEL,
];

/** Numbers that mix in letters. */
const WITH_LETTERS: readonly ValueRule[] = [UK_NINO, SPAIN_DNI, SPAIN_NIE, FRANCE_NIR];

/** Detectors of national tax and identity numbers, by kind. */
export function nationalDetectors(): Readonly<Record<string, () => Detector>> {
  return {
    [GERMANY_PASSPORT.kind]: () => ruleDetector(GERMANY_PASSPORT, wordRun, hasRunOf(10, /[A-Z0-9]/)),
    [ITALY_FISCAL_CODE.kind]: () => ruleDetector(ITALY_FISCAL_CODE, wordRun, hasRunOf(16, /[A-Za-z0-9]/)),
    ...Object.fromEntries([
      ...WITH_LETTERS.map((rule) => [rule.kind, () => ruleDetector(rule, spacedRun, hasSixDigits)] as const),
      ...OF_DIGITS.map((rule) => [rule.kind, () => ruleDetector(rule, numberRun, hasSevenDigits)] as const),
    ]),
  };
}

const SIX_DIGITS = new RegExp(`[0-9](?:[${SEPARATOR}.]?[0-9]){5}`);

/** Whether a text holds six digits close together: so many stand in each of these numbers before a letter may part them. */
const hasSixDigits = (text: string): boolean => SIX_DIGITS.test(text);
