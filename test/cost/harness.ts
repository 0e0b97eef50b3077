import { readFileSync } from 'node:fs';
import { forecast, type Forecast, type ForecastOptions } from '../../src/cost/forecast.ts';
import { formatUsd } from '../../src/cost/money.ts';
import { parsePlan, type Plan } from '../../src/cost/plan/plan.ts';
import { bundledBook } from '../../src/cost/prices/bundled.ts';
import { parseUsage, type UsageInput } from '../../src/cost/usage/profile.ts';

/** A plan of `test/cost/fixtures`. */
export function fixturePlan(name: string): Plan {
  return parsePlan(JSON.parse(readFileSync(new URL(`./fixtures/${name}/plan.json`, import.meta.url), 'utf8')));
}

/** The bundled book, parsed once for all tests of a file. */
export const book = bundledBook();

/** Only the resources whose address starts with one of the prefixes, so that pools of tiers stay apart. */
export function only(plan: Plan, ...prefixes: string[]): Plan {
  return {
    ...plan,
    resource_changes: plan.resource_changes.filter((change) => prefixes.some((prefix) => change.address.startsWith(prefix))),
  };
}

/** Forecasts with the bundled book and a fixed date. */
export function forecastOf(plan: Plan, usage: UsageInput = {}, options: Partial<ForecastOptions> = {}): Forecast {
  return forecast({ plan, book, usage: parseUsage(usage), today: '2026-11-21', ...options });
}

/** Typical monthly cost of each line of a resource, to the cent, in order. */
export function cents(result: Forecast, address: string): string[] {
  const resource = result.resources.find((candidate) => candidate.address === address);
  if (resource === undefined) throw new Error(`no ${address} in the forecast`);
  return resource.lines.map((line) => formatUsd(line.monthly.typical));
}

/** A plan of bare resources, as if written by hand: address → arguments. */
export function handPlan(resources: Record<string, Record<string, unknown>>, region = 'us-east-1'): Plan {
  return parsePlan({
    format_version: '1.2',
    resource_changes: Object.entries(resources).map(([address, after]) => {
      const [type = '', name = ''] = address.split('.').slice(-2);
      return { address, type, name: name.replace(/\[.*/, ''), change: { actions: ['create'], before: null, after } };
    }),
    configuration: {
      provider_config: { aws: { name: 'aws', expressions: { region: { constant_value: region } } } },
      root_module: {},
    },
  });
}
