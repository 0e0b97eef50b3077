import { weightedSum } from '../check-digits.ts';
import { NUMBER_BEGINS, NUMBER_ENDS } from '../number-run.ts';
import type { ValueRule } from '../rule-detector.ts';

/** Whether the first six digits are a day; the month says the century (1800s +80, 2000s +20, 2100s +40, 2200s +60). */
function isBirthday(digits: string): boolean {
  const month = Number(digits.slice(2, 4)) % 20;
  const day = Number(digits.slice(4, 6));
  return month >= 1 && month <= 12 && day >= 1 && day <= (month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31);
}

/** Powszechny Elektroniczny System Ewidencji Ludności: birthday, serial, check digit. */
export const POLAND_PESEL: ValueRule = {
  kind: 'pl_pesel',
  pattern: new RegExp(`${NUMBER_BEGINS}[0-9]{11}${NUMBER_ENDS}`),
  isValid: (digits) => isBirthday(digits) && weightedSum(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0,
};
