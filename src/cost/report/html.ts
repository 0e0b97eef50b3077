import { formatQuantity, formatUsd, type Usd } from '../money.ts';
import type { Each } from '../range.ts';
import { describeBreakEven } from '../tokens/draw.ts';
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
  missingSentence,
  rates,
  warningsOf,
  type Report,
} from './report.ts';
import { escapeXml, renderSvg } from './svg.ts';

const style = `
:root { color-scheme: light dark; --line: #d0d7de; --soft: #57606a }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
tr.head td { font-weight: 600; padding-top: .8rem } code { overflow-wrap: anywhere } .soft { color: var(--soft) } svg { max-width: 100% }`;

const cell = (text: string): string => `<td>${escapeXml(text)}</td>`;
const numbers = (amounts: Each<Usd>): string =>
  [amounts.min, amounts.typical, amounts.max].map((amount) => `<td class="n">${formatUsd(amount)}</td>`).join('');
const numberHead = '<th class="n" scope="col">min</th><th class="n" scope="col">typical</th><th class="n" scope="col">max</th>';
const list = (items: readonly string[]): string => `<ul>${items.map((item) => `<li>${escapeXml(item)}</li>`).join('')}</ul>`;

function groupTable(name: string, groups: Iterable<readonly [string, Each<Usd>]>): string {
  const rows = [...groups].map(([group, value]) => `<tr>${cell(group)}${numbers(value)}</tr>`);
  return `<table><thead><tr><th scope="col">${name}</th>${numberHead}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function resourceTable(report: Report): string {
  const rows = largestFirst(report.forecast.resources.filter((resource) => resource.lines.length > 0)).flatMap((resource) => [
    `<tr class="head"><td colspan="3"><code>${escapeXml(resource.address)}</code></td>${numbers(resource.monthly)}</tr>`,
    ...resource.lines.map((line) => {
      const quantity =
        line.quantity === null ? line.basis : `${formatQuantity(line.quantity.typical)} ${line.unit}: ${line.basis}`;
      const price = line.prices?.typical;
      const source = price === undefined ? '' : ` title="${escapeXml(`${price.source}, ${price.date}, grade ${price.grade}`)}"`;
      const amounts = line.quantity === null || price === undefined ? '<td class="n">?</td>'.repeat(3) : numbers(line.monthly);
      return `<tr>${cell(line.component)}${cell(quantity)}<td${source}>${escapeXml(linePrice(line))}</td>${amounts}</tr>`;
    }),
  ]);
  return `<table><thead><tr><th scope="col">resource</th><th scope="col">quantity</th><th scope="col">price</th>${numberHead}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function tokenSection(report: Report): string {
  const { tokens } = report;
  if (tokens === undefined) return '';
  const rows = tokens.breakEvens.map(
    (entry) =>
      `<tr>${cell(`${entry.provider} ${entry.model}`)}<td class="n">$${entry.dollarsPerMillion.toFixed(3)}</td>${cell(describeBreakEven(entry))}${cell(entry.date)}</tr>`,
  );
  return `<h2>Dollars per million tokens</h2>
<p>${escapeXml(`${tokens.instanceType} at $${tokens.dollarsPerHour}/h, ${tokens.tokensPerSecond} output tokens/s: ${tokens.tokensPerSecondSource}. Prices only: the quality of the models differs.`)}</p>
${renderSvg(tokens)}
<table><thead><tr><th scope="col">instead of</th><th class="n" scope="col">$ per 1M</th><th scope="col">self-hosting pays</th><th scope="col">price of</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

/** One self-contained page: no script, no request to anywhere. */
export function renderHtml(report: Report): string {
  const { forecast } = report;
  const difference = differenceOf(report);
  const { day, idleHour } = rates(forecast);
  const missing = incomplete(forecast).map((resource) => `${resource.address}: ${resource.reasons.join('; ')}`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeXml(`Cost of ${report.title}`)}</title><style>${style}</style></head>
<body><h1>${escapeXml(`${report.title}: ${formatTotal(forecast)} a month typical`)}</h1>
<p>${escapeXml(`${formatRange(forecast.total)}. ${formatUsd(day)} a day, ${formatUsd(idleHour, 3)} an hour idle. Prices of ${forecast.book.generatedAt}.`)}</p>
${difference === undefined ? '' : `<p>Difference: <strong>${signed(difference.delta)}</strong> a month to ${difference.to}, ${formatUsd(difference.before)}.</p>`}
<p>${escapeXml(`${formatCounts(forecast)}. ${missingSentence(forecast)}`)}</p>
${missing.length === 0 ? '' : `<h2>Not complete</h2>${list(missing)}`}
<h2>By category</h2>${groupTable('category', forecast.byCategory)}
<h2>By type</h2>${groupTable('type', forecast.byType)}
${tokenSection(report)}
<h2>By resource</h2>${resourceTable(report)}
<h2>Assumed</h2>${list([...assumptions(forecast), ...warningsOf(forecast)])}
<p class="soft">Lines are rounded to cents when printed, the total is not. ~ marks a price that is not from AWS's own data.</p>
</body></html>
`;
}
