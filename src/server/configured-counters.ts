import type { Config } from '../config/schema.ts';
import { declaredHash } from '../keys/declared-key.ts';
import { periodEnd } from '../money/budget-period.ts';
import type { CounterPeriod } from '../store/budgets-counters.ts';
import { globalCounter } from './global-limits.ts';

/**
 * The counters of budgets that stand in the configuration, with the periods that they are meant to count in. Nobody tells the database when such a
 * period is changed in the file: a counter that went on in its old one would count for nothing at the next start.
 */
export function configuredCounters(
  { keys, limits: { global } }: Pick<Config, 'keys' | 'limits'>,
  nowMs: number,
): CounterPeriod[] {
  const counter = (scope: string, duration: string | undefined): CounterPeriod => ({
    scope,
    duration: duration ?? null,
    periodEnd: duration === undefined ? null : new Date(periodEnd(duration, 0, nowMs)),
  });
  return [
    counter(globalCounter, global.budgetPeriod),
    ...keys.flatMap((key) => {
      const { limits } = key;
      const scope = `key:${declaredHash(key)}`;
      return [
        counter(scope, limits.budgetPeriod),
        ...Object.entries(limits.models).map(([model, { budgetPeriod }]) => counter(`${scope}:model:${model}`, budgetPeriod)),
      ];
    }),
  ];
}
