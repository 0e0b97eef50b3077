import { formatQuantity, formatUsd, type Usd } from '../money.ts';
import type { Each } from '../range.ts';
import { drawTokens } from '../tokens/draw.ts';
import {
  assumptions,
  formatCounts,
  formatRange,
  formatTotal,
  incomplete,
  differenceOf,
  largestFirst,
  signed,
  linePrice,
  mandatoryCategories,
  missingSentence,
  rates,
  warningsOf,
  type Report,
} from './report.ts';

type Cell = string;

/** Columns padded to their widest cell; the first `leftColumns` are flush left, the others right. */
function columns(rows: readonly Cell[][], leftColumns: number): string[] {
  const widths = rows.reduce<number[]>((widest, row) => row.map((cell, index) => Math.max(widest[index] ?? 0, cell.length)), []);
  return rows.map((row) =>
    row
      .map((cell, index) => (index < leftColumns ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

const money = (amounts: Each<Usd>): Cell[] => [formatUsd(amounts.min), formatUsd(amounts.typical), formatUsd(amounts.max)];
const shorten = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);

function resourceRows(report: Report): Cell[][] {
  return largestFirst(report.forecast.resources.filter((resource) => resource.lines.length > 0)).flatMap((resource) => [
    [shorten(resource.address, 60), '', '', ...money(resource.monthly)],
    ...resource.lines.map((line) => [
      `  ${line.component}`,
      line.quantity === null ? line.basis : `${formatQuantity(line.quantity.typical)} ${line.unit} (${shorten(line.basis, 44)})`,
      linePrice(line),
      ...(line.quantity === null || line.prices === undefined ? ['?', '?', '?'] : money(line.monthly)),
    ]),
  ]);
}

function groupRows(groups: Iterable<readonly [string, Each<Usd>]>): Cell[][] {
  return [...groups]
    .filter(([name, value]) => value.max !== 0n || mandatoryCategories.some((category) => category === name))
    .map(([name, value]) => [name, ...money(value)]);
}

/** The report for a terminal: by resource, by type and category, what is missing, what was assumed. */
export function renderTable(report: Report): string {
  const { forecast, tokens } = report;
  const difference = differenceOf(report);
  const { day, idleHour } = rates(forecast);
  const head = ['min', 'typical', 'max'];
  const missing = incomplete(forecast);
  const categories = new Map([
    ...mandatoryCategories.map(
      (category) => [category, forecast.byCategory.get(category) ?? { min: 0n, typical: 0n, max: 0n }] as const,
    ),
    ...forecast.byCategory,
  ]);
  return [
    `${report.title}: ${formatTotal(forecast)} a month typical (${formatRange(forecast.total)}), prices of ${forecast.book.generatedAt}`,
    `${formatUsd(day)} a day, ${formatUsd(idleHour, 3)} an hour idle`,
    `Resources: ${formatCounts(forecast)}. ${missingSentence(forecast)}`,
    ...(difference === undefined
      ? []
      : [`Difference: ${signed(difference.delta)} a month to ${difference.to}, ${formatUsd(difference.before)}`]),
    '',
    ...columns([['RESOURCE', 'QUANTITY', 'PRICE', ...head], ...resourceRows(report)], 3),
    '',
    ...columns([['TYPE', ...head], ...groupRows(forecast.byType)], 1),
    '',
    ...columns([['CATEGORY', ...head], ...groupRows(categories)], 1),
    ...(missing.length === 0
      ? []
      : [
          '',
          'NOT COMPLETE',
          ...missing.flatMap((resource) => [
            `  ${resource.address} (${resource.status})`,
            ...resource.reasons.map((reason) => `    ${reason}`),
          ]),
        ]),
    '',
    'ASSUMED',
    ...assumptions(forecast).map((line) => `  ${line}`),
    ...warningsOf(forecast).map((line) => `  ! ${line}`),
    ...(tokens === undefined ? [] : ['', ...drawTokens(tokens)]),
    '',
    'Lines are rounded to cents when printed, the total is not: they may differ by a cent. ~ marks a price that is not from AWS data.',
    '',
  ].join('\n');
}
