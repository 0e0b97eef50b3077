import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatDay, formatUsd } from '../state/format.ts';
import type { Series } from '../state/series.ts';

const heightPx = 240;

/** The value of a colour of the style sheet in the theme of now: a canvas knows no variables. */
function resolveColor(host: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  host.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** The layers piled up, the whole pile first: what is drawn later covers the lower part of what was drawn before. */
function pileUp({ days, layers }: Series): number[][] {
  const piles: number[][] = [];
  let below = days.map(() => 0);
  for (const { values } of layers) {
    below = below.map((sum, at) => sum + (values[at] ?? 0));
    piles.unshift(below);
  }
  return piles;
}

/**
 * Draws stacked bars, one for each day, and follows the width of the host. `onPoint` hears the place of the day that is pointed at, or
 * null. Returns what takes the plot away.
 */
export function drawStack(
  host: HTMLElement,
  series: Series,
  colorNames: readonly string[],
  onPoint: (at: number | null) => void,
): () => void {
  const fills = colorNames.map((name) => resolveColor(host, name)).toReversed();
  const bars = UPlot.paths.bars?.({ size: [0.75, 48], gap: 0 });
  const options = {
    ...frameOf(host, series.days),
    series: [{}, ...fills.map((fill) => ({ fill, width: 0, points: { show: false }, ...(bars && { paths: bars }) }))],
    hooks: { setCursor: [(plot: UPlot) => onPoint(plot.cursor.idx ?? null)] },
  };
  const plot = new UPlot(options, [series.days.map((_, at) => at), ...pileUp(series)], host);
  const observer = new ResizeObserver(() => plot.setSize({ width: host.clientWidth, height: heightPx }));
  observer.observe(host);
  return () => {
    observer.disconnect();
    plot.destroy();
    onPoint(null);
  };
}

/** Size, scales, axes: everything but the layers. */
function frameOf(host: HTMLElement, days: readonly string[]): Omit<UPlot.Options, 'series'> {
  const ink = resolveColor(host, '--ink-soft');
  const line = resolveColor(host, '--line');
  const font = `12px ${getComputedStyle(host).fontFamily}`;
  const axis = { stroke: ink, font, ticks: { show: false }, grid: { stroke: line, width: 1 } };
  return {
    width: host.clientWidth,
    height: heightPx,
    padding: [12, 20, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: () => [-0.5, days.length - 0.5] },
      y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.05 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        space: 64,
        incrs: [1, 2, 7, 14, 28, 56, 112],
        values: (_plot, places) => places.map((at) => formatDay(days[at] ?? '')),
      },
      { ...axis, size: 60, values: (_plot, values) => values.map(formatUsd) },
    ],
  };
}
