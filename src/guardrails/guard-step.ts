import { bindRule, type RuleContext, type RuleTemplate } from './build-rules.ts';
import { RuleSet } from './rule-set.ts';
import type { InjectionSettings, RuleSettings, WebhookSettings } from './settings.ts';
import type { PassRules } from './text-pass.ts';

/** A guardrail that looks for values, ready to work. */
export interface RulesStep {
  kind: 'rules';
  settings: RuleSettings;
  templates: readonly RuleTemplate[];
}

/** A guardrail, ready to work. */
export type GuardStep =
  | RulesStep
  | { kind: 'injection'; settings: InjectionSettings }
  | { kind: 'webhook'; settings: WebhookSettings };

/** The rules of guardrails that go over texts together. */
export function bindSteps(steps: readonly RulesStep[], context: RuleContext): PassRules {
  const bind = (step: RulesStep) => step.templates.map((template) => bindRule(template, context));
  return {
    acting: new RuleSet(steps.filter(({ settings }) => !settings.logOnly).flatMap(bind)),
    watching: new RuleSet(steps.filter(({ settings }) => settings.logOnly).flatMap(bind)),
  };
}
