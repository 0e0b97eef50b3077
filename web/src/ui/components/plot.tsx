import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { formatDay, formatUsd } from '../state/format.ts';
import { maxLayers, type Series } from '../state/series.ts';
import { useDashboard } from './context.ts';
import { drawStack } from './draw-stack.ts';

interface PlotProps {
  series: Series;
  /** What is plotted, for screen readers: `Spend by model`. */
  label: string;
}

/** The name of a layer's colour in the style sheet. */
function colorName(at: number, isRest: boolean): string {
  return isRest || at >= maxLayers ? '--series-rest' : `--series-${at + 1}`;
}

/** What was spent each day, stacked by holder. Pointing at a day shows its numbers in the legend; the table below has them all. */
export function Plot({ series, label }: PlotProps) {
  const { theme } = useDashboard();
  const host = useRef<HTMLDivElement>(null);
  const pointed = useSignal<number | null>(null);
  const colors = useMemo(() => series.layers.map(({ isRest }, at) => colorName(at, isRest)), [series]);
  useEffect(() => {
    if (!host.current) return;
    return drawStack(host.current, series, colors, (at) => {
      pointed.value = at;
    });
  }, [series, theme.name.value]);
  const at = pointed.value;
  const total = series.layers.reduce((sum, layer) => sum + layer.totalUsd, 0);
  return (
    <div class="plot">
      <div ref={host} class="plot-canvas" role="img" aria-label={`${label}: ${formatUsd(total)} in ${series.days.length} days`} />
      <p class="plot-day">{at === null ? 'All days' : formatDay(series.days[at] ?? '')}</p>
      <ul class="legend">
        {series.layers.map((layer, index) => (
          <li key={layer.id + layer.label}>
            <span class="swatch" style={{ background: `var(${colors[index]})` }} aria-hidden="true" />
            <span class="legend-name">{layer.label}</span>
            <span class="legend-value">{formatUsd(at === null ? layer.totalUsd : (layer.values[at] ?? 0))}</span>
          </li>
        ))}
      </ul>
      <details class="plot-figures">
        <summary>The figures as a table</summary>
        <FiguresTable series={series} label={label} />
      </details>
    </div>
  );
}

function FiguresTable({ series: { days, layers }, label }: PlotProps) {
  return (
    <div class="table-scroll" role="region" aria-label={`${label}, figures`} tabIndex={0}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Day (UTC)</th>
            {layers.map((layer) => (
              <th scope="col" class="number" key={layer.id + layer.label}>
                {layer.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.map((day, at) => (
            <tr key={day}>
              <th scope="row">{day}</th>
              {layers.map((layer) => (
                <td class="number" key={layer.id + layer.label}>
                  {formatUsd(layer.values[at] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
