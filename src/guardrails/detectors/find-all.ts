import type { Detector, Match } from '../detector.ts';

/** Detectors that work as one. */
export interface DetectorSet extends Required<Detector> {
  /** `find` and `pendingFrom` of one text, for the price of one. */
  scan(text: string): { matches: Match[]; pendingFrom: number };
}

/** Everything that the detectors find, each index given to one match. Where a text is read in pieces, `combine` once and keep the set. */
export function findAll(detectors: readonly Detector[], text: string): Match[] {
  return combine(detectors).find(text);
}

/**
 * One detector out of several. Where matches overlap the longest counts, then that of the detector named first, then the one that begins first; what
 * lies outside it stays a match, so that nothing found is let through. This depends on nothing but the matches that cover an index, so the laws of
 * `Detector` hold for the set as well.
 */
export function combine(detectors: readonly Detector[]): DetectorSet {
  const gates = new Set(detectors.flatMap(({ gate }) => gate ?? []));
  const ungated = detectors.some(({ gate }) => gate === undefined);
  const pendings = new Set(detectors.map((detector) => detector.pendingFrom));
  const contexts = new Set<NonNullable<Detector['contextFrom']>>(
    detectors.map((detector) => detector.contextFrom ?? ((_, index) => index - farthestContext(detector))),
  );
  const longest = Math.max(0, ...detectors.map(({ maxLength }) => maxLength));
  const find = (text: string): Match[] => {
    const open = new Set<Detector['gate']>([undefined]);
    for (const gate of gates) if (gate(text)) open.add(gate);
    if (open.size === 1 && !ungated) return [];
    return resolve(detectors.map((detector) => (open.has(detector.gate) ? detector.find(text) : [])));
  };
  const scan = (text: string): { matches: Match[]; pendingFrom: number } => {
    const matches = find(text);
    let border = text.length;
    for (const pendingFrom of pendings) border = Math.min(border, pendingFrom(text));
    // What begins behind the border may yet take the end of a match that crosses it, or give back what it has taken now.
    const crossing = matches.find(({ start, end }) => start < border && end >= border);
    return { matches, pendingFrom: crossing?.start ?? border };
  };
  return {
    kinds: [...new Set(detectors.flatMap(({ kinds }) => kinds))],
    maxLength: longest,
    lookBehind: Math.max(0, ...detectors.map(farthestContext)),
    gate: (text) => ungated || [...gates].some((gate) => gate(text)),
    find,
    scan,
    pendingFrom: (text) => scan(text).pendingFrom,
    contextFrom(text, index) {
      let context = index;
      for (const contextFrom of contexts) context = Math.min(context, contextFrom(text, index));
      return Math.max(0, context);
    },
  };
}

/** Units of context that a detector needs so that what begins before an index and reaches beyond it is found as well. */
function farthestContext({ contextFrom, lookBehind, maxLength }: Detector): number {
  return contextFrom === undefined ? lookBehind + maxLength : lookBehind;
}

/** Gives each index to the best of the matches that cover it. `found` has one sorted list for each detector, the first preferred. */
function resolve(found: readonly Match[][]): Match[] {
  const ranked = found.flatMap((matches, rank) => matches.map((match) => ({ match, rank })));
  ranked.sort((a, b) => a.match.start - b.match.start);
  const isApart = ranked.every(({ match }, index) => index === 0 || (ranked[index - 1]?.match.end ?? 0) <= match.start);
  return isApart ? ranked.map(({ match }) => match) : sweep(ranked);
}

interface Ranked {
  match: Match;
  rank: number;
}

/** Goes over the borders of all matches from left to right; at most one match of each detector is open at a time. */
function sweep(ranked: readonly Ranked[]): Match[] {
  const borders = [...new Set(ranked.flatMap(({ match }) => [match.start, match.end]))].sort((a, b) => a - b);
  const settled: Match[] = [];
  let open: Ranked[] = [];
  let next = 0;
  let last: Match | undefined;
  for (const [index, start] of borders.entries()) {
    open = open.filter(({ match }) => match.end > start);
    for (let entry = ranked[next]; entry?.match.start === start; entry = ranked[++next]) open.push(entry);
    const best = open.reduce<Ranked | undefined>(
      (chosen, entry) => (chosen === undefined || isBetter(entry, chosen) ? entry : chosen),
      undefined,
    );
    const end = borders[index + 1] ?? start;
    const piece = settled.at(-1);
    if (best !== undefined && best.match === last && piece !== undefined) piece.end = end;
    else if (best !== undefined) settled.push({ kind: best.match.kind, start, end });
    last = best?.match;
  }
  return settled;
}

function isBetter(entry: Ranked, chosen: Ranked): boolean {
  const lengths = entry.match.end - entry.match.start - (chosen.match.end - chosen.match.start);
  if (lengths !== 0) return lengths > 0;
  return entry.rank !== chosen.rank ? entry.rank < chosen.rank : entry.match.start < chosen.match.start;
}
