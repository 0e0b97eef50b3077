import { createDetectors } from './detectors/index.ts';
import type { Rule } from './rule.ts';
import { RuleSet } from './rule-set.ts';
import type { Rewriter } from './text-filter.ts';

/** Rules that mask everything that the named detectors find. */
export function maskingRules(kinds: readonly string[]): RuleSet {
  const rules = createDetectors({ kinds }).map((detector): Rule => ({
    guardrail: 'test',
    detector,
    actionFor: () => 'mask',
    replacementFor: ({ kind }) => `[${kind.toUpperCase()}_REDACTED]`,
  }));
  return new RuleSet(rules);
}

/** Writes what the rules say. */
export const rewriteByRule: Rewriter = ({ rule, kind, action }, text) => rule.replacementFor({ kind, action, text });
