import { addedOf, ratiosOf, shareOf, valuesOf } from './comparison.ts';
import type { Results } from './comparison.ts';
import { judge } from './goals.ts';
import type { Metric, PeerRecord } from './sample.ts';
import { slope } from './statistics.ts';
import type { Soak } from './soak.ts';
import { renderNumber, renderSpread, renderTable } from './table.ts';

const pointsShown = 15;

type Column = { title: string; values: (results: Results, peer: string) => number[] };

const sections: readonly { title: string; columns: readonly Column[] }[] = [
  {
    title: 'Plain requests, 64 connections',
    columns: [
      plain('requests/s', 'requestsPerSecond'),
      plain('p50 ms', 'p50Ms'),
      plain('p99 ms', 'p99Ms'),
      plain('CPU µs/request', 'cpuUsPerRequest'),
      plain('failed', 'failedRequests'),
    ],
  },
  {
    title: 'One request at a time; 32 streams at once (64 chunks × 10 ms)',
    columns: [
      plain('p50 ms', 'serialP50Ms'),
      plain('p99 ms', 'serialP99Ms'),
      plain('TTFT p50 ms', 'fewTtftP50Ms'),
      plain('TTFT p99 ms', 'fewTtftP99Ms'),
    ],
  },
  {
    title: '256 streams at once (64 chunks × 10 ms; 0.64 s when paced)',
    columns: [
      { title: 'complete, share', values: (results, peer) => shareOf(results, peer, 'manyComplete', 'manyAsked') },
      plain('TTFT p50 ms', 'manyTtftP50Ms'),
      plain('TTFT p99 ms', 'manyTtftP99Ms'),
      plain('gap p99 ms', 'manyGapP99Ms'),
      plain('wall s', 'manyWallS'),
      plain('CPU µs/chunk', 'cpuUsPerChunk'),
    ],
  },
  {
    title: 'The client leaves after 5 chunks; start; memory',
    columns: [
      { title: 'upstream closed, share', values: (results, peer) => shareOf(results, peer, 'abortsSeen', 'abortsLeft') },
      plain('after ms, p50', 'abortP50Ms'),
      plain('after ms, max', 'abortMaxMs'),
      plain('start s', 'startS'),
      plain('idle MB', 'idleMb'),
      plain('MB after load', 'loadedMb'),
    ],
  },
  {
    title: 'Ratios to the skeleton, and what is added over direct',
    columns: [
      toSkeleton('CPU/request ×', 'cpuUsPerRequest'),
      toSkeleton('requests/s ×', 'requestsPerSecond'),
      toSkeleton('CPU/chunk ×', 'cpuUsPerChunk'),
      overDirect('added p50 ms, one at a time', 'serialP50Ms'),
      overDirect('added TTFT p50 ms, 32 streams', 'fewTtftP50Ms'),
      overDirect('added TTFT p50 ms, 256 streams', 'manyTtftP50Ms'),
    ],
  },
];

/** The whole generated part of docs/performance.md; `circumstances` are the facts that a reader needs besides the numbers. */
export function renderReport(results: Results, soaks: readonly Soak[], circumstances: readonly string[]): string {
  const parts = [circumstances.map((line) => `- ${line}`).join('\n')];
  if (results.some((record) => record.samples.length > 0)) {
    parts.push(`### Goals\n\n${renderGoals(results)}`);
    parts.push(...sections.map(({ title, columns }) => `### ${title}\n\n${renderSection(results, columns)}`));
  }
  if (soaks.length > 0) parts.push(`### Soak\n\n${renderSoaks(soaks)}`);
  return parts.join('\n\n');
}

/** The goals with what was measured. */
function renderGoals(results: Results): string {
  const rows = judge(results).map(({ goal, measured, verdict }) => [
    goal.text,
    `${goal.bound} ${goal.limit}`,
    measured === undefined ? '–' : renderNumber(measured),
    verdict === 'missed' ? '**missed**' : verdict,
  ]);
  return renderTable(['goal', 'limit', 'median', ''], rows);
}

/** Memory under load over time; the slope is that of the second half, when caches and heap have grown to their size. */
function renderSoaks(soaks: readonly Soak[]): string {
  const rows = soaks.map(({ peer, seconds, requests, failed, memory }) => {
    const perSecond = slope(memory.slice(Math.floor(memory.length / 2)).map((point) => ({ x: point.atS, y: point.mb })));
    const step = Math.ceil(memory.length / pointsShown);
    const series = memory.filter((_point, index) => index % step === 0).map((point) => Math.round(point.mb));
    const growth = perSecond === undefined ? '–' : renderNumber(perSecond * 3600);
    return [peer, String(seconds), String(requests), String(failed), growth, series.join(' ')];
  });
  return renderTable(['peer', 'seconds', 'requests', 'failed', 'growth in the second half, MB/h', 'MB over time'], rows);
}

function renderSection(results: Results, columns: readonly Column[]): string {
  const rows = results.map((record) => [record.peer, ...cellsOf(results, record, columns)]);
  return renderTable(['peer', ...columns.map((column) => column.title)], rows);
}

function cellsOf(results: Results, record: PeerRecord, columns: readonly Column[]): string[] {
  if (record.version === undefined) return ['not installed', ...columns.slice(1).map(() => '–')];
  return columns.map((column) => renderSpread(column.values(results, record.peer)));
}

function plain(title: string, metric: Metric): Column {
  return { title, values: (results, peer) => valuesOf(results, peer, metric) };
}

function toSkeleton(title: string, metric: Metric): Column {
  return { title, values: (results, peer) => ratiosOf(results, metric, peer, 'skeleton') };
}

function overDirect(title: string, metric: Metric): Column {
  return { title, values: (results, peer) => (peer === 'direct' ? [] : addedOf(results, metric, peer)) };
}
