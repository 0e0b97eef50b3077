import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeModelLimits, modelLimitsToWire } from './model-limits.ts';

const model = fc.constantFrom('a', 'openai/gpt', 'constructor');
const count = fc.integer({ min: 0, max: 1_000 });
const amount = fc.integer({ min: 0, max: 1_000_000 }).map((cents) => cents / 100);
const budget = fc.oneof(amount, fc.record({ budget_limit: amount, time_period: fc.constantFrom('1d', '30d') }));
const maps = fc.record({
  model_max_budget: fc.dictionary(model, budget),
  model_rpm_limit: fc.dictionary(model, count),
  model_tpm_limit: fc.dictionary(model, count),
});

test('what a body sets is what answers show', () => {
  fc.assert(
    fc.property(maps, (given) => {
      const stored = mergeModelLimits({}, JSON.parse(JSON.stringify(given)) as typeof given);
      expect(JSON.parse(JSON.stringify(modelLimitsToWire(stored ?? {})))).toEqual(JSON.parse(JSON.stringify(given)));
    }),
  );
});

test('a map that is given replaces what it set before, and leaves the others', () => {
  fc.assert(
    fc.property(maps, maps, (first, second) => {
      const before = mergeModelLimits({}, first) ?? {};
      const after = mergeModelLimits(before, { model_rpm_limit: second.model_rpm_limit }) ?? {};
      const expected = { ...modelLimitsToWire(before), model_rpm_limit: second.model_rpm_limit };
      expect(JSON.parse(JSON.stringify(modelLimitsToWire(after)))).toEqual(JSON.parse(JSON.stringify(expected)));
    }),
  );
});

test('a budget is taken in each form that LiteLLM’s clients write', () => {
  const forms = [
    2.5,
    { budget_limit: '2.5', time_period: null },
    { max_budget: 2.5 },
    { budget_limit: 2.5, budget_duration: null },
  ];
  for (const form of forms) {
    expect(mergeModelLimits({}, { model_max_budget: { a: form } })).toMatchObject({ a: { max_budget: 2_500_000_000 } });
  }
  expect(mergeModelLimits({}, { max_budget: 1 })).toBeNull();
  expect(mergeModelLimits({ a: { rpm_limit: 1 } }, { model_rpm_limit: null })).toEqual({});
});
