import { GatewayError } from '../../errors.ts';
import type { Forecast, ResourceCost } from '../forecast.ts';
import { decimalMicro, decimalUsd, formatUsd, settle } from '../money.ts';
import type { BookFile, Price } from '../prices/book.ts';
import { tieredCost, type PricedLine } from '../pricer.ts';
import { scenarios, type Scenario } from '../range.ts';
import { rules } from '../rules/index.ts';
import { suggest } from '../usage/profile.ts';

const indent = '    ';

function provenance(price: Price, book: BookFile): string[] {
  const source = book.sources.find((entry) => entry.id === price.source);
  return [
    `${indent}price ${price.id} in ${price.region}: ${price.description}`,
    `${indent}source ${source?.name ?? price.source}, ${source?.reference ?? ''}; date ${price.date}; grade ${price.grade}${price.isEstimate ? ' (~)' : ''}`,
    ...(price.note === undefined ? [] : [`${indent}note: ${price.note}`]),
  ];
}

/** The sum over tiers, written out: `333000000 × $0.0000035 = $1165.5`. */
function arithmetic(line: PricedLine, scenario: Scenario, pooled: bigint): string[] {
  const quantity = line.quantity?.[scenario] ?? 0n;
  const price = line.prices?.[scenario];
  if (price === undefined) return [];
  const steps = price.tiers
    .filter((tier) => tier.from < pooled)
    .map((tier) => {
      const inside = (tier.to === null || pooled < tier.to ? pooled : tier.to) - tier.from;
      return `${decimalMicro(inside)} ${line.unit} × $${decimalUsd(tier.usd)} = $${decimalUsd(settle(inside * tier.usd))}`;
    });
  const cost = `${indent}${scenario}: ${steps.join(' + ') || `0 ${line.unit}`}`;
  if (pooled === quantity) return [`${cost}${steps.length > 1 ? ` = $${decimalUsd(settle(tieredCost(pooled, price)))}` : ''}`];
  return [
    cost,
    `${indent}  tiers hold for all ${line.priceId} of the region together; this resource's part is ${decimalMicro(quantity)} of ${decimalMicro(pooled)}: $${decimalUsd(line.monthly[scenario])}`,
  ];
}

/** Usage keys that nobody set and that have no line yet: requests, queries and the like count only when the usage file says how many. */
function unsetKeys(resource: ResourceCost): string[] {
  const shown = new Set(resource.lines.flatMap((line) => [line.assumption?.key ?? '', /^set (\w+)/.exec(line.basis)?.[1] ?? '']));
  const open = (rules.get(resource.type)?.usageKeys ?? []).filter((key) => !shown.has(key));
  return open.length === 0 ? [] : [`  the usage file may also set: ${open.join(', ')}`];
}

function explainLine(line: PricedLine, forecast: Forecast): string[] {
  const sharing = forecast.resources
    .flatMap((resource) => resource.lines)
    .filter((other) => other.priceId === line.priceId && other.region === line.region);
  const pooled = (scenario: Scenario): bigint =>
    (line.prices?.typical.tiers.length ?? 1) > 1
      ? sharing.reduce((sum, other) => sum + (other.quantity?.[scenario] ?? 0n), 0n)
      : (line.quantity?.[scenario] ?? 0n);
  return [
    `  ${line.component}: ${line.basis}${line.assumption === undefined ? '' : ` [${line.assumption.key}, ${line.assumption.from}]`}`,
    ...(line.quantity === null
      ? [`${indent}no quantity: adds nothing`]
      : scenarios.flatMap((scenario) => arithmetic(line, scenario, pooled(scenario)))),
    ...(line.prices === undefined
      ? [`${indent}no price for ${line.priceId} in ${line.region}: adds nothing`]
      : provenance(line.prices.typical, forecast.book)),
  ];
}

/** The arithmetic of one resource, unit by unit, with the source and date of each price. Throws `not_found` for an address the plan lacks. */
export function explain(forecast: Forecast, address: string): string {
  const resource = forecast.resources.find((candidate) => candidate.address === address);
  if (resource === undefined) {
    throw new GatewayError(
      'not_found',
      `no resource ${address} in this plan${suggest(
        address,
        forecast.resources.map((candidate) => candidate.address),
      )}`,
    );
  }
  return [
    `${resource.address} (${resource.type}, ${resource.region ?? 'no region'}): ${resource.status}`,
    ...resource.reasons.map((reason) => `  ${reason}`),
    ...resource.warnings.map((warning) => `  ! ${warning}`),
    ...resource.lines.flatMap((line) => explainLine(line, forecast)),
    ...unsetKeys(resource),
    `  a month: ${scenarios.map((scenario) => `${scenario} ${formatUsd(resource.monthly[scenario])}`).join(', ')}`,
    '',
  ].join('\n');
}
