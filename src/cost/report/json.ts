import { decimalMicro, decimalUsd } from '../money.ts';
import type { PricedLine } from '../pricer.ts';
import { each } from '../range.ts';
import { assumptions, decimals, rates, warningsOf, type Report } from './report.ts';

function lineJson(line: PricedLine): object {
  const price = line.prices?.typical;
  return {
    component: line.component,
    category: line.category,
    kind: line.kind,
    priceId: line.priceId,
    region: line.region,
    unit: line.unit,
    quantity: line.quantity === null ? null : each((scenario) => decimalMicro(line.quantity?.[scenario] ?? 0n)),
    basis: line.basis,
    ...(line.assumption === undefined ? {} : { assumption: line.assumption }),
    price:
      price === undefined
        ? null
        : {
            tiers: price.tiers.map((tier) => ({
              from: decimalMicro(tier.from),
              to: tier.to === null ? null : decimalMicro(tier.to),
              usd: decimalUsd(tier.usd),
            })),
            date: price.date,
            source: price.source,
            grade: price.grade,
          },
    monthly: decimals(line.monthly),
  };
}

/** The whole report as JSON with decimal strings; the same forecast gives the same text but for `generatedAt`. It is what `--diff` reads. */
export function renderJson(report: Report): string {
  const { forecast, comparison, tokens } = report;
  const { day, idleHour } = rates(forecast);
  const json = {
    format: 'sluice-cost/1',
    title: report.title,
    generatedAt: report.generatedAt,
    pricesAsOf: forecast.book.generatedAt,
    currency: 'USD',
    regions: forecast.regions,
    total: decimals(forecast.total),
    perDay: decimalUsd(day),
    perIdleHour: decimalUsd(idleHour),
    isLowerBound: forecast.isLowerBound,
    prior: forecast.prior === undefined ? null : decimals(forecast.prior),
    counts: forecast.counts,
    byType: Object.fromEntries([...forecast.byType].map(([type, value]) => [type, decimals(value)])),
    byCategory: Object.fromEntries([...forecast.byCategory].map(([category, value]) => [category, decimals(value)])),
    freeTier: forecast.freeTier.map((credit) => ({ id: credit.id, monthly: decimals(credit.monthly) })),
    assumptions: assumptions(forecast),
    warnings: warningsOf(forecast),
    ...(comparison === undefined
      ? {}
      : { difference: { before: decimals(comparison.before), delta: decimals(comparison.delta) } }),
    ...(tokens === undefined ? {} : { tokens }),
    resources: forecast.resources.map((resource) => ({
      address: resource.address,
      type: resource.type,
      action: resource.action,
      region: resource.region ?? null,
      status: resource.status,
      reasons: resource.reasons,
      warnings: resource.warnings,
      monthly: decimals(resource.monthly),
      lines: resource.lines.map(lineJson),
    })),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}
