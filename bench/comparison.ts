import type { Metric, PeerRecord } from './sample.ts';

/** Every peer's rounds; round n of one peer ran beside round n of every other. */
export type Results = readonly PeerRecord[];

/** A metric of a peer, one value a round that has it. */
export function valuesOf(results: Results, peer: string, metric: Metric): number[] {
  return samplesOf(results, peer).flatMap((sample) => sample[metric] ?? []);
}

/** A metric over that of a reference peer, round by round, so that a machine that slows down between rounds cancels out. */
export function ratiosOf(results: Results, metric: Metric, peer: string, reference: string): number[] {
  return pair(results, metric, [peer, reference]).map(([value, base]) => value / base);
}

/** A metric less that of a reference peer, round by round. */
export function addedOf(results: Results, metric: Metric, peer: string, reference = 'direct'): number[] {
  return pair(results, metric, [peer, reference]).map(([value, base]) => value - base);
}

/** One metric over another of the same peer, round by round. */
export function shareOf(results: Results, peer: string, part: Metric, whole: Metric): number[] {
  return samplesOf(results, peer).flatMap((sample) => {
    const [some, all] = [sample[part], sample[whole]];
    return some === undefined || all === undefined || all === 0 ? [] : some / all;
  });
}

function pair(results: Results, metric: Metric, [peer, reference]: [string, string]): [number, number][] {
  const references = samplesOf(results, reference);
  return samplesOf(results, peer).flatMap((sample, round) => {
    const [value, base] = [sample[metric], references[round]?.[metric]];
    return value === undefined || base === undefined ? [] : [[value, base] satisfies [number, number]];
  });
}

function samplesOf(results: Results, peer: string): PeerRecord['samples'] {
  return results.find((record) => record.peer === peer)?.samples ?? [];
}
