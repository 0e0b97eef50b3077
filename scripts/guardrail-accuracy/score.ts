import type { Sample, Span } from './texts.ts';

/** How well one side did at one kind. */
export interface Score {
  planted: number;
  found: number;
  labelled: number;
  labelledFound: number;
  /** Spans of this kind that the side reported, and those of them that lie on no value of the kind. */
  reported: number;
  wrong: number;
}

/** Counts by kind. A value is found when one span of its kind covers it whole; a span is wrong when it touches no value of its kind. */
export function score(samples: readonly Sample[], reports: readonly (readonly Span[])[], kind: string): Score {
  const total: Score = { planted: 0, found: 0, labelled: 0, labelledFound: 0, reported: 0, wrong: 0 };
  for (const [index, { planted, isLabelled }] of samples.entries()) {
    const own = planted.filter((span) => span.kind === kind);
    const spans = (reports[index] ?? []).filter((span) => span.kind === kind);
    for (const { start, end } of own) {
      const isFound = spans.some((span) => span.start <= start && span.end >= end);
      total.planted++;
      total.found += Number(isFound);
      total.labelled += Number(isLabelled);
      total.labelledFound += Number(isLabelled && isFound);
    }
    total.reported += spans.length;
    total.wrong += spans.filter((span) => !own.some(({ start, end }) => span.start < end && start < span.end)).length;
  }
  return total;
}

/** The score as cells: precision, recall, recall beside words and without. */
export function cells({ planted, found, labelled, labelledFound, reported, wrong }: Score): string[] {
  const percent = (part: number, whole: number): string => (whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)}`);
  return [
    percent(reported - wrong, reported),
    percent(found, planted),
    percent(labelledFound, labelled),
    percent(found - labelledFound, planted - labelled),
  ];
}
