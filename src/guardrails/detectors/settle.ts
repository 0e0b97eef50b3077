import type { Match } from '../detector.ts';

/**
 * Makes matches that may overlap into matches that do not: the earlier one stays whole, a later one keeps what lies behind it, one that lies inside is
 * dropped. What is found at an index depends on nothing but the matches that cover it, so no chain of overlaps reaches further than one match.
 */
export function settle(matches: Match[]): Match[] {
  matches.sort((a, b) => a.start - b.start || b.end - a.end);
  const settled: Match[] = [];
  let covered = 0;
  for (const match of matches) {
    if (match.end <= covered) continue;
    settled.push(match.start >= covered ? match : { ...match, start: covered });
    covered = match.end;
  }
  return settled;
}
