import { CONTEXT_UNITS } from './context-words.ts';
import { makeRun } from './run.ts';

/** What people put between digits, to stand first in a character class: spaces (also no-break and thin) and hyphens (also the typographic ones). */
export const SEPARATOR = '- \\u00a0\\u2007\\u2009\\u202f\\u2010-\\u2015\\u2212';

/** Before a value: no letter or digit, but those of an escape (`\n` in JSON within JSON) are none. */
export const WORD_BEGINS = String.raw`(?<!(?<!\\)[A-Za-z0-9_])`;

/** Before a number: no letter or digit, and not the rest of a longer number, a version, a date or a UUID. */
export const NUMBER_BEGINS = `${WORD_BEGINS}(?<![0-9][.-])(?<![0-9a-f]{4}-)`;

/** After a number: no letter or digit, and no further digits behind a point or hyphen. */
export const NUMBER_ENDS = '(?![A-Za-z0-9_])(?![.-][0-9])';

const SEVEN_DIGITS = new RegExp(`[0-9](?:[${SEPARATOR}./()]{0,2}[0-9]){6}`);

/** Whether a text holds seven digits close together: no value of this family has fewer. */
export const hasSevenDigits = (text: string): boolean => SEVEN_DIGITS.test(text);

/** Numbers with their separators: cards, phones, national numbers. */
export const numberRun = makeRun({ holds: isOfNumber, windowUnits: 48, contextUnits: CONTEXT_UNITS, opens: /[0-9+(]/g });

function isOfNumber(code: number): boolean {
  // Hyphen to nine: digits, point, slash; parentheses; plus.
  return (code >= 0x2d && code <= 0x39) || code === 0x28 || code === 0x29 || code === 0x2b || isSeparator(code);
}

/** Whether a UTF-16 unit is one of `SEPARATOR`. */
export function isSeparator(code: number): boolean {
  if (code < 0x80) return code === 0x20 || code === 0x2d;
  if (code === 0xa0 || code === 0x2212) return true;
  return code === 0x2007 || code === 0x2009 || code === 0x202f || (code >= 0x2010 && code <= 0x2015);
}
