import { isRepeated, weightedSum } from '../check-digits.ts';
import { NUMBER_BEGINS, NUMBER_ENDS } from '../number-run.ts';
import type { ValueRule } from '../rule-detector.ts';

/** The check digit over weights that end with 2: eleven minus the remainder, 0 for two digits (Receita Federal). */
function checkDigit(digits: string, weights: readonly number[]): string {
  const remainder = weightedSum(digits, weights) % 11;
  return String(remainder < 2 ? 0 : 11 - remainder);
}

const CPF = [11, 10, 9, 8, 7, 6, 5, 4, 3, 2];
const CNPJ = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];

/** Cadastro de Pessoas Físicas: tax number of a person. */
export const BRAZIL_CPF: ValueRule = {
  kind: 'br_cpf',
  pattern: new RegExp(`${NUMBER_BEGINS}(?:[0-9]{3}\\.[0-9]{3}\\.[0-9]{3}-[0-9]{2}|[0-9]{9}-?[0-9]{2})${NUMBER_ENDS}`),
  isValid: (digits) =>
    !isRepeated(digits) &&
    digits[9] === checkDigit(digits.slice(0, 9), CPF.slice(1)) &&
    digits[10] === checkDigit(digits.slice(0, 10), CPF),
  words: /\bcpf\b|cadastro|contribuinte/i,
  needsWords: (written) => !written.includes('.'),
};

/** Cadastro Nacional da Pessoa Jurídica: tax number of a company, often one of a single person. */
export const BRAZIL_CNPJ: ValueRule = {
  kind: 'br_cnpj',
  pattern: new RegExp(`${NUMBER_BEGINS}(?:[0-9]{2}\\.[0-9]{3}\\.[0-9]{3}/[0-9]{4}-[0-9]{2}|[0-9]{14})${NUMBER_ENDS}`),
  isValid: (digits) =>
    !isRepeated(digits) &&
    digits[12] === checkDigit(digits.slice(0, 12), CNPJ.slice(1)) &&
    digits[13] === checkDigit(digits.slice(0, 13), CNPJ),
  words: /\bcnpj\b|cadastro|empresa/i,
  needsWords: (written) => !written.includes('.'),
};
