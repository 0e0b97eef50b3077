import type { Limits } from '../api/limits.ts';
import { Field, LimitField } from './field.tsx';

const periods: readonly (readonly [string, string])[] = [
  ['', 'never starts anew'],
  ['1d', 'every day'],
  ['7d', 'every week'],
  ['30d', 'every 30 days'],
  ['1mo', 'every month'],
];

/** Budget and rates of a key, a team or a user, as parts of a form. */
export function LimitFields({ limits }: { limits?: Limits | undefined }) {
  const period = limits?.budgetDuration ?? '';
  const isListed = periods.some(([value]) => value === period);
  return (
    <fieldset class="fields">
      <legend>Limits</legend>
      <p class="hint field-wide">Empty is no limit. 0 lets nothing through.</p>
      <LimitField label="Budget, USD" name="max_budget" value={limits?.maxBudgetUsd ?? null} />
      <LimitField
        label="Soft budget, USD"
        name="soft_budget"
        value={limits?.softBudgetUsd ?? null}
        hint="Passing it is reported, not refused."
      />
      <Field label="The budget starts anew">
        {(ids) => (
          <select name="budget_duration" {...ids}>
            {periods.map(([value, text]) => (
              <option key={value} value={value} selected={value === period}>
                {text}
              </option>
            ))}
            {!isListed && (
              <option value={period} selected>
                every {period}
              </option>
            )}
          </select>
        )}
      </Field>
      <LimitField label="Requests per minute" name="rpm_limit" value={limits?.requestsPerMinute ?? null} />
      <LimitField label="Tokens per minute" name="tpm_limit" value={limits?.tokensPerMinute ?? null} />
      <LimitField label="Requests at a time" name="max_parallel_requests" value={limits?.maxParallel ?? null} />
    </fieldset>
  );
}
