import type { Detector } from './detector.ts';
import type { Action } from './settings.ts';

/** What a rule does about a find. `restore`: it is one of our own tokens, and the client gets back what it stands for. */
export type RuleAction = Action | 'restore';

/** A detector within a guardrail: what it looks for, and what is done about it. */
export interface Rule {
  /** Name of the guardrail. */
  guardrail: string;
  detector: Detector;
  actionFor(kind: string): RuleAction;
  /** What stands in the place of a find. Only asked for where the action is not `block`. */
  replacementFor(find: Find): string;
}

/** A find, and what is to be done about it. */
export interface Find {
  kind: string;
  action: RuleAction;
  text: string;
}
