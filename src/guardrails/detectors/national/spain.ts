import { WORD_BEGINS } from '../number-run.ts';
import type { ValueRule } from '../rule-detector.ts';

/** The letter for a number modulo 23 (Ministerio del Interior). */
const LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';
const ENDS = '(?![A-Za-z0-9_])';
const BEGINS = `${WORD_BEGINS}(?<![0-9][.-])`;

/** Documento nacional de identidad: eight digits and their letter. */
export const SPAIN_DNI: ValueRule = {
  kind: 'es_dni',
  pattern: new RegExp(
    `${BEGINS}(?:[0-9]{8}[ -]?[${LETTERS}]|[0-9]{8}-?[${LETTERS.toLowerCase()}]|[0-9]{2}\\.[0-9]{3}\\.[0-9]{3}-?[${LETTERS}])${ENDS}`,
  ),
  isValid: (value) => LETTERS[Number(value.slice(0, 8)) % 23] === value[8],
};

/** Número de identidad de extranjero: X, Y or Z for the first digit, then as the DNI. */
export const SPAIN_NIE: ValueRule = {
  kind: 'es_nie',
  pattern: new RegExp(`${BEGINS}[XYZxyz]-?[0-9]{7}-?[A-Za-z]${ENDS}`),
  isValid: (value) => LETTERS[Number(`${'XYZ'.indexOf(value.charAt(0))}${value.slice(1, 8)}`) % 23] === value[8],
};
