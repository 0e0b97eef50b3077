import { CONTEXT_UNITS } from './context-words.ts';
import { makeRun } from './run.ts';

const PUNCTUATION = new Set(Array.from("%'+-./:<=@_", (character) => character.charCodeAt(0)));

/**
 * Values without spaces: addresses, keys, tokens, most identity numbers. 320 units hold the longest e-mail address (64 + 1 + 253) with its borders.
 */
export const wordRun = makeRun({ holds: isOfWord, windowUnits: 320, contextUnits: CONTEXT_UNITS });

/** Letters of alphabets that put spaces between words (Latin, Greek, Cyrillic); in others a word may touch an address that is not part of it. */
export function isForeignLetter(code: number): boolean {
  return (code >= 0xc0 && code <= 0x24f && code !== 0xd7 && code !== 0xf7) || (code >= 0x370 && code <= 0x52f);
}

function isOfWord(code: number): boolean {
  if (code >= 0x80) return isForeignLetter(code);
  return (
    (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39) || PUNCTUATION.has(code)
  );
}
