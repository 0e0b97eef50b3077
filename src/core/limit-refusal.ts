import { GatewayError } from '../errors.ts';
import type { Limit, Verdict } from '../limits/limiter.ts';
import { toUsd } from '../money/usd.ts';
import type { LimitOwner, LimitPlan } from './limit-plan.ts';

type Denied = Extract<Verdict, { isGranted: false }>;

/** What a refused request is told: which limit of whom, and when it may come again. */
export function refusal(plan: LimitPlan, denied: Denied, nowMs: number): GatewayError {
  const owner = plan.owners[plan.limits.indexOf(denied.limit)];
  return denied.limit.kind === 'budget' ? overBudget(denied, owner, nowMs) : overLimit(denied, owner, nowMs);
}

const holders: Record<string, string> = {
  key: 'Key',
  user: 'User',
  team: 'Team',
  member: 'Member',
  customer: 'End User',
  global: 'Proxy',
};

function overBudget({ limit, used, retryAfterMs }: Denied, owner: LimitOwner | undefined, nowMs: number): GatewayError {
  const scope = owner?.scope;
  const holder = `${holders[scope?.kind ?? ''] ?? 'Model'}=${scope?.label ?? limit.id}${owner?.model ? ` Model=${owner.model}` : ''}`;
  const sums = `Current cost: ${toUsd(used)}, Max budget: ${toUsd(limit.max)}`;
  const renewal = retryAfterMs === null ? '' : `. It begins anew at ${moment(nowMs + retryAfterMs)}`;
  const compatible =
    scope?.kind === 'user'
      ? `ExceededBudget: User=${scope.id} over budget. Spend=${toUsd(used)}, Budget=${toUsd(limit.max)}`
      : `Budget has been exceeded! ${holder} ${sums}`;
  return new GatewayError('budget_exceeded', `Budget has been exceeded! ${holder} ${sums}${renewal}`, {
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
    compatible: { message: compatible, hasNoRetryAfter: true },
  });
}

const limitTypes = { requests: 'requests', tokens: 'tokens', parallel: 'max_parallel_requests' } as const;

function overLimit({ limit, remaining, retryAfterMs }: Denied, owner: LimitOwner | undefined, nowMs: number): GatewayError {
  const type = limitTypes[limit.kind as keyof typeof limitTypes];
  const waitMs = retryAfterMs ?? 60_000;
  const who =
    owner === undefined ? limit.id : `${owner.scope.kind === 'ip' ? 'address' : owner.scope.kind} "${owner.scope.label}"`;
  const where = owner?.model ? ` on model "${owner.model}"` : '';
  const resetAt = moment(nowMs + waitMs);
  const advice = retryAfterMs === null ? 'ask for less at once' : `try again in ${Math.max(1, Math.ceil(waitMs / 1000))} s`;
  const scopeName = owner?.scope.kind === 'key' ? 'api_key' : (owner?.scope.kind ?? 'limit');
  return new GatewayError('rate_limit_exceeded', `${who} allows ${allowance(limit)}${where}; ${advice}`, {
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
    headers: { rate_limit_type: type, reset_at: resetAt },
    compatible: {
      type: 'throttling_error',
      message:
        `Rate limit exceeded for ${scopeName}: ${owner?.scope.id ?? limit.id}. Limit type: ${type}. ` +
        `Current limit: ${limit.max}, Remaining: ${remaining}. Limit resets at: ${resetAt}`,
    },
  });
}

function allowance(limit: Limit): string {
  return limit.kind === 'parallel' ? `${limit.max} requests at once` : `${limit.max} ${limit.kind} a minute`;
}

/** `2026-11-21 05:27:36 UTC` */
function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
