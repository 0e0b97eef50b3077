import type { ErrorDetail } from '../errors.ts';
import { toUsd } from '../money/usd.ts';
import type { LimitRow } from './limits.ts';

/** Whose limits and models must hold what they give on. */
export interface Holder extends LimitRow {
  /** As messages name it: `user "ada"`. */
  label: string;
  models: readonly string[];
}

const compared = ['max_budget', 'rpm_limit', 'tpm_limit', 'max_parallel_requests'] as const;

/** Where columns give more than a holder has. What they leave open is held at every request by the holder's own limits. */
export function excess(holder: Holder, columns: Readonly<Record<string, unknown>>): ErrorDetail[] {
  const details: ErrorDetail[] = [];
  for (const column of compared) {
    const [given, has] = [columns[column], holder[column]];
    if (typeof given !== 'number' || has === null || given <= has) continue;
    const shown = column === 'max_budget' ? `${toUsd(has)} USD` : String(has);
    details.push({ field: column, message: `is more than the ${shown} of ${holder.label}` });
  }
  const models = (columns['models'] ?? []) as readonly string[];
  const denied = models.filter((model) => !mayGive(holder.models, model));
  if (denied.length > 0)
    details.push({ field: 'models', message: `${holder.label} may not use ${denied.slice(0, 10).join(', ')}` });
  return details;
}

/** Whether a holder of these models may give this one on; wildcards as in `openai/*`. */
function mayGive(has: readonly string[], model: string): boolean {
  const all = ['*', 'all-proxy-models'];
  if (has.length === 0 || has.some((one) => all.includes(one) || one === 'all-team-models')) return true;
  if (model === 'all-team-models' || model === 'no-default-models') return true;
  if (all.includes(model)) return false;
  return has.some((one) => one === model || (one.endsWith('/*') && model.startsWith(one.slice(0, -1))));
}
