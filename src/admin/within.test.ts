import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { excess, type Holder } from './within.ts';

const holder = (given: Partial<Holder>): Holder => ({
  label: 'user "ada"',
  models: [],
  max_budget: null,
  soft_budget: null,
  budget_duration: null,
  budget_anchor: new Date(0),
  rpm_limit: null,
  tpm_limit: null,
  max_parallel_requests: null,
  model_limits: {},
  ...given,
});
const fields = (given: Partial<Holder>, columns: Record<string, unknown>) =>
  excess(holder(given), columns).map(({ field }) => field);

test.each(['max_budget', 'rpm_limit', 'tpm_limit', 'max_parallel_requests'] as const)(
  'a holder with a %s gives on that much and no more; without one whatever is asked',
  (column) => {
    const number = fc.integer({ min: 0, max: 1_000 });
    fc.assert(
      fc.property(fc.option(number), fc.option(number), (has, given) => {
        const isMore = has !== null && given !== null && given > has;
        expect(fields({ [column]: has }, { [column]: given })).toEqual(isMore ? [column] : []);
      }),
    );
  },
);

test.each([
  { has: [], given: ['*', 'x'], isFine: true },
  { has: ['*'], given: ['x', 'all-proxy-models'], isFine: true },
  { has: ['a'], given: [], isFine: true },
  { has: ['a'], given: ['a', 'all-team-models', 'no-default-models'], isFine: true },
  { has: ['a'], given: ['ab'], isFine: false },
  { has: ['a'], given: ['*'], isFine: false },
  { has: ['a'], given: ['all-proxy-models'], isFine: false },
  { has: ['openai/*'], given: ['openai/gpt', 'openai/*'], isFine: true },
  { has: ['openai/*'], given: ['openai'], isFine: false },
  { has: ['openai/gpt'], given: ['openai/*'], isFine: false },
  { has: ['no-default-models'], given: ['a'], isFine: false },
])('a holder of $has gives on $given: $isFine', ({ has, given, isFine }) => {
  expect(fields({ models: has }, { models: given })).toEqual(isFine ? [] : ['models']);
});

test('the message tells an amount of money in dollars', () => {
  expect(excess(holder({ max_budget: 1_500_000_000 }), { max_budget: 2_000_000_000 })).toEqual([
    { field: 'max_budget', message: 'is more than the 1.5 USD of user "ada"' },
  ]);
});
