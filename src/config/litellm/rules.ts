import { nearest } from '../nearest.ts';
import type { Setting } from './setting.ts';
import type { Translation } from './translation.ts';

/**
 * What becomes of a key. A function translates it; `warn` accepts and ignores it and says what happens instead; `refuse` says what to do
 * instead; `refuseTrue` refuses it only where it is switched on; `fine` needs nothing, since the gateway does so anyway or without.
 * A key that, ignored, would widen access, drop a check or lose money or data is refused, never warned of.
 */
export type Rule =
  | ((setting: Setting, translation: Translation) => void)
  | { warn: string }
  | { refuse: string }
  | { refuseTrue: string }
  | 'fine';

export type Rules = Readonly<Record<string, Rule>>;

/** Applies the rules to every key of a map. Keys without a rule are warned of: LiteLLM ignores what it does not know. */
export function applyRules(section: Setting, rules: Rules, translation: Translation): void {
  for (const [key, setting] of section.entries()) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule === undefined) {
      const meant = nearest(key, Object.keys(rules));
      setting.warn(`is not known here and ignored${meant === undefined ? '' : `; did you mean "${meant}"?`}`);
    } else applyRule(rule, setting, translation);
  }
}

/** Applies one rule. */
export function applyRule(rule: Rule, setting: Setting, translation: Translation): void {
  if (typeof rule === 'function') rule(setting, translation);
  else if (rule === 'fine') return;
  else if ('warn' in rule) setting.warn(rule.warn);
  else if ('refuse' in rule) setting.refuse(rule.refuse);
  else if (!isOff(setting.value)) setting.refuse(rule.refuseTrue);
}

/** Switched off, or nothing in it. */
function isOff(value: unknown): boolean {
  return (
    value === false ||
    value === 'false' ||
    value === 'False' ||
    value === 0 ||
    value === '0' ||
    value === '' ||
    (Array.isArray(value) && value.length === 0)
  );
}

/** A rule that puts a number or a truth under a key of ours. */
export function to(ours: readonly string[], read: 'integer' | 'milliseconds' | 'boolean' | 'number' | 'text'): Rule {
  return (setting, translation) => {
    const value = setting[read]();
    if (value !== undefined) translation.set(ours, value, setting.path);
  };
}
