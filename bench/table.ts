import { spread } from './statistics.ts';

/** A Markdown table. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Min, median (bold) and max between slashes; one value where all are equal, a dash where there is none. */
export function renderSpread(values: readonly number[]): string {
  const range = spread(values);
  if (range === undefined) return '–';
  const [min, middle, max] = [range.min, range.median, range.max].map(renderNumber);
  return min === max ? `**${middle}**` : `${min}/**${middle}**/${max}`;
}

/** Three significant digits, and never an exponent. */
export function renderNumber(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** Replaces what stands between two marker lines; throws where a marker is missing. */
export function replaceBetween(text: string, [start, end]: readonly [string, string], replacement: string): string {
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the text has no ${start} … ${end}`);
  return `${text.slice(0, from + start.length)}\n\n${replacement}\n\n${text.slice(to)}`;
}
