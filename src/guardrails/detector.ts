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
 * The law that makes streams safe, for every text `a + b`: each match of `a + b` that starts before `pendingFrom(a)` is a match of `a` too, with
 * the same end, and `find(a)` has no other matches there. `find` looks back at most `lookBehind` units before a match, so that a stream keeps no more
 * context than that.
 */
export interface Detector {
  readonly kinds: readonly string[];
  /** Longest match, in UTF-16 units: bounds what a stream holds back. */
  readonly maxLength: number;
  readonly lookBehind: number;
  /** Matches in order, none overlapping another. */
  find(text: string): Match[];
  /** The smallest index at which a value may begin that more text would decide; `text.length` when nothing is pending. */
  pendingFrom(text: string): number;
}
