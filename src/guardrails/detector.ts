/** A value found in a text: UTF-16 indices, `end` exclusive. */
export interface Match {
  /** What it is: `email`, `credit_card`, `us_ssn` … */
  kind: string;
  start: number;
  end: number;
}

/**
 * Finds one kind of value, or several kin. Pure, linear in the text's length whatever the text, and validated: what only looks alike (a card
 * number with a wrong check digit) is no match.
 *
 * Two laws make streams safe.
 *
 * Nothing changes behind the border. For every text `a + b`: each match of `a + b` that starts before `pendingFrom(a)` is a match of `a` too, with
 * the same end, and `find(a)` has no other matches there.
 *
 * Far context is not needed. For every text and every `index`, with `c = contextFrom(text, index)`: the matches of `text.slice(c)` that start at or
 * after `index` are those of `text`. What starts before `index` may differ, so a stream looks only at what it has not sent yet.
 */
export interface Detector {
  readonly kinds: readonly string[];
  /** Longest match, in UTF-16 units: bounds what a stream holds back. */
  readonly maxLength: number;
  /** `contextFrom(text, index)` is never less than `index - lookBehind`. Who always keeps so much needs no `contextFrom`. */
  readonly lookBehind: number;
  /** A cheap question asked before `find`: when false, `find` finds nothing. Detectors that share it are asked once. */
  readonly gate?: (text: string) => boolean;
  /** Matches in order, none overlapping another. */
  find(text: string): Match[];
  /** An index before which nothing is open: a value that more text would decide begins there or later. `text.length` when nothing is pending. */
  pendingFrom(text: string): number;
  /** Where the context of `index` begins; in prose this is much nearer than `lookBehind`. Without it: `index - lookBehind`. */
  contextFrom?(text: string, index: number): number;
}
