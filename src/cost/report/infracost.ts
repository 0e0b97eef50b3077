import { decimalMicro, decimalUsd, type Usd } from '../money.ts';
import type { Forecast, ResourceCost } from '../forecast.ts';
import type { PricedLine } from '../pricer.ts';
import type { Report } from './report.ts';

const hoursPerMonth = 730n;
const perHour = (monthly: Usd): string => decimalUsd(monthly / hoursPerMonth);

function component(line: PricedLine): object {
  const quantity = line.quantity?.typical ?? 0n;
  const isKnown = line.quantity !== null && line.prices !== undefined;
  return {
    name: line.component,
    unit: line.unit,
    hourlyQuantity: decimalMicro(quantity / hoursPerMonth),
    monthlyQuantity: line.quantity === null ? null : decimalMicro(quantity),
    price: decimalUsd(line.prices?.typical.tiers[0]?.usd ?? 0n),
    ...(line.prices === undefined ? { priceNotFound: true } : {}),
    hourlyCost: isKnown ? perHour(line.monthly.typical) : null,
    monthlyCost: isKnown ? decimalUsd(line.monthly.typical) : null,
    usageBased: line.kind === 'usage',
  };
}

function resourceJson(resource: ResourceCost): object {
  return {
    name: resource.address,
    resourceType: resource.type,
    metadata: { region: resource.region ?? null, sluiceStatus: resource.status },
    hourlyCost: perHour(resource.monthly.typical),
    monthlyCost: decimalUsd(resource.monthly.typical),
    monthlyUsageCost: decimalUsd(
      resource.lines.filter((line) => line.kind === 'usage').reduce((sum, line) => sum + line.monthly.typical, 0n),
    ),
    costComponents: resource.lines.map(component),
  };
}

const countTypes = (resources: readonly ResourceCost[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(resources, (resource) => resource.type)].map(([type, group]) => [type, group.length]));

function summaryOf(forecast: Forecast): object {
  const unsupported = forecast.resources.filter(
    (resource) => resource.status === 'not-priced' || resource.status === 'price-missing',
  );
  const free = forecast.resources.filter((resource) => resource.status === 'free');
  const supported = forecast.resources.filter((resource) => resource.status === 'priced' || resource.status === 'needs-usage');
  return {
    totalDetectedResources: forecast.resources.length,
    totalSupportedResources: supported.length,
    totalUnsupportedResources: unsupported.length,
    totalUsageBasedResources: supported.filter((resource) => resource.lines.some((line) => line.kind === 'usage')).length,
    totalNoPriceResources: free.length,
    unsupportedResourceCounts: countTypes(unsupported),
    noPriceResourceCounts: countTypes(free),
  };
}

/** The typical scenario in the JSON that Infracost 0.10 writes (version 0.2), for tools that read it. */
export function renderInfracost(report: Report): string {
  const { forecast } = report;
  const total = decimalUsd(forecast.total.typical);
  const breakdown = {
    // Also those that are priced in part: what they add stands in the total.
    resources: forecast.resources.filter((resource) => resource.lines.length > 0).map(resourceJson),
    totalHourlyCost: perHour(forecast.total.typical),
    totalMonthlyCost: total,
    totalMonthlyUsageCost: decimalUsd(
      forecast.resources
        .flatMap((resource) => resource.lines)
        .filter((line) => line.kind === 'usage')
        .reduce((sum, line) => sum + line.monthly.typical, 0n),
    ),
  };
  const past =
    forecast.prior === undefined
      ? { totalHourlyCost: '0', totalMonthlyCost: '0' }
      : { totalHourlyCost: perHour(forecast.prior.typical), totalMonthlyCost: decimalUsd(forecast.prior.typical) };
  const difference = forecast.total.typical - (forecast.prior?.typical ?? 0n);
  const json = {
    version: '0.2',
    metadata: { infracostCommand: 'breakdown', generator: 'sluice cost' },
    currency: 'USD',
    projects: [
      {
        name: report.title,
        metadata: { path: report.title, type: 'terraform_plan_json' },
        pastBreakdown: { resources: [], ...past },
        breakdown,
        diff: { resources: [], totalHourlyCost: perHour(difference), totalMonthlyCost: decimalUsd(difference) },
        summary: summaryOf(forecast),
      },
    ],
    totalHourlyCost: breakdown.totalHourlyCost,
    totalMonthlyCost: total,
    totalMonthlyUsageCost: breakdown.totalMonthlyUsageCost,
    pastTotalHourlyCost: past.totalHourlyCost,
    pastTotalMonthlyCost: past.totalMonthlyCost,
    diffTotalHourlyCost: perHour(difference),
    diffTotalMonthlyCost: decimalUsd(difference),
    timeGenerated: report.generatedAt,
    summary: summaryOf(forecast),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}
