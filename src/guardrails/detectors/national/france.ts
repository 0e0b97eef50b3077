import { SEPARATOR, WORD_BEGINS } from '../number-run.ts';
import type { ValueRule } from '../rule-detector.ts';

const GAP = `[${SEPARATOR}.]?`;

/** Numéro d'inscription au répertoire (social security): sex (7 and 8: provisional), year, month, department (2A and 2B are Corsica), commune, order, key modulo 97 (INSEE). */
export const FRANCE_NIR: ValueRule = {
  kind: 'fr_nir',
  pattern: new RegExp(
    `${WORD_BEGINS}(?<![0-9][.-])[1278]${GAP}[0-9]{2}${GAP}(?:0[1-9]|[1-9][0-9])${GAP}(?:[0-9]{2}|2[AB])${GAP}[0-9]{3}${GAP}[0-9]{3}${GAP}[0-9]{2}(?![A-Za-z0-9_])(?![.-][0-9])`,
  ),
  isValid: (value) => 97 - (Number(value.slice(0, 13).replace('2A', '19').replace('2B', '18')) % 97) === Number(value.slice(13)),
};
