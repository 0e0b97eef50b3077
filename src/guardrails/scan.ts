import type { Match } from './detector.ts';
import { openEncodingAt, percentReading } from './percent-reading.ts';
import type { Rule, RuleAction } from './rule.ts';
import type { RuleSet } from './rule-set.ts';

/** A part of a text to which something is to be done: matches that overlap become one. */
export interface Region {
  start: number;
  end: number;
  kind: string;
  action: RuleAction;
  rule: Rule;
}

/** What rules make of a text. */
export interface Scan {
  /** In order, none overlapping another. */
  regions: readonly Region[];
  /** Up to where more text can change nothing; never within a region or a surrogate pair. */
  decided: number;
}

const none: readonly Region[] = [];

/**
 * Finds what rules have to say of a text, as it is written and with its percent-encoding undone.
 * @param from where text begins about which nothing is decided yet; what stands before it is only context
 * @param isWhole whether no more text will come
 */
export function scan(text: string, set: RuleSet, { from, isWhole }: { from: number; isWhole: boolean }): Scan {
  let decided = isWhole ? text.length : Math.max(from, pendingFrom(text, set));
  if (!isWhole) decided = Math.max(from, beforeHalfPair(text, decided));
  if (decided === from) return { regions: none, decided };
  const found = findAll(text, set, from);
  if (found === null) return { regions: none, decided };
  const kept: Region[] = [];
  for (const region of merge(found, set.rules)) {
    if (region.start >= decided) break;
    if (region.end > decided) {
      decided = region.start;
      break;
    }
    kept.push(region);
  }
  return { regions: kept, decided };
}

/** Where the context begins that the rules need to go on from an index. */
export function contextStart(text: string, set: RuleSet, index: number): number {
  const start = Math.min(Math.max(0, index - 1), set.contextFrom(text, index));
  const reading = text.includes('%') ? percentReading(text.slice(0, index)) : null;
  return reading === null ? start : Math.min(start, reading.starts[set.contextFrom(reading.text, reading.text.length)] ?? start);
}

function pendingFrom(text: string, set: RuleSet): number {
  const pending = set.pendingFrom(text);
  if (!text.includes('%')) return pending;
  const open = openEncodingAt(text);
  const reading = percentReading(text.slice(0, open));
  const other = set.pendingFrom(reading?.text ?? text.slice(0, open));
  return Math.min(pending, open, reading === null ? other : (reading.starts[other] ?? open));
}

function findAll(text: string, set: RuleSet, from: number): Region[] | null {
  const found = findIn(text, set, (match) => (match.start >= from ? match : null));
  const reading = percentReading(text);
  if (reading === null) return found;
  const { starts } = reading;
  const others = findIn(reading.text, set, ({ kind, start, end }) => {
    const source = { kind, start: starts[start] ?? 0, end: starts[end] ?? 0 };
    return source.start >= from ? source : null;
  });
  if (found === null || others === null) return found ?? others;
  return [...found, ...others];
}

function findIn(text: string, set: RuleSet, place: (match: Match) => Match | null): Region[] | null {
  let found: Region[] | null = null;
  for (const rule of set.worthAsking(text)) {
    for (const match of rule.detector.find(text)) {
      const placed = place(match);
      if (placed === null) continue;
      const { kind, start, end } = placed;
      (found ??= []).push({ kind, start, end, rule, action: rule.actionFor(kind) });
    }
  }
  return found;
}

/**
 * Overlapping regions as one, so that no part of either gets through. A block decides what is done; else the longest match, then the rule that is
 * listed first; one of our own tokens does only where it stands alone.
 */
function merge(found: Region[], rules: readonly Rule[]): Region[] {
  if (found.length === 1) return found;
  found.sort((one, other) => one.start - other.start || other.end - one.end);
  const merged: Region[] = [];
  let winner: Region | undefined;
  let last: Region | undefined;
  for (const region of found) {
    if (last === undefined || winner === undefined || region.start >= last.end) {
      winner = region;
      last = { ...region };
      merged.push(last);
      continue;
    }
    if (isStronger(region, winner, rules)) winner = region;
    const { kind, action, rule } = winner;
    Object.assign(last, { kind, action, rule, end: Math.max(last.end, region.end) });
  }
  return merged;
}

function isStronger(region: Region, other: Region, rules: readonly Rule[]): boolean {
  const byAction = strength(region) - strength(other);
  if (byAction !== 0) return byAction > 0;
  const byLength = region.end - region.start - (other.end - other.start);
  return byLength === 0 ? rules.indexOf(region.rule) < rules.indexOf(other.rule) : byLength > 0;
}

function strength({ action }: Region): number {
  if (action === 'block') return 2;
  return action === 'restore' ? 0 : 1;
}

/** An index that does not part a surrogate pair. */
function beforeHalfPair(text: string, at: number): number {
  if (at === 0) return at;
  const unit = text.charCodeAt(at - 1);
  return unit >= 0xd800 && unit <= 0xdbff ? at - 1 : at;
}
