/**
 * Histograms for the hot path: a series is found once for a kind of request and then only counts. The metrics library hashes its labels for
 * every observation, five times a request, which cost more than all of the routing.
 */

/** One set of label values: adding is a search over a few boundaries and three additions. */
export class Series {
  readonly #boundaries: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(boundaries: readonly number[]) {
    this.#boundaries = boundaries;
    this.#counts = new Float64Array(boundaries.length + 1);
  }

  observe(value: number): void {
    let index = 0;
    while (index < this.#boundaries.length && value > (this.#boundaries[index] ?? Infinity)) index++;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  /** Cumulative counts by upper boundary, the last one for +Inf, and the sum, as Prometheus wants them. */
  snapshot(): { cumulative: number[]; sum: number } {
    let total = 0;
    return { cumulative: Array.from(this.#counts, (count) => (total += count)), sum: this.#sum };
  }
}

interface HistogramOptions<Label extends string> {
  name: string;
  help: string;
  labels: readonly Label[];
  /** Upper boundaries, ascending; +Inf is added. */
  boundaries: readonly number[];
}

/** All series of one histogram, and their text. */
export class Histogram<Label extends string> {
  readonly #options: HistogramOptions<Label>;
  readonly #series = new Map<string, Series>();

  constructor(options: HistogramOptions<Label>) {
    this.#options = options;
  }

  /** The series of these label values, made at first use. Callers keep it. */
  series(values: Record<Label, string>): Series {
    const key = this.#options.labels.map((label) => `${label}="${escape(values[label])}"`).join(',');
    let series = this.#series.get(key);
    if (series === undefined) {
      series = new Series(this.#options.boundaries);
      this.#series.set(key, series);
    }
    return series;
  }

  /** Prometheus' text exposition format, version 0.0.4. */
  render(): string {
    const { name, help, boundaries } = this.#options;
    const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
    for (const [labels, series] of this.#series) {
      const { cumulative, sum } = series.snapshot();
      for (const [index, count] of cumulative.entries()) {
        lines.push(`${name}_bucket{${labels},le="${boundaries[index] ?? '+Inf'}"} ${count}`);
      }
      lines.push(`${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${cumulative.at(-1) ?? 0}`);
    }
    return `${lines.join('\n')}\n`;
  }
}

function escape(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
