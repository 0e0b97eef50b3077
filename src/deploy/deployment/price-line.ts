import { forecast } from '../../cost/forecast.ts';
import { formatUsd } from '../../cost/money.ts';
import { parsePlan } from '../../cost/plan/plan.ts';
import { bundledBook } from '../../cost/prices/bundled.ts';
import { parseUsage } from '../../cost/usage/profile.ts';

/**
 * What a plan will cost at list prices, in one line, with the usage that `sluice cost` assumes where nothing is said.
 * @param json `show -json` of the plan
 */
export function priceLine(json: string, nowMs: number): string {
  const { total, prior, isLowerBound } = forecast({
    plan: parsePlan(JSON.parse(json)),
    book: bundledBook(),
    usage: parseUsage({}),
    today: new Date(nowMs).toISOString().slice(0, 10),
  });
  const bound = isLowerBound ? ' at least, since some resources have no known price' : '';
  const before = prior === undefined ? '' : `; before: ${formatUsd(prior.typical)}`;
  const perDay = formatUsd(total.typical / 30n);
  return `${formatUsd(total.typical)} a month (${perDay} a day)${bound}, from ${formatUsd(total.min)} without traffic to ${formatUsd(total.max)} at full size${before}`;
}
