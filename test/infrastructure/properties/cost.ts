import { forecast } from '../../../src/cost/forecast.ts';
import { parsePlan } from '../../../src/cost/plan/plan.ts';
import type { PriceBook } from '../../../src/cost/prices/book.ts';
import { parseUsage } from '../../../src/cost/usage/profile.ts';
import type { PlanJson } from './plan.ts';

const scenarios = ['min', 'typical', 'max'] as const;

/** The share by which they may differ. What only `sluice cost` knows, such as the free bytes of a month, is less. */
const tolerance = 0.01;

/** Sizes of the fleet, where it is not the load that says how many hosts usually run: that depends on what a GPU can do. */
const fleet = 'module.gpu_fleet.aws_autoscaling_group.this';

/** Where the topology's own estimate and the forecast of `sluice cost` for the same plan differ by more than one percent. With `sizes` as many hosts are assumed to run usually as at the least. */
export function costDifferences(plan: PlanJson, book: PriceBook, sizes?: { least: number; most: number }): string[] {
  const estimate = plan.output_changes?.['estimated_monthly_cost']?.after as Record<string, number> | undefined;
  if (estimate === undefined) return ['there is no estimate in the plan'];
  const usage = parseUsage(
    sizes === undefined ? {} : { resources: { [fleet]: { instances: [sizes.least, sizes.least, sizes.most] } } },
  );
  const { total } = forecast({ plan: parsePlan(plan), book, usage, today: '2026-11-21' });
  return scenarios.flatMap((scenario) => {
    const [own, other] = [estimate[scenario] ?? 0, Number(total[scenario]) / 1e10];
    return Math.abs(own - other) <= tolerance * other
      ? []
      : [`${scenario}: the plan says ${own} and the forecast ${other.toFixed(2)}`];
  });
}
