import * as z from 'zod';
import { GatewayError } from '../../errors.ts';

/** What a plan would do, by addresses. */
export interface PlanSummary {
  create: readonly string[];
  update: readonly string[];
  /** Deleted and made anew: what they hold is lost, and there is a pause unless the new one comes first. */
  replace: readonly string[];
  delete: readonly string[];
  /** Of `replace`: those whose making broke off, and which nothing else would replace. */
  halfMade: readonly string[];
}

const planSchema = z.object({
  resource_changes: z
    .array(
      z.object({
        address: z.string(),
        mode: z.string().optional(),
        action_reason: z.string().optional(),
        change: z.object({ actions: z.array(z.string()) }),
      }),
    )
    .default([]),
});

/** Reads `show -json` of a plan. @throws GatewayError: it is none */
export function summarisePlan(text: string): PlanSummary {
  const parsed = planSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new GatewayError('internal_error', `a plan was expected: ${z.prettifyError(parsed.error)}`);
  const changes = parsed.data.resource_changes.filter(({ mode }) => mode !== 'data');
  const addressesOf = (isMeant: (actions: readonly string[]) => boolean) =>
    changes.filter(({ change }) => isMeant(change.actions)).map(({ address }) => address);
  const isJust = (action: string) => (actions: readonly string[]) => actions.length === 1 && actions[0] === action;
  return {
    create: addressesOf(isJust('create')),
    update: addressesOf(isJust('update')),
    replace: addressesOf((actions) => actions.includes('create') && actions.includes('delete')),
    delete: addressesOf(isJust('delete')),
    halfMade: changes.filter((change) => change.action_reason === 'replace_because_tainted').map(({ address }) => address),
  };
}

/** Whether a plan does nothing to resources; outputs may still change. */
export const isEmpty = (summary: PlanSummary): boolean =>
  [summary.create, summary.update, summary.replace, summary.delete].every(({ length }) => length === 0);

const shown = 12;

/** The plan in a few lines: counts, and by name what is changed, replaced or deleted. Without a change of resources it is one line. */
export function renderPlan(summary: PlanSummary): string {
  const { create, update, replace, delete: removed } = summary;
  if (isEmpty(summary)) return '  nothing to change\n';
  const counts = `  ${create.length} to create, ${update.length} to change, ${replace.length} to replace, ${removed.length} to delete\n`;
  const lists = [
    ['change ', update],
    ['replace', replace],
    ['delete ', removed],
  ] as const;
  return counts + lists.map(([word, addresses]) => listOf(word, addresses)).join('');
}

function listOf(word: string, addresses: readonly string[]): string {
  const rest = addresses.length > shown ? `    … and ${addresses.length - shown} more\n` : '';
  return (
    addresses
      .slice(0, shown)
      .map((address) => `    ${word} ${address}\n`)
      .join('') + rest
  );
}
