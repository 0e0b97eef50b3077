import type { Detector } from './detector.ts';
import { keyedHash } from './keyed-hash.ts';
import type { Find, Rule } from './rule.ts';
import type { Action, RuleSettings } from './settings.ts';
import type { TokenVault } from './token-vault.ts';

/** Where detectors come from. They are built once, at start, and shared by all requests. */
export interface DetectorSources {
  /** A built-in detector. @throws Error for a kind that there is none of */
  builtIn(kind: string, options: { phoneRegions: readonly string[] }): Detector;
  /** An operator's pattern, on a linear-time engine. @throws Error for a pattern that it cannot run */
  pattern(pattern: { name: string; pattern: string; ignoreCase: boolean }): Detector;
  words(kind: string, words: readonly string[]): Detector;
}

/** A rule that still lacks the tokens of the request that it is for. */
export interface RuleTemplate {
  guardrail: string;
  detector: Detector;
  action: Action;
  mask(find: Find): string;
}

/** Kind of the words of a deny list, in findings and masks. */
export const wordKind = 'keyword';
const hashDigits = 8;

/** The rules of a guardrail that looks for values. */
export function buildRules(settings: RuleSettings, sources: DetectorSources): RuleTemplate[] {
  const mask = (format: string) => (find: Find) => formatMask(format, find.kind);
  const detectors = settings.detectors.map(({ kind, action }) => ({
    guardrail: settings.name,
    detector: sources.builtIn(kind, { phoneRegions: settings.phoneRegions }),
    action,
    mask: mask(settings.maskFormat),
  }));
  const patterns = settings.patterns.map(({ action, ...pattern }) => ({
    guardrail: settings.name,
    detector: sources.pattern(pattern),
    action,
    mask: mask(settings.maskFormat),
  }));
  const actions = [...new Set(settings.words.map(({ action }) => action))];
  const words = actions.map((action) => ({
    guardrail: settings.name,
    detector: sources.words(
      wordKind,
      settings.words.filter((entry) => entry.action === action).map(({ word }) => word),
    ),
    action,
    mask: () => settings.wordMask,
  }));
  return [...detectors, ...patterns, ...words];
}

/** Everything a rule needs of the request that it works for. */
export interface RuleContext {
  secret: Buffer;
  /** Gives a value its token; null in answers, where nobody could put values back. */
  tokenFor: ((kind: string, value: string) => string | null) | null;
}

/** The rule of a template for one request and direction. */
export function bindRule({ guardrail, detector, action, mask }: RuleTemplate, { secret, tokenFor }: RuleContext): Rule {
  const own = action === 'replace' && tokenFor === null ? 'mask' : action;
  return {
    guardrail,
    detector,
    actionFor: () => own,
    replacementFor(find) {
      if (own === 'hash') return `[${find.kind.toUpperCase()}_${keyedHash(secret, `${find.kind}\n${find.text}`, hashDigits)}]`;
      return (own === 'replace' ? tokenFor?.(find.kind, find.text) : null) ?? mask(find);
    },
  };
}

/** The rule that puts values back where a model wrote their tokens. */
export function restoringRule(vault: TokenVault): Rule {
  return {
    guardrail: 'tokens',
    detector: vault,
    actionFor: () => 'restore',
    replacementFor: ({ text }) => vault.valueOf(text) ?? text,
  };
}

function formatMask(format: string, kind: string): string {
  return format.replaceAll('{KIND}', kind.toUpperCase()).replaceAll('{kind}', kind);
}
