import type { GuardSession } from './guard-session.ts';
import { Guardrails } from './guardrails.ts';
import { detectorSources } from './detector-sources.ts';
import type { GuardrailSettings, RuleSettings } from './settings.ts';
import type { Collects } from './webhook.ts';
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

/** A guardrail as the configuration would give it. */
export function piiSettings(changes: Partial<RuleSettings> = {}): RuleSettings {
  return {
    name: 'pii',
    kind: 'pii',
    mode: 'both',
    logOnly: false,
    onError: 'closed',
    always: true,
    models: [],
    keys: [],
    teams: [],
    detectors: ['email', 'credit_card', 'us_ssn', 'phone'].map((kind) => ({ kind, action: 'mask' })),
    phoneRegions: ['US'],
    patterns: [],
    words: [],
    wordMask: '[KEYWORD_REDACTED]',
    maskFormat: '[{KIND}_REDACTED]',
    ...changes,
  };
}

/** Replaces by tokens what comes, and masks what an answer adds. */
export function replacingSettings(): RuleSettings {
  return piiSettings({ detectors: piiSettings().detectors.map(({ kind }) => ({ kind, action: 'replace' })) });
}

/** Guardrails with the gateway's own detectors; `collect` plays those outside. */
export function guardrailsOf(settings: readonly GuardrailSettings[], collect: Collects['collect'] = nobody): Guardrails {
  return new Guardrails(settings, detectorSources(), { transport: { collect }, secret: Buffer.alloc(32, 7) });
}

/** A session of guardrails that always run. */
export function sessionOf(settings: readonly GuardrailSettings[], collect?: Collects['collect']): GuardSession {
  const query = { model: 'tiny', keyAlias: null, teamId: null, required: [], requested: [] };
  const session = guardrailsOf(settings, collect).forRequest(query);
  if (session === null) throw new Error('no guardrail applies');
  return session;
}

function nobody(): never {
  throw new Error('nobody outside was to be asked');
}
