import type { Detector, Match } from '../detector.ts';
import { settle } from './settle.ts';

/** The text that a family of values is made of, and how far a decision about one reaches. */
export interface RunRules {
  /** Whether a value of the family may hold this UTF-16 unit. */
  holds(code: number): boolean;
  /** Units from a value's first one on that decide it, those of the right border included. */
  windowUnits: number;
  /** Units before a value's first one that decide it: borders, and words that say what it is. */
  contextUnits: number;
  /** Where in a run that is still open a value may begin; global or sticky flag needed. Without it: at the run's start. */
  opens?: RegExp;
}

/** What detectors of one family share; the same functions, so that a set of detectors asks each once. */
export type Run = Required<Pick<Detector, 'maxLength' | 'lookBehind' | 'pendingFrom' | 'contextFrom'>>;

/**
 * Values that lie within one run of certain characters. Such a value is decided when its run has ended, or when its window is full, so what is pending
 * begins with the run at the text's end.
 */
export function makeRun({ holds, windowUnits, contextUnits, opens }: RunRules): Run {
  // A match that reaches an index begins at most one window before it, and what cuts that match's head off at most two.
  const reachUnits = 2 * windowUnits;
  const isAsciiHeld = Uint8Array.from({ length: 0x80 }, (_, code) => Number(holds(code)));
  const isHeld = (code: number): boolean => (code < 0x80 ? isAsciiHeld[code] === 1 : holds(code));
  const startOf = (text: string, end: number, farthestUnits: number): number => {
    const least = Math.max(0, end - farthestUnits);
    let start = end;
    while (start > least && isHeld(text.charCodeAt(start - 1))) start--;
    return start;
  };
  return {
    maxLength: windowUnits,
    lookBehind: reachUnits + contextUnits,
    pendingFrom(text) {
      const start = startOf(text, text.length, windowUnits);
      if (opens === undefined || start === text.length) return start;
      opens.lastIndex = start;
      return opens.exec(text)?.index ?? text.length;
    },
    contextFrom: (text, index) => Math.max(0, startOf(text, index, reachUnits) - contextUnits),
  };
}

/** What one detector adds to its family. `candidates` may overlap; whether one stands must depend only on the family's window and context. */
export interface RunDetector {
  kinds: readonly string[];
  run: Run;
  gate?: (text: string) => boolean;
  candidates(text: string): Match[];
}

/** A detector of values that lie within one run. */
export function runDetector({ kinds, run, gate, candidates }: RunDetector): Detector {
  return {
    kinds,
    ...run,
    ...(gate && { gate }),
    find: (text) => (gate === undefined || gate(text) ? settle(candidates(text)) : []),
  };
}
