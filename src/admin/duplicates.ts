import { GatewayError } from '../errors.ts';
import { uniqueViolation } from '../store/unique-violation.ts';

/** What is taken, by the constraint that said so: the field, and the sentence. */
const taken: Readonly<Record<string, { param: string; message: string }>> = {
  keys_pkey: { param: 'key', message: 'This key is in use already; choose another, or let the gateway make one' },
  keys_alias_key: {
    param: 'key_alias',
    message: 'A key with this alias already exists. Aliases of keys are unique; choose another',
  },
  users_pkey: { param: 'user_id', message: 'A user with this id already exists; choose another, or call /user/update' },
  users_email: { param: 'user_email', message: 'A user with this e-mail address already exists' },
  teams_pkey: { param: 'team_id', message: 'A team with this id already exists; choose another, or call /team/update' },
  members_pkey: { param: 'member', message: 'This user is in the team already; call /team/member_update' },
  budgets_pkey: { param: 'budget_id', message: 'A budget with this id already exists; choose another, or call /budget/update' },
  models_pkey: { param: 'model_info.id', message: 'A model with this id already exists; choose another, or call /model/update' },
  customers_pkey: {
    param: 'user_id',
    message: 'A customer with this id already exists; choose another, or call /customer/update',
  },
};

/** The refusal that a broken constraint stands for; anything else stays as it is. */
export function asDuplicate(thrown: unknown): unknown {
  const refusal = taken[uniqueViolation(thrown) ?? ''];
  if (refusal === undefined) return thrown;
  return new GatewayError('bad_request', refusal.message, { type: 'bad_request_error', param: refusal.param, cause: thrown });
}
