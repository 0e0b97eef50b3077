import type { Detector, Match } from '../detector.ts';
import { hasContext } from './context-words.ts';
import { eachMatch } from './each-match.ts';
import { type Run, runDetector } from './run.ts';

/** A kind of value that a pattern proposes and a check confirms. */
export interface ValueRule {
  kind: string;
  /** Bounded, with borders before and behind. */
  pattern: RegExp;
  /** Whether the value, without its separators and in capitals, is one. */
  isValid(value: string): boolean;
  /** Words that must stand before a value that could as well be something else. */
  words?: RegExp;
  /** Whether a value as written needs those words; by default each does. */
  needsWords?(written: string): boolean;
}

/** A detector for one rule. */
export function ruleDetector(
  { kind, pattern, isValid, words, needsWords }: ValueRule,
  run: Run,
  gate?: (text: string) => boolean,
): Detector {
  const matcher = new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`);
  const candidates = (text: string): Match[] => {
    const found: Match[] = [];
    eachMatch(matcher, text, ({ 0: written, index }) => {
      if (!isValid(written.replace(/[^A-Za-z0-9]+/g, '').toUpperCase())) return;
      const isUnclear = words !== undefined && (needsWords?.(written) ?? true);
      if (!isUnclear || hasContext(text, index, words)) found.push({ kind, start: index, end: index + written.length });
    });
    return found;
  };
  return runDetector({ kinds: [kind], run, ...(gate && { gate }), candidates });
}
