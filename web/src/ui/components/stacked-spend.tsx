import { useMemo } from 'preact/hooks';
import type { SpendRow } from '../api/spend.ts';
import { toSeries } from '../state/series.ts';
import { Empty } from './empty.tsx';
import { Plot } from './plot.tsx';

interface StackedSpendProps {
  rows: readonly SpendRow[];
  days: readonly string[];
  label: string;
}

/** Rows by day and holder as a plot, or that there are none. */
export function StackedSpend({ rows, days, label }: StackedSpendProps) {
  const [first, last] = [days[0], days.at(-1)];
  const series = useMemo(() => toSeries(rows, days), [rows, first, last]);
  if (series.layers.length === 0) return <Empty title="Nothing was spent in these days" />;
  return <Plot series={series} label={label} />;
}
