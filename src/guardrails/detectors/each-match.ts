/** Calls `visit` for every index where `pattern` (global, without the `u` flag) matches: also for matches that overlap an earlier one. */
export function eachMatch(pattern: RegExp, text: string, visit: (match: RegExpExecArray) => void): void {
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    visit(match);
    pattern.lastIndex = match.index + 1;
  }
}
