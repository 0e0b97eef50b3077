import { formatQuantity, formatUsd, type Usd } from '../money.ts';
import type { Each } from '../range.ts';
import { describeBreakEven, plottedModels } from '../tokens/draw.ts';
import type { TokenEconomics } from '../tokens/economics.ts';
import type { Comparison } from './compare.ts';
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

/** Finds the one comment of ours in a pull request, so that it is updated and never doubled. */
export const commentMarker = '<!-- sluice-cost -->';
/** GitHub refuses longer comments. */
export const commentLimit = 65_536;

const escape = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
const code = (text: string): string => `\`${text.replaceAll('`', "'")}\``;
const row = (...cells: string[]): string => `| ${cells.join(' | ')} |`;
const money = (amounts: Each<Usd>): string[] => [formatUsd(amounts.min), formatUsd(amounts.typical), formatUsd(amounts.max)];
const moneyHead = ['| --- | ---: | ---: | ---: |'];
const details = (summary: string, body: string[]): string[] => [
  '',
  `<details><summary>${summary}</summary>`,
  '',
  ...body,
  '',
  '</details>',
];

function groupTable(name: string, groups: Iterable<readonly [string, Each<Usd>]>): string[] {
  return [row(name, 'min', 'typical', 'max'), ...moneyHead, ...[...groups].map(([group, value]) => row(group, ...money(value)))];
}

function differenceSection(comparison: Comparison): string[] {
  const types = [...comparison.byType].map(([type, value]) => row(code(type), signed(value.typical), signed(value.max)));
  const resources = comparison.changed
    .slice(0, 10)
    .map((entry) =>
      row(code(entry.address), formatUsd(entry.before), formatUsd(entry.after), signed(entry.after - entry.before)),
    );
  if (types.length === 0) return ['', 'No difference to the base branch.'];
  return [
    '',
    '#### Difference to the base branch',
    row('type', 'typical', 'max'),
    '| --- | ---: | ---: |',
    ...types,
    ...(resources.length === 0
      ? []
      : ['', row('resource', 'before', 'after', 'difference'), '| --- | ---: | ---: | ---: |', ...resources]),
  ];
}

/** A chart that GitHub draws as SVG; it has linear axes only, so it begins where the curve has come down. */
function chart(tokens: TokenEconomics): string[] {
  const points = tokens.curve.filter((point) => point.megatokens >= tokens.capacityMegatokens / 20);
  const series = [
    points.map((point) => point.dollars / point.megatokens),
    ...plottedModels(tokens).map((model) => points.map(() => model.dollarsPerMillion)),
  ];
  const top = Math.max(...series.flat());
  return [
    '```mermaid',
    'xychart-beta',
    `  title "$ per 1M tokens: this stack, ${plottedModels(tokens)
      .map((model) => model.model.replaceAll('"', ''))
      .join(', ')}"`,
    `  x-axis "million tokens a month" [${points.map((point) => Math.round(point.megatokens)).join(', ')}]`,
    `  y-axis "$ per 1M tokens" 0 --> ${top.toPrecision(2)}`,
    ...series.map((values) => `  line [${values.map((value) => value.toFixed(3)).join(', ')}]`),
    '```',
  ];
}

function tokenSection(tokens: TokenEconomics): string[] {
  const rows = tokens.breakEvens.map((entry) =>
    row(
      `${entry.provider} ${escape(entry.model)}`,
      `$${entry.dollarsPerMillion.toFixed(3)}`,
      describeBreakEven(entry),
      entry.date,
    ),
  );
  return [
    `${tokens.instanceType} at $${tokens.dollarsPerHour}/h, ${tokens.tokensPerSecond} output tokens/s (${escape(tokens.tokensPerSecondSource)}). GPU hour alone, $ per 1M tokens: ${tokens.gpuOnly.map((entry) => `${Math.round(entry.utilization * 100)} % busy $${entry.dollarsPerMillion.toFixed(2)}`).join(', ')}.`,
    '',
    ...chart(tokens),
    '',
    row('instead of', '$ per 1M', 'self-hosting pays', 'price of'),
    '| --- | ---: | --- | --- |',
    ...rows,
    '',
    'Prices only: the quality of the models differs.',
  ];
}

function resourceTable(report: Report): string[] {
  return largestFirst(report.forecast.resources.filter((resource) => resource.lines.length > 0)).flatMap((resource) => [
    row(`**${code(resource.address)}**`, '', '', ...money(resource.monthly)),
    ...resource.lines.map((line) =>
      row(
        escape(line.component),
        line.quantity === null
          ? escape(line.basis)
          : `${formatQuantity(line.quantity.typical)} ${line.unit}: ${escape(line.basis)}`,
        linePrice(line),
        ...(line.quantity === null || line.prices === undefined ? ['?', '?', '?'] : money(line.monthly)),
      ),
    ),
  ]);
}

/** The head of the comment: what must survive every truncation. */
function head(report: Report): string[] {
  const { forecast, comparison } = report;
  const { day, idleHour } = rates(forecast);
  const difference = differenceOf(report);
  const categories = new Map([
    ...mandatoryCategories.map(
      (category) => [category, forecast.byCategory.get(category) ?? { min: 0n, typical: 0n, max: 0n }] as const,
    ),
    ...forecast.byCategory,
  ]);
  const top = largestFirst(forecast.resources).slice(0, 5);
  const missing = incomplete(forecast);
  return [
    commentMarker,
    `### ${escape(report.title)}: ${formatTotal(forecast)}/month typical (${formatRange(forecast.total)})`,
    '',
    ...(difference === undefined
      ? []
      : [`**${signed(difference.delta)}/month** to ${difference.to} (${formatUsd(difference.before)}). `]),
    `${formatUsd(day)} a day, ${formatUsd(idleHour, 3)} an hour idle. Prices of ${forecast.book.generatedAt}. ${missingSentence(forecast)}`,
    '',
    `${forecast.resources.length} resources: ${formatCounts(forecast)}.`,
    '',
    ...groupTable('category', categories),
    '',
    row('largest', 'min', 'typical', 'max'),
    ...moneyHead,
    ...top.map((resource) => row(code(resource.address), ...money(resource.monthly))),
    ...(comparison === undefined ? [] : differenceSection(comparison)),
    ...(missing.length === 0
      ? []
      : [
          '',
          '#### Not complete',
          ...missing.slice(0, 40).map((resource) => `- ${code(resource.address)}: ${escape(resource.reasons.join('; '))}`),
          ...(missing.length > 40 ? [`- and ${missing.length - 40} more`] : []),
        ]),
  ];
}

/** The report as GitHub markdown, within the comment limit: the resource table is cut first, totals and warnings never. */
export function renderMarkdown(report: Report): string {
  const { forecast, tokens } = report;
  const notes = [
    ...assumptions(forecast).map((line) => `- ${line}`),
    ...warningsOf(forecast)
      .slice(0, 60)
      .map((line) => `- ⚠️ ${escape(line)}`),
  ];
  const parts = [
    ...head(report),
    ...details(
      'By resource type',
      groupTable(
        'type',
        [...forecast.byType].map(([type, value]) => [code(type), value] as const),
      ),
    ),
    ...details('Assumptions and warnings', notes),
    ...(tokens === undefined ? [] : details('Dollars per million tokens and break-even', tokenSection(tokens))),
  ].join('\n');
  const table = resourceTable(report);
  const frame = [
    '',
    '<details><summary>By resource</summary>',
    '',
    row('resource', 'quantity', 'price', 'min', 'typical', 'max'),
    '| --- | --- | --- | ---: | ---: | ---: |',
  ].join('\n');
  const tail = '\n\n</details>\n';
  let room = (report.maxLength ?? commentLimit) - parts.length - frame.length - tail.length - 80;
  const kept: string[] = [];
  for (const line of table) {
    room -= line.length + 1;
    if (room < 0) break;
    kept.push(line);
  }
  const cut = kept.length < table.length ? `\n\n${table.length - kept.length} more rows do not fit into a comment.` : '';
  return `${parts}\n${frame}\n${kept.join('\n')}${cut}${tail}`;
}
