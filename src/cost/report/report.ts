import type { Forecast, ResourceCost, Status } from '../forecast.ts';
import { approximate, decimalUsd, formatUsd, usd, type Usd } from '../money.ts';
import type { Price } from '../prices/book.ts';
import type { PricedLine } from '../pricer.ts';
import { scenarios, type Each } from '../range.ts';
import type { TokenEconomics } from '../tokens/economics.ts';
import type { Comparison } from './compare.ts';

/** Everything that a format may show. Formats only print: they compute nothing but sums they name. */
export interface Report {
  title: string;
  forecast: Forecast;
  comparison: Comparison | undefined;
  tokens: TokenEconomics | undefined;
  /** ISO time of the report. */
  generatedAt: string;
  /** Longest markdown, in characters; GitHub's limit for a comment when undefined. */
  maxLength?: number | undefined;
}

const hoursPerMonth = 730n;

/** Rows that requirement R8.3 of the service names: always shown, also at $0. */
export const mandatoryCategories = ['compute-gpu', 'data-transfer', 'api-gateway', 'monitoring'] as const;

/** `$848.68 – $3,220.03`, with `≥` where something has no price. */
export function formatRange(amounts: Each<Usd>): string {
  return `${formatUsd(amounts.min)} – ${formatUsd(amounts.max)}`;
}

/** The typical total, marked as a lower bound where it is one. */
export function formatTotal(forecast: Forecast): string {
  return `${forecast.isLowerBound ? '≥ ' : ''}${formatUsd(forecast.total.typical)}`;
}

/** A month, a day and an idle hour: the minimum scenario is the idle one. */
export function rates(forecast: Forecast): { day: Usd; idleHour: Usd } {
  return { day: (forecast.total.typical * 24n) / hoursPerMonth, idleHour: forecast.total.min / hoursPerMonth };
}

const labels: Record<Status, string> = {
  priced: 'priced',
  free: 'free',
  'needs-usage': 'need usage',
  'price-missing': 'without a price',
  'not-priced': 'without a rule',
};

/** `31 priced, 12 free, 2 need usage, 0 without a price, 0 without a rule`. */
export function formatCounts(forecast: Forecast): string {
  return Object.entries(labels)
    .map(([status, label]) => `${forecast.counts[status as Status]} ${label}`)
    .join(', ');
}

/** Resources whose cost is not wholly in the total, the worst first. */
export function incomplete(forecast: Forecast): ResourceCost[] {
  const order: Status[] = ['not-priced', 'price-missing', 'needs-usage'];
  return order.flatMap((status) => forecast.resources.filter((resource) => resource.status === status));
}

/** One sentence that goes with every total: what is not in it. */
export function missingSentence(forecast: Forecast): string {
  const missing = incomplete(forecast);
  if (missing.length === 0) return 'Nothing is missing from the total.';
  const parts = (['not-priced', 'price-missing', 'needs-usage'] as const).filter((status) => forecast.counts[status] > 0);
  return `Not in the total: ${parts.map((status) => `${forecast.counts[status]} ${labels[status]}`).join(', ')}.`;
}

/** A unit price with at most four significant digits; very small ones per million. `~` marks a price that is not from AWS's own data. */
export function formatUnitPrice(price: Price): string {
  const first = price.tiers[0]?.usd ?? 0n;
  const last = price.tiers.at(-1)?.usd ?? 0n;
  const perMillion = first < usd('0.0001') && first > 0n;
  const show = (value: Usd): string => {
    const scaled = perMillion ? value * 1_000_000n : value;
    const text = Number(approximate(scaled).toPrecision(4)).toString();
    return `$${/\.\d\d/.test(text) ? text : Number(text).toFixed(2)}`;
  };
  const amount = first === last ? show(first) : `${show(first)} to ${show(last)} by tier`;
  return `${price.isEstimate ? '~' : ''}${amount} per ${perMillion ? '1M ' : ''}${price.unit}`;
}

/** The unit price of a line, or why there is none. */
export function linePrice(line: PricedLine): string {
  return line.prices === undefined ? 'no price' : formatUnitPrice(line.prices.typical);
}

/** Sorts the dearest resources to the front; equals keep their order. */
export function largestFirst(resources: readonly ResourceCost[]): ResourceCost[] {
  return [...resources].sort((left, right) =>
    right.monthly.typical > left.monthly.typical ? 1 : right.monthly.typical < left.monthly.typical ? -1 : 0,
  );
}

/** `+$3.00`, `-$3.00`, `$0.00`. */
export const signed = (value: Usd): string => `${value > 0n ? '+' : ''}${formatUsd(value)}`;

/** The difference that readers want first: to an earlier report, else to what the plan changes. Undefined when nothing stood before. */
export function differenceOf(report: Report): { delta: Usd; before: Usd; to: string } | undefined {
  const { forecast, comparison } = report;
  if (comparison !== undefined)
    return { delta: comparison.delta.typical, before: comparison.before.typical, to: 'the base branch' };
  if (forecast.prior === undefined) return undefined;
  return { delta: forecast.total.typical - forecast.prior.typical, before: forecast.prior.typical, to: 'what stands now' };
}

/** What the traffic was taken to be. */
export function assumptions(forecast: Forecast): string[] {
  const { traffic, hours } = forecast.usage;
  const count = (value: bigint): string => (value / 1_000_000n).toString().replace(/\B(?=(\d{3})+$)/g, ',');
  return [
    `${count(traffic.requests.typical)} requests a month (${count(traffic.requests.min)} – ${count(traffic.requests.max)}), ${traffic.promptTokens} tokens in and ${traffic.outputTokens} out each`,
    `${hours.onPerMonth} of 730 hours on; list prices without taxes, discounts${forecast.freeTier.length > 0 ? '' : ' and free tier'}`,
  ];
}

/** Warnings of all resources, each with its address, equal ones together. */
export function warningsOf(forecast: Forecast): string[] {
  const all = forecast.resources.flatMap((resource) =>
    resource.warnings.map((warning) => ({ warning, address: resource.address })),
  );
  return [...Map.groupBy(all, ({ warning }) => warning)].map(([warning, group]) => {
    const [first] = group;
    return `${first?.address ?? ''}${group.length > 1 ? ` and ${group.length - 1} more` : ''}: ${warning}`;
  });
}

/** Dollars of each scenario as exact decimal strings. */
export function decimals(amounts: Each<Usd>): Each<string> {
  return Object.fromEntries(scenarios.map((scenario) => [scenario, decimalUsd(amounts[scenario])])) as Each<string>;
}
