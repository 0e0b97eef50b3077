import { z } from 'zod';
import { GatewayError } from '../../errors.ts';
import { add, zero, type Forecast } from '../forecast.ts';
import { usd, type Usd } from '../money.ts';
import { each, type Each } from '../range.ts';

const amounts = z
  .object({ min: z.string(), typical: z.string(), max: z.string() })
  .transform((value): Each<Usd> => ({ min: usd(value.min), typical: usd(value.typical), max: usd(value.max) }));

const oldReport = z.object({
  format: z.literal('sluice-cost/1'),
  total: amounts,
  byType: z.record(z.string(), amounts),
  resources: z.array(z.object({ address: z.string(), type: z.string(), monthly: amounts })),
});

/** The difference to an earlier report. `changed` has the resources whose typical cost differs, largest difference first. */
export interface Comparison {
  before: Each<Usd>;
  delta: Each<Usd>;
  byType: Map<string, Each<Usd>>;
  changed: { address: string; before: Usd; after: Usd }[];
}

const negate = (value: Each<Usd>): Each<Usd> => each((scenario) => -value[scenario]);
const magnitude = (value: Usd): Usd => (value < 0n ? -value : value);
const descending = (left: Usd, right: Usd): number => (right > left ? 1 : right < left ? -1 : 0);

/** Compares a forecast with the JSON report of an earlier one. Throws `bad_request` when `json` is no such report. */
export function compareWith(forecast: Forecast, json: unknown): Comparison {
  const parsed = oldReport.safeParse(json);
  if (!parsed.success) throw new GatewayError('bad_request', '--diff needs a report that `sluice cost --format json` wrote');
  const old = parsed.data;
  const byType = new Map<string, Each<Usd>>();
  for (const [type, value] of forecast.byType) byType.set(type, value);
  for (const [type, value] of Object.entries(old.byType)) byType.set(type, add(byType.get(type) ?? zero(), negate(value)));
  const before = new Map(old.resources.map((resource) => [resource.address, resource.monthly.typical]));
  const after = new Map(forecast.resources.map((resource) => [resource.address, resource.monthly.typical]));
  const changed = [...new Set([...before.keys(), ...after.keys()])]
    .map((address) => ({ address, before: before.get(address) ?? 0n, after: after.get(address) ?? 0n }))
    .filter((entry) => entry.before !== entry.after)
    .sort((left, right) => descending(magnitude(left.after - left.before), magnitude(right.after - right.before)));
  return {
    before: old.total,
    delta: add(forecast.total, negate(old.total)),
    byType: new Map([...byType].filter(([, value]) => value.typical !== 0n || value.max !== 0n)),
    changed,
  };
}
