import type { RuleTemplate } from './build-rules.ts';
import type { GuardrailSettings, InjectionSettings, WebhookSettings } from './settings.ts';

/** A guardrail, ready to work. */
export type GuardStep =
  | { kind: 'rules'; settings: GuardrailSettings; templates: readonly RuleTemplate[] }
  | { kind: 'injection'; settings: InjectionSettings }
  | { kind: 'webhook'; settings: WebhookSettings };
