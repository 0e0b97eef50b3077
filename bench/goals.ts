import { addedOf, ratiosOf, shareOf, valuesOf } from './comparison.ts';
import type { Results } from './comparison.ts';
import { median } from './statistics.ts';

/** One promise about Sluice, as a pass-through or with every duty on; `values` has one value a round, and the median is held against the limit. */
type Goal = { text: string; bound: 'at most' | 'at least'; limit: number; values: (results: Results) => number[] };

/** A goal held against a run; `measured` is absent when the run lacks what it needs. */
export type Verdict = { goal: Goal; measured: number | undefined; verdict: 'met' | 'missed' | 'not measured' };

const us = 'sluice';
/** With keys, limits, budgets and the ledger; limits in the process, or in Redis. */
const withLimits = 'sluice-limits';
const governed = 'sluice-governed';

/** The goals, each in one place: docs/performance.md is generated from them. */
const goals: readonly Goal[] = [
  atMost('CPU per request, × skeleton', 1.7, (results) => ratiosOf(results, 'cpuUsPerRequest', us, 'skeleton')),
  atLeast('requests/s at 64 connections, × skeleton', 0.55, (results) => ratiosOf(results, 'requestsPerSecond', us, 'skeleton')),
  atLeast('requests/s at 64 connections, × Portkey', 4, (results) => ratiosOf(results, 'requestsPerSecond', us, 'portkey')),
  atLeast('requests/s at 64 connections, × LiteLLM', 50, (results) => ratiosOf(results, 'requestsPerSecond', us, 'litellm')),
  atMost('failed requests', 0, (results) => valuesOf(results, us, 'failedRequests')),
  atMost('added p50, one request at a time, ms', 0.5, (results) => addedOf(results, 'serialP50Ms', us)),
  atMost('added TTFT p50, 32 streams, ms', 3, (results) => addedOf(results, 'fewTtftP50Ms', us)),
  atMost('CPU per chunk, 256 streams, × skeleton', 1.3, (results) => ratiosOf(results, 'cpuUsPerChunk', us, 'skeleton')),
  atLeast('complete streams, share of 256', 1, (results) => shareOf(results, us, 'manyComplete', 'manyAsked')),
  atLeast('aborts that closed the upstream, share', 1, (results) => shareOf(results, us, 'abortsSeen', 'abortsLeft')),
  atMost('abort to upstream close p50, ms', 5, (results) => valuesOf(results, us, 'abortP50Ms')),
  atMost('start, s more than skeleton', 0.3, (results) => addedOf(results, 'startS', us, 'skeleton')),
  atMost('idle memory, MB', 110, (results) => valuesOf(results, us, 'idleMb')),
  atMost('memory after load, MB', 200, (results) => valuesOf(results, us, 'loadedMb')),
  atMost('all detectors on: CPU per chunk, × without', 1.05, (results) =>
    ratiosOf(results, 'cpuUsPerChunk', 'sluice-guarded', us),
  ),
  atMost('all duties, limits in the process: CPU per request, × skeleton', 2.2, (results) =>
    ratiosOf(results, 'cpuUsPerRequest', withLimits, 'skeleton'),
  ),
  atMost('all duties, with Redis: CPU per request, × skeleton', 3, (results) =>
    ratiosOf(results, 'cpuUsPerRequest', governed, 'skeleton'),
  ),
  atMost('all duties, with Redis: CPU per chunk, × skeleton', 1.4, (results) =>
    ratiosOf(results, 'cpuUsPerChunk', governed, 'skeleton'),
  ),
  atMost('all duties, with Redis: added p50, one request at a time, ms', 1, (results) =>
    addedOf(results, 'serialP50Ms', governed),
  ),
  atMost('all duties, with Redis: added p99, one request at a time, ms', 5, (results) =>
    addedOf(results, 'serialP99Ms', governed),
  ),
  atLeast('all duties, with Redis: requests/s at 64 connections, × LiteLLM without duties', 60, (results) =>
    ratiosOf(results, 'requestsPerSecond', governed, 'litellm'),
  ),
  atMost('all duties: failed requests', 0, (results) => [
    ...valuesOf(results, withLimits, 'failedRequests'),
    ...valuesOf(results, governed, 'failedRequests'),
  ]),
];

/** Holds every goal against a run. */
export function judge(results: Results): Verdict[] {
  return goals.map((goal) => {
    const measured = median(goal.values(results));
    if (measured === undefined) return { goal, measured, verdict: 'not measured' };
    const isMet = goal.bound === 'at most' ? measured <= goal.limit : measured >= goal.limit;
    return { goal, measured, verdict: isMet ? 'met' : 'missed' };
  });
}

function atMost(text: string, limit: number, values: Goal['values']): Goal {
  return { text, bound: 'at most', limit, values };
}

function atLeast(text: string, limit: number, values: Goal['values']): Goal {
  return { text, bound: 'at least', limit, values };
}
