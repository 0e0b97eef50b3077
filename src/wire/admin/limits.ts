import { budgetsByModel, count, countsByModel, period, usd } from './values.ts';

/** Limits that keys, users, teams, budgets and customers have alike. */
export const limitShape = {
  max_budget: usd.optional(),
  soft_budget: usd.optional(),
  budget_duration: period.optional(),
  max_parallel_requests: count.optional(),
  rpm_limit: count.optional(),
  tpm_limit: count.optional(),
  model_max_budget: budgetsByModel.optional(),
  model_rpm_limit: countsByModel.optional(),
  model_tpm_limit: countsByModel.optional(),
};
