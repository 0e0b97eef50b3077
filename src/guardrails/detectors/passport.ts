import type { Detector, Match } from '../detector.ts';
import { checkDigit731 } from './check-digits.ts';
import { eachMatch } from './each-match.ts';
import { hasRunOf } from './has-run-of.ts';
import { runDetector } from './run.ts';
import { wordRun } from './word-run.ts';

const SHORTEST_LINE = 30;
const BEGINS = String.raw`(?<!(?<!\\)[A-Za-z0-9_<])`;
const ENDS = '(?![A-Za-z0-9_<])';
const DATE = '[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])';

/**
 * Lines of the machine-readable zone (ICAO Doc 9303): where the fields with their check digits lie. The first line of passports has names and no check
 * digit, but nothing else looks like it.
 */
const LINES: readonly { pattern: RegExp; fields: readonly (readonly [number, number])[] }[] = [
  { pattern: line('P[A-Z<][A-Z<]{3}(?=[A-Z<]{0,37}[A-Z]<<[A-Z])[A-Z][A-Z<]{38}', 44), fields: [] },
  {
    pattern: line(`[A-Z0-9<]{9}[0-9][A-Z<]{3}${DATE}[0-9][MFX<]${DATE}[0-9][A-Z0-9<]{14}[0-9<][0-9]`, 44),
    fields: [
      [0, 9],
      [13, 19],
      [21, 27],
    ],
  },
  {
    pattern: line(`[A-Z0-9<]{9}[0-9][A-Z<]{3}${DATE}[0-9][MFX<]${DATE}[0-9][A-Z0-9<]{7}[0-9]`, 36),
    fields: [
      [0, 9],
      [13, 19],
      [21, 27],
    ],
  },
  { pattern: line('[ACIP][A-Z<][A-Z<]{3}[A-Z0-9<]{9}[0-9][A-Z0-9<]{15}', 30), fields: [[5, 14]] },
  {
    pattern: line(`${DATE}[0-9][MFX<]${DATE}[0-9][A-Z<]{3}[A-Z0-9<]{11}[0-9]`, 30),
    fields: [
      [0, 6],
      [8, 14],
    ],
  },
];

/** Passports, visas and identity cards by the lines of their machine-readable zone, each by its check digits. */
export function passportDetector(): Detector {
  const candidates = (text: string): Match[] => {
    const found: Match[] = [];
    for (const { pattern, fields } of LINES) {
      eachMatch(pattern, text, ({ 0: value, index }) => {
        const isValid = fields.every(([start, end]) => checkDigit731(value.slice(start, end)) === Number(value[end]));
        if (isValid) found.push({ kind: 'passport', start: index, end: index + value.length });
      });
    }
    return found;
  };
  return runDetector({
    kinds: ['passport'],
    run: wordRun,
    gate: hasRunOf(SHORTEST_LINE, /[A-Z0-9<]/),
    candidates,
  });
}

function line(pattern: string, length: number): RegExp {
  return new RegExp(`${BEGINS}(?=[A-Z0-9<]{${length}}${ENDS})${pattern}${ENDS}`, 'g');
}
