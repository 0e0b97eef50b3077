import { RE2JS } from 're2js';
import type { Detector, Match } from '../detector.ts';
import { longestMatch } from './pattern-length.ts';
import { settle } from './settle.ts';

/** How long a match may be when the pattern has no bound and nothing else is configured. */
const DEFAULT_LONGEST = 256;
const MOST_LONGEST = 8_192;

/** An operator's pattern. */
export interface PatternOptions {
  /** What its matches are called. */
  name: string;
  /** In RE2's syntax: no look-around, no back-references. */
  pattern: string;
  ignoreCase?: boolean;
  /** Longest match in UTF-16 units; what would be longer is no match. By default the pattern's own bound, else 256. */
  maxLength?: number;
}

/**
 * Finds an operator's pattern on an engine whose time is linear (RE2's algorithms), so that no pattern can stop the process. A stream keeps back as
 * much text as the longest match takes: give the pattern bounds (`{1,20}` instead of `+`), or begin it with at least two plain characters.
 * @throws Error saying what is wrong with the pattern
 */
export function patternDetector({ name, pattern, ignoreCase = false, maxLength }: PatternOptions): Detector {
  const compiled = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  if (compiled.matches(''))
    throw new Error(`the pattern "${pattern}" of "${name}" matches empty text; make it require at least one character`);
  const bound = longestMatch(pattern);
  const longest = Math.min(maxLength ?? bound ?? DEFAULT_LONGEST, MOST_LONGEST);
  const search: Search = { compiled, longest, isBounded: bound !== null && bound <= longest };
  const prefix = ignoreCase ? '' : plainPrefix(pattern);
  const find = (text: string): Match[] => settle(matchesOf(text, search).map((match) => ({ kind: name, ...match })));
  const shared = { kinds: [name], maxLength: longest, lookBehind: 2 * longest + 4, find };
  if (prefix === '') return { ...shared, pendingFrom: (text) => Math.max(0, text.length - longest - 2) };
  return {
    ...shared,
    gate: (text) => text.includes(prefix),
    pendingFrom(text) {
      const least = Math.max(0, text.length - longest - 2);
      const whole = text.indexOf(prefix, least);
      return whole >= 0 ? whole : Math.max(least, partialPrefix(text, prefix));
    },
  };
}

interface Search {
  compiled: RE2JS;
  longest: number;
  /** No match can be longer than `longest`. */
  isBounded: boolean;
}

/** The match at each index where there is one. */
function matchesOf(text: string, { compiled, longest, isBounded }: Search): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  const matcher = compiled.matcher(text);
  for (let from = 0; from < text.length && matcher.find(from);) {
    const start = matcher.start(0);
    const end = isBounded ? matcher.end(0) : boundedEnd(text, start, { compiled, longest, isBounded });
    if (end > start && end - start <= longest) found.push({ start, end });
    from = start + 1;
  }
  return found;
}

/**
 * The end of the match at `start` by the text that a match may take, and no more: what follows further off must not decide, because a stream may not
 * have seen it. A match that takes all of that text is too long, or ends only because the text does.
 */
function boundedEnd(text: string, start: number, { compiled, longest }: Search): number {
  const before = Math.min(start, 2);
  const near = text.slice(start - before, start + longest + 2);
  const matcher = compiled.matcher(near);
  if (!matcher.find(before) || matcher.start(0) !== before) return start;
  const end = start + matcher.end(0) - before;
  return end > start + longest ? start : end;
}

/** Plain characters that every match begins with; empty when there are fewer than two. */
function plainPrefix(pattern: string): string {
  if (pattern.includes('|')) return '';
  const plain = /^(?:\\b)?([A-Za-z0-9_@#:-]{2,})(.?)/.exec(pattern);
  const prefix = plain?.[1] ?? '';
  const isRepeated = /[*+?{]/.test(plain?.[2] ?? '');
  return isRepeated ? (prefix.length > 2 ? prefix.slice(0, -1) : '') : prefix;
}

/** Where the text's end may be the beginning of the prefix. */
function partialPrefix(text: string, prefix: string): number {
  for (let length = Math.min(prefix.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(prefix.slice(0, length))) return text.length - length;
  }
  return text.length;
}
