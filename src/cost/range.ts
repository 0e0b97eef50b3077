import { micro, multiply, type Micro } from './money.ts';

/** The three cases of every forecast. */
export const scenarios = ['min', 'typical', 'max'] as const;
export type Scenario = (typeof scenarios)[number];

/** One value for each scenario. Quantities are ordered: min ≤ typical ≤ max. */
export type Each<Value> = Record<Scenario, Value>;
export type Range = Each<Micro>;

/** Applies a function to each scenario. */
export function each<Result>(make: (scenario: Scenario) => Result): Each<Result> {
  return { min: make('min'), typical: make('typical'), max: make('max') };
}

/** The same quantity in all scenarios, or three quantities in the order min, typical, max. */
export function range(value: string | number, typical: string | number = value, max: string | number = typical): Range {
  return { min: micro(value), typical: micro(typical), max: micro(max) };
}

/** Product of ranges, scenario by scenario. */
export function times(first: Range, ...rest: Range[]): Range {
  return each((scenario) => rest.reduce((result, factor) => multiply(result, factor[scenario]), first[scenario]));
}

/** Sum of ranges, scenario by scenario. */
export function plus(first: Range, ...rest: Range[]): Range {
  return each((scenario) => rest.reduce((result, addend) => result + addend[scenario], first[scenario]));
}

/** A range shared evenly by `count` resources; 0 stays 0. */
export function share(whole: Range, count: number): Range {
  return each((scenario) => whole[scenario] / BigInt(Math.max(1, count)));
}

/** What of a range lies above a floor; never negative. */
export function above(value: Range, floor: string | number): Range {
  const bound = micro(floor);
  return each((scenario) => (value[scenario] > bound ? value[scenario] - bound : 0n));
}
