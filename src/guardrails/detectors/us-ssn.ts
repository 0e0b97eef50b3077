import type { Detector, Match } from '../detector.ts';
import { hasContext } from './context-words.ts';
import { eachMatch } from './each-match.ts';
import { hasSevenDigits, NUMBER_BEGINS, NUMBER_ENDS, numberRun, SEPARATOR } from './number-run.ts';
import { runDetector } from './run.ts';

/** Areas 000, 666 and 9xx, group 00 and serial 0000 were never issued (Social Security Administration, "SSN randomization"). */
const AREA = '(?!000|666|9)[0-9]{3}';
const GROUP = '(?!00)[0-9]{2}';
const SERIAL = '(?!0000)[0-9]{4}';
const WORDS = /\bssns?\b|social[\s_-]{0,3}sec|\bss\s?(?:#|no\b|num)|\bitin\b|tax\s?payer/i;

/** United States social security numbers: grouped by hyphens, points or spaces, or nine digits behind words that say so. */
export function usSsnDetector(): Detector {
  const pattern = new RegExp(`${NUMBER_BEGINS}${AREA}([${SEPARATOR}.]?)${GROUP}\\1${SERIAL}${NUMBER_ENDS}`, 'g');
  const candidates = (text: string): Match[] => {
    const found: Match[] = [];
    eachMatch(pattern, text, ({ 0: value, 1: separator, index }) => {
      if (separator === '' && !hasContext(text, index, WORDS)) return;
      found.push({ kind: 'us_ssn', start: index, end: index + value.length });
    });
    return found;
  };
  return runDetector({ kinds: ['us_ssn'], run: numberRun, gate: hasSevenDigits, candidates });
}
