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

/** Text that others wrote (names, keys, types) as plain text: no link, picture, HTML or emphasis; a zero-width space keeps `@name` from calling anybody. */
const escape = (text: string): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\`*[\]!|~]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('@', '@\u200b');
/** A name as code, in running text. */
const code = (text: string): string => `\`${text.replaceAll(/\s+/g, ' ').replaceAll('`', "'")}\``;
/** A name as code in a table: GitHub splits cells before it looks for code, so a column sign needs its escape there too. */
const codeCell = (text: string): string => code(text).replaceAll('|', '\\|');
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

/** What of a table's rows fits into the room, and a sentence on those that do not. */
function fitting(rows: readonly string[], room: number): string[] {
  const note = (left: number): string[] => ['', `${left} more rows do not fit into a comment.`];
  let free = room - 60;
  const kept = rows.findIndex((line) => (free -= line.length + 1) < 0);
  return kept === -1 ? [...rows] : [...rows.slice(0, kept), ...note(rows.length - kept)];
}

/** The first of a list, and how many more there are. */
function firstOf(items: readonly string[], limit: number): string[] {
  return items.length <= limit ? [...items] : [...items.slice(0, limit), `- and ${items.length - limit} more`];
}

const shorten = (text: string): string => (text.length <= 300 ? text : `${text.slice(0, 299)}…`);

function differenceSection(comparison: Comparison): string[] {
  const types = [...comparison.byType]
    .slice(0, 20)
    .map(([type, value]) => row(codeCell(type), signed(value.typical), signed(value.max)));
  const resources = comparison.changed
    .slice(0, 10)
    .map((entry) =>
      row(codeCell(entry.address), formatUsd(entry.before), formatUsd(entry.after), signed(entry.after - entry.before)),
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
    row(`**${codeCell(resource.address)}**`, '', '', ...money(resource.monthly)),
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

/** How many entries a list may have: fewer where reports share one comment. */
const share = (report: Report, entries: number): number =>
  Math.max(5, Math.floor((entries * Math.min(commentLimit, report.maxLength ?? commentLimit)) / commentLimit));

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
    ...top.map((resource) => row(codeCell(resource.address), ...money(resource.monthly))),
    ...(comparison === undefined ? [] : differenceSection(comparison)),
    ...(missing.length === 0
      ? []
      : [
          '',
          '#### Not complete',
          ...firstOf(
            missing.map((resource) => `- ${code(shorten(resource.address))}: ${escape(shorten(resource.reasons.join('; ')))}`),
            share(report, 40),
          ),
        ]),
  ];
}

/** The report as GitHub markdown, within the comment limit: the resource table is cut first, then that of types; lists of gaps and warnings are shortened, totals never. */
export function renderMarkdown(report: Report): string {
  const { forecast, tokens } = report;
  const limit = report.maxLength ?? commentLimit;
  const notes = [
    ...assumptions(forecast).map((line) => `- ${line}`),
    ...firstOf(
      warningsOf(forecast).map((line) => `- ⚠️ ${escape(shorten(line))}`),
      share(report, 60),
    ),
  ];
  const types = groupTable(
    'type',
    [...forecast.byType].map(([type, value]) => [codeCell(type), value] as const),
  );
  const fixed = [
    ...details('Assumptions and warnings', notes),
    ...(tokens === undefined ? [] : details('Dollars per million tokens and break-even', tokenSection(tokens))),
  ];
  const above = head(report);
  const roomOf = (parts: readonly string[]): number => limit - parts.reduce((sum, line) => sum + line.length + 1, 0) - 200;
  const byType = details('By resource type', fitting(types, roomOf([...above, ...fixed])));
  const resources = [
    row('resource', 'quantity', 'price', 'min', 'typical', 'max'),
    '| --- | --- | --- | ---: | ---: | ---: |',
    ...resourceTable(report),
  ];
  const all = [...above, ...byType, ...fixed];
  return `${[...all, ...details('By resource', fitting(resources, roomOf(all)))].join('\n')}\n`;
}
