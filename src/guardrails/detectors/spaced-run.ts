import { CONTEXT_UNITS } from './context-words.ts';
import { isSeparator, SEPARATOR, WORD_BEGINS } from './number-run.ts';
import { makeRun, type Run } from './run.ts';
import { wordRun } from './word-run.ts';

const capitals = makeRun({
  holds: (code) => (code >= 0x2d && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || isSeparator(code),
  windowUnits: 48,
  contextUnits: CONTEXT_UNITS,
  opens: new RegExp(`${WORD_BEGINS}(?:[0-9]|[A-Z]{1,2}[${SEPARATOR}]?(?:$|[0-9]))`, 'g'),
});

/**
 * Numbers that mix in letters, written in one piece, or in capitals with separators: IBANs, identity numbers. They begin with a digit, or with one or
 * two letters and a digit (so that sentences in capitals are not held back); in one piece they may begin with anything.
 */
export const spacedRun: Run = {
  maxLength: Math.max(capitals.maxLength, wordRun.maxLength),
  lookBehind: Math.max(capitals.lookBehind, wordRun.lookBehind),
  pendingFrom: (text) => Math.min(capitals.pendingFrom(text), wordRun.pendingFrom(text)),
  contextFrom: (text, index) => Math.min(capitals.contextFrom(text, index), wordRun.contextFrom(text, index)),
};
