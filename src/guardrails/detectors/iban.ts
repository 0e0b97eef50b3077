import { isValidIBAN } from 'ibantools';
import type { Detector, Match } from '../detector.ts';
import { eachMatch } from './each-match.ts';
import { SEPARATOR, WORD_BEGINS } from './number-run.ts';
import { runDetector } from './run.ts';
import { spacedRun } from './spaced-run.ts';

const SHORTEST = 15;
const LONGEST = 34;
const BEGINS = `${WORD_BEGINS}[A-Za-z]{2}[0-9]{2}`;
const GATE = new RegExp(`${BEGINS}[${SEPARATOR}A-Za-z0-9]{11}`);
const IN_ONE_PIECE = new RegExp(`^[A-Za-z0-9]{${SHORTEST},${LONGEST}}(?![A-Za-z0-9_])`);
/** Fours, the last group shorter or not; four groups at least. */
const IN_GROUPS = new RegExp(`^[A-Z]{2}[0-9]{2}(?:[${SEPARATOR}][A-Z0-9]{4}){2,7}(?:[${SEPARATOR}][A-Z0-9]{1,4})?`);

/** International bank account numbers: length and structure of their country, check digits (ISO 13616); in one piece or in groups of four. */
export function ibanDetector(): Detector {
  const begins = new RegExp(BEGINS, 'g');
  const candidates = (text: string): Match[] => {
    const found: Match[] = [];
    eachMatch(begins, text, ({ index }) => {
      const length = ibanLength(text.slice(index, index + LONGEST + 12));
      if (length > 0) found.push({ kind: 'iban', start: index, end: index + length });
    });
    return found;
  };
  return runDetector({ kinds: ['iban'], run: spacedRun, gate: (text) => GATE.test(text), candidates });
}

/** How many units at the start of `rest` are an IBAN; 0 when none. */
function ibanLength(rest: string): number {
  const piece = IN_ONE_PIECE.exec(rest)?.[0];
  if (piece !== undefined) return isValidIBAN(piece.toUpperCase()) ? piece.length : 0;
  let written = IN_GROUPS.exec(rest)?.[0] ?? '';
  // Words in capitals may follow; the country says how long it is, so at most one length is right.
  while (written.length >= SHORTEST) {
    const isWhole = !/[A-Za-z0-9_]/.test(rest.charAt(written.length));
    if (isWhole && isValidIBAN(written.replace(/[^A-Z0-9]+/g, ''))) return written.length;
    written = written.slice(0, written.search(/.[A-Z0-9]+$/));
  }
  return 0;
}
